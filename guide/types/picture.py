"""The type tables: trials of values, both ways, as HTML.

One table for each of ``trials.TABLES``. Where a value took more than one exchange, its cell opens and lists
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from guide.types.trials import NAMES, OVERLOADS, TO_JAVA, TO_PYTHON, WAYS, Trial, same_either_way
from sparkwire import views
from sparkwire.views import EMPTY, Html, tag

_HEADS: dict[str, tuple[str, ...]] = {
    TO_JAVA: ("Python value", "Auto-convert", "On the wire", "In Java", "Back in Python", "Round trips"),
    TO_PYTHON: ("Made by", "In Java", "On the wire", "In Python"),
    OVERLOADS: ("Method", "Argument", "On the wire", "Py4J takes", "Result"),
    NAMES: ("Name", "The last question", "Answer", "In Python"),
    WAYS: ("Wanted", "One way", "In Java", "In Python"),
}


def type_table_html(table: str, trials: Iterable[Trial]) -> Html:
    """One of the tables, as an HTML fragment. Raises ``ValueError`` for an unknown table."""
    if table not in _HEADS:
        raise ValueError(f"there is no table {table!r}: there are {', '.join(_HEADS)}")
    rows = _ROWS[table]([trial for trial in trials if trial.table == table])
    kind = f"sw-types sw-types-{len(_HEADS[table])}"
    return views.framed(views.table(table, _HEADS[table], rows, kind))


def _to_java(trials: Sequence[Trial]) -> Iterable[Html]:
    for _, found in groupby(trials, key=lambda trial: trial.value):
        pair = list(found)
        if len(pair) == 2 and same_either_way(*pair):
            yield tag("tr", _cell(_code(pair[0].value)), _cell("either"), *_sent(pair[0]))
            continue
        for place, one in enumerate(pair):
            named = EMPTY if place else _cell(_code(one.value), rows=len(pair))
            yield tag("tr", named, _cell("on" if one.auto_convert else "off"), *_sent(one))


def _sent(trial: Trial) -> tuple[Html, ...]:
    wire = _crossed(trial, trial.sent) if trial.sent else "nothing"
    trips = str(len(trial.exchanges))
    if trial.error:
        return _cell(wire), _cell(_python(trial), columns=2), _cell(trips)
    return _cell(wire), _cell(_code(trial.java_class)), _cell(_python(trial)), _cell(trips)


def _to_python(trials: Sequence[Trial]) -> Iterable[Html]:
    for trial in trials:
        java_class = _code(trial.java_class) or "not asked: nothing stayed in Java"
        crossed = _crossed(trial, trial.received)
        yield views.row(_code(trial.value), java_class, crossed, _python(trial))


def _overloads(trials: Sequence[Trial]) -> Iterable[Html]:
    for method, found in groupby(trials, key=lambda trial: trial.about):
        these = list(found)
        for place, one in enumerate(these):
            named = EMPTY if place else _cell(_code(method), rows=len(these))
            cells = (_code(one.value), _code(one.sent), _code(one.chosen) or "none", _python(one))
            yield tag("tr", named, *map(_cell, cells))


def _names(trials: Sequence[Trial]) -> Iterable[Html]:
    for trial in trials:
        question = views.request_summary(trial.exchanges[-1]) if trial.exchanges else ""
        yield views.row(_code(trial.value), _code(question), _code(trial.received), _python(trial))


def _ways(trials: Sequence[Trial]) -> Iterable[Html]:
    for trial in trials:
        yield views.row(trial.about, _code(trial.value), _code(trial.java_class), _python(trial))


_ROWS: dict[str, Callable[[Sequence[Trial]], Iterable[Html]]] = {
    TO_JAVA: _to_java,
    TO_PYTHON: _to_python,
    OVERLOADS: _overloads,
    NAMES: _names,
    WAYS: _ways,
}


def _cell(inside: str, rows: int = 1, columns: int = 1) -> Html:
    return tag("td", inside, rowspan=rows if rows > 1 else False, colspan=columns if columns > 1 else False)


def _python(trial: Trial) -> Html:
    """What Python had in the end: the value with its type, or what was raised."""
    if trial.error:
        kind, _, message = trial.error.partition(": ")
        return views.join([tag("b", kind), f" {views.visible(message)}"])
    if trial.outcome.startswith("JavaObject id="):
        return views.escape(f"a reference, {trial.python_type}")
    shown = _code(trial.outcome)
    told = trial.python_type in ("NoneType", "bool", "str", "bytes", "Decimal") or "<" in trial.outcome
    return shown if told else views.join([shown, f" {trial.python_type}"])


def _crossed(trial: Trial, value: str) -> Html:
    """A value on the wire; where more than one exchange was needed, the cell opens and lists them."""
    if len(trial.exchanges) < 2:
        return _code(value)
    all_of_it = [
        tag("li", _code(views.request_summary(one)), " → ", _code(views.reply_summary(one)))
        for one in trial.exchanges
    ]
    return tag("details", tag("summary", _code(value)), tag("ol", *all_of_it))


def _code(said: str) -> Html:
    """Code that may be broken after a dot, where a class name is best broken."""
    if not said:
        return EMPTY
    first, *rest = views.visible(said).split(".")
    return tag("code", first, *(views.join([".", tag("wbr"), part]) for part in rest))
