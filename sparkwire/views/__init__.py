"""Views: a trace's exchanges as text. Data in, text out.

Sequence diagrams (Mermaid), tables for a terminal, a message byte by byte, the two-sided stack of an
exchange, and HTML that is complete without script. Views import ``trace``, ``wire`` and the standard
library; they open no socket or process and read no clock, so a page can be drawn from a stored trace
with no JVM.
"""

from sparkwire.views.bytes import message_html, message_text
from sparkwire.views.html import exchange_html, lines_html, page, report, script, style, trace_html
from sparkwire.views.json_lines import json_line
from sparkwire.views.lifetimes import life_json_line, lifetimes_html, lifetimes_table, objects_table
from sparkwire.views.process_map import process_map, process_map_html
from sparkwire.views.sequence import sequence, sequence_of
from sparkwire.views.stack import (
    Layer,
    call_command_print,
    calls_html,
    inner_calls,
    stack,
    stack_html,
    stack_text,
)
from sparkwire.views.table import exchanges_table, lines_table, steps_table
from sparkwire.views.text import duration, many, reply_summary, request_summary
from sparkwire.views.threads import thread_lanes, threads_html, threads_map, threads_table
from sparkwire.views.verdict import Check, verdict, verdict_html
from sparkwire.views.versions import (
    aligned,
    answers_html,
    changes,
    changes_html,
    counts_html,
    made_with_html,
    versions_html,
)

__all__ = [
    "Check",
    "Layer",
    "aligned",
    "answers_html",
    "call_command_print",
    "calls_html",
    "changes",
    "changes_html",
    "counts_html",
    "duration",
    "exchange_html",
    "exchanges_table",
    "inner_calls",
    "json_line",
    "life_json_line",
    "lifetimes_html",
    "lifetimes_table",
    "lines_html",
    "lines_table",
    "made_with_html",
    "many",
    "message_html",
    "message_text",
    "objects_table",
    "page",
    "process_map",
    "process_map_html",
    "reply_summary",
    "report",
    "request_summary",
    "script",
    "sequence",
    "sequence_of",
    "stack",
    "stack_html",
    "stack_text",
    "steps_table",
    "style",
    "thread_lanes",
    "threads_html",
    "threads_map",
    "threads_table",
    "trace_html",
    "verdict",
    "verdict_html",
    "versions_html",
]
