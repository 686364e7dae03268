"""Views: a trace's exchanges as text. Data in, text out.

Sequence diagrams (Mermaid), tables for a terminal, a message byte by byte, the two-sided stack of an
exchange, and HTML that is complete without script. Views import ``trace``, ``wire`` and the standard
library; they open no socket or process and read no clock, so a page can be drawn from a stored trace
with no JVM.
"""

from sparkwire.plain import ELLIPSIS, duration, many, number, shorten, size, visible
from sparkwire.views.html import exchange_html, lines_html, page, report, script, style, trace_html
from sparkwire.views.json_lines import json_line
from sparkwire.views.lifetimes import life_json_line, lifetimes_html, lifetimes_table, objects_table
from sparkwire.views.markup import EMPTY, Html, escape, framed, join, row, table, tag
from sparkwire.views.mermaid import fenced, label
from sparkwire.views.message import message_html, message_text
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
from sparkwire.views.text import reply_summary, request_summary
from sparkwire.views.threads import thread_lanes, threads_html, threads_map, threads_table

__all__ = [
    "ELLIPSIS",
    "EMPTY",
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
    "lifetimes_table",
    "lines_html",
    "lines_table",
    "many",
    "message_html",
    "message_text",
    "number",
    "objects_table",
    "page",
    "reply_summary",
    "report",
    "request_summary",
    "row",
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
    "trace_html",
    "visible",
]
