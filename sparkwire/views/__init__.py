"""Views: what a trace holds, as text. Data in, text out.

Sequence diagrams (Mermaid), tables for a terminal, a message byte by byte, the two-sided stack of an
exchange, and HTML that is complete without script. Views open no socket or process and read no clock, so a
page can be drawn from a stored trace with no JVM.

One module for each thing that is shown (``message``, ``stack``, ``exchange``, ``steps``, ``sequence``,
``threads``, ``lifetimes``, ``page``), and one for each medium: ``text`` (tables for a terminal), ``markup``
(HTML) and ``mermaid``. What Python workers did is in ``worker``. Where a view can show the Java side it takes
a ``Join``.
"""

from sparkwire.plain import ELLIPSIS, duration, many, number, shorten, size, visible
from sparkwire.trace.gateway.words import reply_summary, reply_words, request_summary, request_words
from sparkwire.views.exchange import exchange_html, exchanges_table, json_line
from sparkwire.views.lifetimes import (
    life_json_line,
    lifetimes_html,
    lifetimes_pieces,
    lifetimes_table,
    objects_table,
)
from sparkwire.views.markup import EMPTY, Html, escape, framed, join, row, table, tag
from sparkwire.views.mermaid import fenced, label
from sparkwire.views.message import message_html, message_text
from sparkwire.views.page import page, report, script, style, workers_report
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
from sparkwire.views.steps import DRAWN, lines_html, lines_table, steps_table, trace_html
from sparkwire.views.threads import thread_lanes, threads_html, threads_map, threads_table
from sparkwire.views.worker.lanes import run_lanes
from sparkwire.views.worker.listing import RUNS_DRAWN, runs_html, runs_pieces
from sparkwire.views.worker.run import MESSAGES_OPENED, messages_html, run_html, run_json_line
from sparkwire.views.worker.sequence import work_sequence
from sparkwire.views.worker.stages import workers_html, workers_table
from sparkwire.views.worker.timeline import timeline_html

__all__ = [
    "DRAWN",
    "ELLIPSIS",
    "EMPTY",
    "MESSAGES_OPENED",
    "RUNS_DRAWN",
    "Html",
    "Layer",
    "call_command_print",
    "calls_html",
    "duration",
    "escape",
    "exchange_html",
    "exchanges_table",
    "fenced",
    "framed",
    "inner_calls",
    "join",
    "json_line",
    "label",
    "life_json_line",
    "lifetimes_html",
    "lifetimes_pieces",
    "lifetimes_table",
    "lines_html",
    "lines_table",
    "many",
    "message_html",
    "message_text",
    "messages_html",
    "number",
    "objects_table",
    "page",
    "reply_summary",
    "reply_words",
    "report",
    "request_summary",
    "request_words",
    "row",
    "run_html",
    "run_json_line",
    "run_lanes",
    "runs_html",
    "runs_pieces",
    "script",
    "sequence",
    "sequence_of",
    "shorten",
    "size",
    "stack",
    "stack_html",
    "stack_text",
    "steps_table",
    "style",
    "table",
    "tag",
    "thread_lanes",
    "threads_html",
    "threads_map",
    "threads_table",
    "timeline_html",
    "trace_html",
    "visible",
    "work_sequence",
    "workers_html",
    "workers_report",
    "workers_table",
]
