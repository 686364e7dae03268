"""Views: a trace's exchanges as text. Data in, text out.

Sequence diagrams (Mermaid), tables for a terminal, a message byte by byte, the two-sided stack of an
exchange, and HTML that is complete without script. Views import ``trace``, ``wire`` and the standard
library; they open no socket or process and read no clock, so a page can be drawn from a stored trace
with no JVM.
"""

from sparkwire.views.sequence import sequence, sequence_of
from sparkwire.views.table import exchanges_table, lines_table, steps_table
from sparkwire.views.text import duration, reply_summary, request_summary

__all__ = [
    "duration",
    "exchanges_table",
    "lines_table",
    "reply_summary",
    "request_summary",
    "sequence",
    "sequence_of",
    "steps_table",
]
