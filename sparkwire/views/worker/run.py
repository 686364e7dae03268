"""One run of a Python worker: as HTML to the byte, and as a line of JSON.

Both directions stand side by side, in the order of time: what the JVM wrote on the left, what the worker
wrote on the right. Messages that follow each other in one phase are folded into one piece.

As with an exchange, the id of a run is inside its ``<details>``, so that a permalink opens it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sparkwire.plain import ELLIPSIS, duration, many, number, size, visible
from sparkwire.trace.worker.runs import Run
from sparkwire.views import markup
from sparkwire.views.bounds import shares
from sparkwire.views.markup import EMPTY, Html, tag
from sparkwire.views.message import message_html
from sparkwire.views.turn import turn_json_line
from sparkwire.views.worker.groups import Task, task_of
from sparkwire.views.worker.pickle import OPCODES_SHOWN, pickle_html
from sparkwire.views.worker.times import idle_ns, overlapping, spent_words
from sparkwire.views.worker.words import (
    batches,
    data_words,
    ending_words,
    functions_words,
    job_words,
    rows,
    stage_words,
    task_words,
    traceback_of,
    type_sentence,
    without_folder,
    worker_words,
)
from sparkwire.wire.message import Direction, Malformed, Message
from sparkwire.wire.worker import Exit, RoundPhase, is_pickle, phase_of

MESSAGES_DRAWN = 40
"""Messages of a run that are drawn, unless more are asked for: the first of each piece."""
MESSAGES_OPENED = 160
"""The same of a run that is opened by itself."""
PIECES_DRAWN = 24
"""Pieces of a run that are drawn, half of them the last: rows in and results out may take turns for long."""
OTHERS_NAMED = 12
"""Runs of the same task that are named."""
_TRACEBACK_SHOWN = 6_000
"""Characters."""
_PICKLES = ("command", "function", "handler")
"""Fields of the init message that hold what the user wrote."""


# --- HTML -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDrawing:
    """What all runs of one fragment of HTML must know. Raises ``ValueError`` for a bad prefix."""

    prefix: str
    """Begins every id (``{prefix}-r12``, ``{prefix}-r12-m0-4``), as in ``exchange.Drawing``."""
    tasks: Mapping[Task, Sequence[Run]]
    """All runs of each task, those that aren't drawn, too."""
    shown: Container[int] = ()
    """The numbers of the runs that are drawn, and so can be linked to."""
    messages: int = MESSAGES_DRAWN
    opcodes: int = OPCODES_SHOWN
    pickles: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    """The pickles that were drawn, each with its run's number and its id: runs of a stage have the same."""

    def __post_init__(self) -> None:
        markup.check_prefix(self.prefix)

    def link(self, run: Run) -> str:
        """The run's number; a link where it leads somewhere."""
        said = f"#{run.n}"
        return tag("a", said, href=f"#{self.prefix}-r{run.n}") if run.n in self.shown else said


def run_html(run: Run, prefix: str, runs: Iterable[Run] = (), *, messages: int = MESSAGES_OPENED) -> Html:
    """One run, opened: a fragment of its own. ``runs`` are all of the recording, of which it is one.

    ``prefix`` begins every id. Raises ``ValueError`` for a bad prefix.
    """
    task = [one for one in runs if task_of(one) == task_of(run)] or [run]
    drawing = RunDrawing(prefix=prefix, tasks={task_of(run): task}, shown=(run.n,), messages=messages)
    item = run_item(run, drawing, opened=True)
    return tag("trace-explorer", tag("ol", item, class_="sw-t"), class_="sparkwire", data_noun="run")


def run_item(run: Run, drawing: RunDrawing, *, opened: bool = False) -> Html:
    """One run as an item of a list."""
    target = f"{drawing.prefix}-r{run.n}"
    summary = tag(
        "summary",
        *([f"{stage_words(run)}, "] if opened else []),
        f"{task_words(run)} ",
        tag("code", functions_words(run)),
        " → ",
        tag("code", ending_words(run)),
        " ",
        tag("small", f"{duration(run.duration_ns)} · {worker_words(run)}"),
    )
    inside = tag(
        "div",
        *_circumstances(run, drawing),
        *_pickles(run, drawing, target),
        _pieces_html(run, target, drawing.messages),
        id=target,
    )
    details = tag("details", summary, inside, open=opened, class_="sw-e" if run.failed else False)
    permalink = tag("a", f"#{run.n}", href=f"#{target}")
    return markup.join([tag("li", permalink, details, class_="sw-x"), "\n"])


def messages_html(run: Run, prefix: str, *, most: int = MESSAGES_OPENED) -> Html:
    """The messages of a run one by one, as they passed; ``most`` are drawn, and the others are counted.

    ``prefix`` begins every id. Raises ``ValueError`` for a bad prefix.
    """
    markup.check_prefix(prefix)
    shown = [message_html(message, f"{prefix}-m{i}-") for i, message in enumerate(run.messages[:most])]
    if (left := len(run.messages) + run.left_out - len(shown)) > 0:
        shown.append(tag("p", f"And {many(left, 'more message')}."))
    return markup.join(shown)


def _circumstances(run: Run, drawing: RunDrawing) -> Iterator[Html]:
    told, facts = run.round, []
    for name, tally in (("Data in:", told.data_in), ("out:", told.data_out)):
        counted, among = data_words([tally])
        facts.append(f"{name} {counted}" + (f" ({among})" if among else ""))
    if run.timing is not None:
        facts += [f"{doing.value} {time}" for doing, time in spent_words([run]).items()]
        if run.timing.memory_spilled or run.timing.disk_spilled:
            disk = size(run.timing.disk_spilled)
            facts.append(f"spilled {size(run.timing.memory_spilled)} of memory, {disk} on disk")
    if told.accumulators:
        facts.append(many(told.accumulators, "accumulator"))
    job = job_words(run)
    yield tag("p", f"{type_sentence(run)}." + (f" The job: {job}." if job else ""))
    yield tag("p", " · ".join(facts))
    yield tag("p", _worker_sentence(run), " ", _task_sentence(run, drawing))
    yield tag("p", _ending_sentence(run))
    if traceback := traceback_of(run):
        shown = "\n".join(map(visible, without_folder(traceback[-_TRACEBACK_SHOWN:]).splitlines()))
        yield tag("pre", shown, tabindex=0)


def _worker_sentence(run: Run) -> str:
    worker = run.worker
    who = f"The worker is process {worker.pid}"
    who += f" on {visible(worker.host)}" if worker.host else ""
    if run.reused:
        waited = f" and had waited {duration(idle)} for this one" if (idle := idle_ns(run)) else ""
        return f"{who}, which had {many(run.round.number - 1, 'run')} before{waited}."
    return f"{who}, which the daemon {worker.daemon} forked for it." if worker.daemon else f"{who}."


def _task_sentence(run: Run, drawing: RunDrawing) -> Html:
    others = [one for one in drawing.tasks.get(task_of(run), ()) if one.n != run.n]
    if not others or run.partition is None:
        return EMPTY
    said = [f"Its task has {many(len(others), 'more run')}: ", _named(others, drawing)]
    if at_once := [one for one in others if overlapping(run, one)]:
        some = len(at_once) < len(others)
        said += ["; at the same time: ", _named(at_once, drawing)] if some else [", at the same time"]
    return markup.join([*said, "."])


def _named(runs: Sequence[Run], drawing: RunDrawing) -> Html:
    listed = [drawing.link(one) for one in runs[:OTHERS_NAMED]]
    return markup.join(listed + ([f"{ELLIPSIS}"] if len(runs) > len(listed) else []), ", ")


def _ending_sentence(run: Run) -> str:
    match run.round.exit:
        case Exit.REUSED:
            return "Both sides said that it was over, and the worker waits for another run."
        case Exit.ENDED:
            return "The worker left rows unread, as after take. So it can't be used again, and ended."
        case Exit.ERROR:
            return "An exception was raised, and the worker ended."
        case Exit.KILLED:
            return "The connection closed before the worker's last word: its process was killed, or ended."
    if run.goes_on:
        return "It was still going on when the recording ended."
    return "How it ended can't be read."


def _pickles(run: Run, drawing: RunDrawing, target: str) -> Iterator[Html]:
    init = next((one for one in run.messages if one.command == "init"), None)
    if not isinstance(init, Message):
        return
    for i, part in enumerate(init.fields):
        if part.name not in _PICKLES or not isinstance(part.value, bytes) or not is_pickle(part.value):
            continue
        drawn = drawing.pickles.get(part.value)
        if drawn is None:
            inside = f"{target}-p{i}"
            drawing.pickles[part.value] = run.n, inside
            yield pickle_html(part.name, part.value, run.functions, inside, most=drawing.opcodes)
        elif drawn[0] != run.n:
            link = tag("a", f"#{drawn[0]}", href=f"#{drawn[1]}")
            yield tag("p", f"The pickled {part.name}, {size(len(part.value))}, is the one of ", link, ".")


# --- the messages ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Piece:
    """Messages of one phase, one after the other."""

    phase: RoundPhase
    direction: Direction
    first: int
    """The index of the first of them in the run."""
    messages: list[Message | Malformed] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    drawn: int = 0
    """How many of them are drawn."""

    @property
    def size(self) -> int:
        return sum(one.size for one in self.messages)


def _pieces(run: Run) -> list[_Piece]:
    found: list[_Piece] = []
    for i, (message, now) in enumerate(zip(run.messages, run.times, strict=True)):
        phase = phase_of(message)
        if not found or (found[-1].phase, found[-1].direction) != (phase, message.direction):
            found.append(_Piece(phase, message.direction, i))
        found[-1].messages.append(message)
        found[-1].times.append(now)
    return found


def _pieces_html(run: Run, target: str, room: int) -> Html:
    pieces = _pieces(run)
    head, tail = pieces, pieces[:0]
    if len(pieces) > PIECES_DRAWN:
        head, tail = pieces[: PIECES_DRAWN // 2], pieces[-PIECES_DRAWN // 2 :]
    drawn = [*head, *tail]
    kept = shares([len(piece.messages) for piece in drawn], room)
    for piece, share in zip(drawn, kept, strict=True):
        piece.drawn = share
    between = pieces[len(head) : len(pieces) - len(tail)] if tail else []
    parts = [
        tag("p", "JVM → worker"),
        tag("p", "worker → JVM", class_="b"),
        *(_piece_html(piece, run, target) for piece in head),
        _left_out(between),
        *(_piece_html(piece, run, target) for piece in tail),
    ]
    if run.left_out:
        parts.append(tag("p", f"And {many(run.left_out, 'more message')}, which the views don't keep."))
    return tag("div", *parts, class_="sw-d")


def _piece_html(piece: _Piece, run: Run, target: str) -> Html:
    first, last = (duration(max(now - run.start_ns, 0)) for now in (piece.times[0], piece.times[-1]))
    facts = f"{many(len(piece.messages), 'message')} · {size(piece.size)}"
    if piece.times[-1] > run.start_ns:
        facts += f" · after {first}" + (f" to {last}" if first != last else "")
    shown = [
        message_html(message, f"{target}-m{piece.first + i}-")
        for i, message in enumerate(piece.messages[: piece.drawn])
    ]
    if (left := len(piece.messages) - len(shown)) > 0:
        bytes_left = size(sum(one.size for one in piece.messages[len(shown) :]))
        shown.append(tag("p", f"And {many(left, 'more message')} with {bytes_left}."))
    bad = piece.phase in (RoundPhase.EXCEPTION, RoundPhase.UNREADABLE)
    summary = tag(
        "summary", tag("b", piece.phase.value, class_="e" if bad else False), " ", tag("small", facts)
    )
    return tag("details", summary, *shown, class_="j" if piece.direction is Direction.TO_PYTHON else "b")


def _left_out(between: Sequence[_Piece]) -> Html:
    """What stands in the place of pieces that aren't drawn."""
    if not between:
        return EMPTY
    counted = sum(len(piece.messages) for piece in between)
    total = size(sum(piece.size for piece in between))
    said = f"{number(counted)} messages with {total}, in both directions by turns, are not drawn."
    return tag("p", said, class_="w")


# --- JSON -----------------------------------------------------------------------------------------


def run_json_line(run: Run) -> str:
    """One line, without its newline: what every turn has, and then ``channel``, ``spark_context``, ``stage``,
    ``partition``, ``attempt``, ``worker_pid``, ``reused``, ``eval_type``, ``plan_node``, ``job``,
    ``functions``,
    ``to_worker_bytes``, ``to_jvm_bytes``, ``batches_in``, ``batches_out``, ``rows_in``, ``rows_out``,
    ``messages``, ``timing`` and ``exit``. These keys are a promise.

    ``spark_context`` is how many the program had made by then; each counts its stages from 0.
    ``plan_node`` is the node of the query's plan, or PythonRDD. ``job`` is where the job was started, as
    Spark has it: ``collect at job.py:18``. Both are empty where that isn't known. ``functions`` are the
    user's, each with ``file``, ``line`` and ``name``. A batch is a frame, or a batch of Arrow. ``rows_in``
    and ``rows_out`` count the rows of Arrow's batches; how many rows a pickle holds isn't known, and then
    they are null. ``messages`` have ``direction``, ``kind`` and ``bytes``, the first 2,000 of a run.
    ``timing`` is the worker's own account in milliseconds, or null. ``exit`` is ``reused``, ``ended``,
    ``killed``, ``error``, or null where the worker's last word can't be read.
    """
    told, timing = run.round, run.timing
    return turn_json_line(
        run,
        {
            "channel": "worker",
            "spark_context": run.context,
            "stage": run.stage,
            "partition": run.partition,
            "attempt": run.attempt,
            "worker_pid": run.worker.pid,
            "reused": run.reused,
            "eval_type": run.eval_type,
            "plan_node": run.plan_node,
            "job": run.job,
            "functions": [one._asdict() for one in run.functions],
            "to_worker_bytes": told.size[Direction.TO_PYTHON],
            "to_jvm_bytes": told.size[Direction.TO_JAVA],
            "batches_in": batches([told.data_in]),
            "batches_out": batches([told.data_out]),
            "rows_in": rows([told.data_in]),
            "rows_out": rows([told.data_out]),
            "messages": [
                {"direction": one.direction.value, "kind": one.command, "bytes": one.size}
                for one in run.messages
            ],
            "timing": timing._asdict() if timing is not None else None,
            "exit": told.exit.value if told.exit is not None else None,
        },
    )
