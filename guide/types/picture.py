"""The type tables: trials of values, both ways, as HTML.

One table for each of ``trials.TABLES``. Where a value took more than one exchange, its cell opens and lists
them. It imports the trials, its sibling ``text`` and the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from guide.types.trials import NAMES, OVERLOADS, TO_JAVA, TO_PYTHON, WAYS, Trial
from sparkwire.views import text
from sparkwire.views.html_table import table_html
from sparkwire.views.text import escape, visible

_HEADS: dict[str, tuple[str, ...]] = {
    TO_JAVA: ("Python value", "Auto-convert", "On the wire", "In Java", "Back in Python", "Round trips"),
    TO_PYTHON: ("Made by", "In Java", "On the wire", "In Python"),
    OVERLOADS: ("Method", "Argument", "On the wire", "Py4J takes", "Result"),
    NAMES: ("Name", "The last question", "Answer", "In Python"),
    WAYS: ("Wanted", "One way", "In Java", "In Python"),
}


def type_table_html(table: str, trials: Iterable[Trial]) -> str:
    """One of the tables, as an HTML fragment. Raises ``ValueError`` for an unknown table."""
    if table not in _HEADS:
        raise ValueError(f"there is no table {table!r}: there are {', '.join(_HEADS)}")
    rows = _ROWS[table]([trial for trial in trials if trial.table == table])
    kind = f"sw-types sw-types-{len(_HEADS[table])}"
    return f'<div class="sparkwire">{table_html(table, _HEADS[table], rows, kind)}</div>'


def same_either_way(off: Trial, on: Trial) -> bool:
    """Whether a value came out alike without and with automatic conversion, but for ids."""

    def kept(trial: Trial) -> Trial:
        return replace(trial, number=0, auto_convert=False, exchanges=())

    return kept(off) == kept(on) and off.sent[:1] == on.sent[:1] and len(off.exchanges) == len(on.exchanges)


def _to_java(trials: Sequence[Trial]) -> Iterable[str]:
    for _, found in groupby(trials, key=lambda trial: trial.value):
        pair = list(found)
        if len(pair) == 2 and same_either_way(*pair):
            yield _row(_cell(_code(pair[0].value)), _cell("either"), *_sent(pair[0]))
            continue
        for place, one in enumerate(pair):
            named = "" if place else _cell(_code(one.value), rows=len(pair))
            yield _row(named, _cell("on" if one.auto_convert else "off"), *_sent(one))


def _sent(trial: Trial) -> tuple[str, ...]:
    wire = _crossed(trial, trial.sent) if trial.sent else "nothing"
    trips = str(len(trial.exchanges))
    if trial.error:
        return _cell(wire), _cell(_python(trial), columns=2), _cell(trips)
    return _cell(wire), _cell(_code(trial.java_class)), _cell(_python(trial)), _cell(trips)


def _to_python(trials: Sequence[Trial]) -> Iterable[str]:
    for trial in trials:
        java_class = _code(trial.java_class) or "not asked: nothing stayed in Java"
        crossed = _crossed(trial, trial.received)
        yield _row(_cell(_code(trial.value)), _cell(java_class), _cell(crossed), _cell(_python(trial)))


def _overloads(trials: Sequence[Trial]) -> Iterable[str]:
    for method, found in groupby(trials, key=lambda trial: trial.about):
        these = list(found)
        for place, one in enumerate(these):
            named = "" if place else _cell(_code(method), rows=len(these))
            cells = (_code(one.value), _code(one.sent), _code(one.chosen) or "none", _python(one))
            yield _row(named, *map(_cell, cells))


def _names(trials: Sequence[Trial]) -> Iterable[str]:
    for trial in trials:
        question = text.request_summary(trial.exchanges[-1]) if trial.exchanges else ""
        cells = (_code(trial.value), _code(question), _code(trial.received), _python(trial))
        yield _row(*map(_cell, cells))


def _ways(trials: Sequence[Trial]) -> Iterable[str]:
    for trial in trials:
        cells = (escape(trial.about), _code(trial.value), _code(trial.java_class), _python(trial))
        yield _row(*map(_cell, cells))


_ROWS: dict[str, Callable[[Sequence[Trial]], Iterable[str]]] = {
    TO_JAVA: _to_java,
    TO_PYTHON: _to_python,
    OVERLOADS: _overloads,
    NAMES: _names,
    WAYS: _ways,
}


def _row(*cells: str) -> str:
    return f"<tr>{''.join(cells)}</tr>\n"


def _cell(inside: str, rows: int = 1, columns: int = 1) -> str:
    spans = (f" rowspan={rows}" if rows > 1 else "") + (f" colspan={columns}" if columns > 1 else "")
    return f"<td{spans}>{inside}</td>"


def _python(trial: Trial) -> str:
    """What Python had in the end: the value with its type, or what was raised."""
    if trial.error:
        kind, _, message = trial.error.partition(": ")
        return f"<b>{escape(kind)}</b> {escape(visible(message))}"
    if trial.outcome.startswith("JavaObject id="):
        return f"a reference, {escape(trial.python_type)}"
    shown = _code(trial.outcome)
    told = trial.python_type in ("NoneType", "bool", "str", "bytes", "Decimal") or "<" in trial.outcome
    return shown if told else f"{shown} {escape(trial.python_type)}"


def _crossed(trial: Trial, value: str) -> str:
    """A value on the wire; where more than one exchange was needed, the cell opens and lists them."""
    if len(trial.exchanges) < 2:
        return _code(value)
    all_of_it = "".join(
        f"<li>{_code(text.request_summary(one))} → {_code(text.reply_summary(one))}</li>"
        for one in trial.exchanges
    )
    return f"<details><summary>{_code(value)}</summary><ol>{all_of_it}</ol></details>"


def _code(said: str) -> str:
    """Code that may be broken after a dot, where a class name is best broken."""
    return f"<code>{escape(visible(said)).replace('.', '.<wbr>')}</code>" if said else ""
