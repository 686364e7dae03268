r"""What the lines of one direction are read as: the code table's layouts, and what to do when one is lost.

A ``LineReader`` has no knowledge of single commands: that is in ``codes``. It is shown one whole line after
the other, and knows nothing of pieces, nor of what is left out of a long message (``decoder``).

How it reads
    Every line ends with ``\n``. (Java's ``readLine`` would also end one at ``\r``; every Py4J client
    escapes that character, so a bare one towards Java is malformed.) A line that starts with ``!`` where
    a message may begin is a reply, and is the whole of it. Any other line there must be a command's code,
    and the code table says which lines follow.

When something is wrong
    Nothing is raised and no byte is lost: a ``Malformed`` value holds every byte that isn't in a message.

    * A bad *value* (``ixyz``, broken base64, invalid UTF-8) leaves the lines where the layout says they
      are. The message is read to its end and returned as malformed.
    * When the *layout* is lost (an unknown command, subcommand or type code, no end marker), everything
      goes into one ``Malformed`` up to the next point at which a message surely begins or ends: after a
      line ``e``; before a line that starts with ``!``; or before a line that is a known command's code
      and could not be a whole argument (``s`` alone is an empty string as well as the shutdown command, so
      it does not count). A reply is one line, so after a bad one reading goes on at the next line.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial

from sparkwire.wire.gateway.codes import COMMANDS, END_MARKER, REPLIES, REPLY_MARKER, TYPE_CODES
from sparkwire.wire.gateway.layout import Command, Form, Kind, Part, Reply
from sparkwire.wire.gateway.lines import LineBuffer
from sparkwire.wire.gateway.values import Reader, Value, quote, read_integer, readers
from sparkwire.wire.message import Direction, Field, Malformed, Message, Role

_LINE_END = "Ends the line."
# The decoder makes these for every line it reads. Names of the module are found several times faster than
# members of an enum, and this way of making a named tuple takes half the time of calling its class.
_LINE, _OBJECT, _ESCAPED, _NUMBER, _TYPED = Kind.LINE, Kind.OBJECT, Kind.ESCAPED, Kind.NUMBER, Kind.TYPED
_TYPED_REPEATED, _LINES, _END = Kind.TYPED_REPEATED, Kind.LINES, Kind.END
_REPLY_MARKER = Field("reply marker", 0, 1, "!: this line is a reply.", REPLY_MARKER)
_field: Callable[[tuple[str, int, int, str, Value]], Field] = partial(tuple.__new__, Field)
_READER_NAME = {Direction.TO_JAVA: "Java", Direction.TO_PYTHON: "Python"}
# Forms whose text may be empty: a type code alone is then a whole value.
_MAY_BE_EMPTY = {Form.NOTHING, Form.STRING, Form.BYTES}


Codes = dict[str, tuple[str, Reader]]
"""Type codes, each with its meaning as a field has it, and what reads the value."""


class _Tables:
    """The code table, arranged for one direction."""

    def __init__(self, direction: Direction) -> None:
        read = readers(direction)
        self.unescape: Reader = read[Form.STRING]
        # Each with its meaning as a field has it.
        self.commands = {c.code: (c, f"{c.code}: {c.meaning}") for c in COMMANDS if c.direction is direction}
        self.subcommands = {
            code: {s.code: (s, f"{s.code}: {s.meaning}") for s in command.subcommands}
            for code, (command, _) in self.commands.items()
        }
        self.replies: dict[str, Reply] = {r.code: r for r in REPLIES if direction in r.directions}
        codes = [t for t in TYPE_CODES if t.goes(direction)]
        self.forms = {t.code: t.form for t in codes}
        self.in_replies: Codes = {t.code: (f"{t.code}: {t.meaning}", read[t.form]) for t in codes}
        self.in_requests = {t.code: self.in_replies[t.code] for t in codes if not t.reply_only}
        whole_values = {t.code for t in codes if t.form in _MAY_BE_EMPTY and not t.reply_only}
        self.surely_commands = self.commands.keys() - whole_values
        self.forbidden = "\r" if direction is Direction.TO_JAVA else "\n"
        """The character that no line holds."""


_TABLES = {direction: _Tables(direction) for direction in Direction}


class Mode(Enum):
    """What the line at hand is read as."""

    FIRST = "the first line of a message"
    SUBCOMMAND = "a subcommand's code"
    PART = "a part of a command"
    LOST = "anything, until reading can go on"
    STREAM = "raw bytes of a Java channel"


_FIRST, _SUBCOMMAND, _PART, _LOST = Mode.FIRST, Mode.SUBCOMMAND, Mode.PART, Mode.LOST
_STREAM = Mode.STREAM


class LineReader:
    """Reads the lines of one direction of one connection into messages.

    A subclass brings the lines: it feeds ``_buffer``, and calls ``_take`` for each.
    """

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
        self._tables = _TABLES[direction]
        self._buffer = LineBuffer()
        self._mode = _FIRST
        self._out: list[Message | Malformed] = []
        self._fault: tuple[int, str] | None = None
        """The first thing that is wrong in the message at hand: where in it, and what."""
        self._stream_expected = False
        self._begin()

    def _begin(self) -> None:
        """Be ready for the next message."""
        self._command: Command | None = None
        self._parts: tuple[Part, ...] = ()
        self._index = 0
        self._fields: list[Field] = []

    # Lines

    def _take(self, newline: int, text: str | None = None) -> None:
        """Read the line at hand, up to ``newline``. ``text`` is its beginning, if it isn't kept whole."""
        buffer, mode = self._buffer, self._mode
        if text is None:
            line = buffer.line
            try:
                text = buffer.data[line:newline].decode()
            except UnicodeDecodeError as fault:
                text = buffer.data[line:newline].decode(errors="replace")
                self._note(line - buffer.start + fault.start, "The text is not UTF-8.")
            if self._tables.forbidden in text:
                place = buffer.data.index(b"\r", line) - buffer.start
                self._note(place, "A bare carriage return, which Java takes for the end of a line.")
        if mode is _PART:
            self._take_part(self._parts[self._index], text, newline)
        elif mode is _FIRST:
            self._take_first(text, newline)
        elif mode is _SUBCOMMAND:
            self._take_subcommand(text, newline)
        else:
            self._skip(text, newline)

    def _take_first(self, text: str, newline: int) -> None:
        """The line with which a message begins."""
        if text[:1] == REPLY_MARKER:
            self._take_reply(text, newline, self._tables.in_replies)
            return
        found = self._tables.commands.get(text)
        if found is None:
            reader = _READER_NAME[self.direction]
            self._note(0, f"Expected a command that {reader} knows or a reply, found {quote(text)}.")
            self._lose(text, newline)
            return
        command, meaning = found
        self._command = command
        self._add("command code", newline, meaning, text)
        if command.subcommands:
            self._mode = _SUBCOMMAND
        else:
            self._lay_out(command.parts, newline)

    def _take_subcommand(self, text: str, newline: int) -> None:
        command = self._command
        assert command is not None
        found = self._tables.subcommands[command.code].get(text)
        if found is None:
            place = self._buffer.line - self._buffer.start
            self._note(place, f"Expected a subcommand of {command.word}, found {quote(text)}.")
            # Py4J too reads this line as the subcommand, whatever it is: no message begins here.
            self._mode = _LOST
            return
        subcommand, meaning = found
        self._add("subcommand code", newline, meaning, text)
        self._lay_out(subcommand.parts, newline)

    def _lay_out(self, parts: tuple[Part, ...], newline: int) -> None:
        self._parts = parts
        self._mode = _PART
        if not parts:
            self._emit(newline + 1)

    def _take_part(self, part: Part, text: str, newline: int) -> None:
        kind = part.kind
        if kind is _OBJECT or kind is _LINE:
            self._add(part.name, newline, part.meaning, text)
        elif kind is _TYPED_REPEATED or kind is _LINES:
            if text == END_MARKER:
                self._index += 1
                self._take_part(self._parts[self._index], text, newline)
            elif kind is _LINES:
                self._add(part.name, newline, part.meaning, text)
            elif not self._add_typed(part, text, self._buffer.line, newline, self._tables.in_requests):
                self._lose(text, newline)
            return
        elif kind is _END:
            if text != END_MARKER:
                place = self._buffer.line - self._buffer.start
                self._note(place, f"Expected the end marker e, found {quote(text)}.")
                self._lose(text, newline)
                return
            self._add(part.name, newline, part.meaning, text)
        elif kind is _TYPED:
            if not self._add_typed(part, text, self._buffer.line, newline, self._tables.in_requests):
                self._lose(text, newline)
                return
        else:
            value: Value = None
            if kind is _ESCAPED:
                value = self._tables.unescape(text)
            elif kind is _NUMBER:
                try:
                    value = read_integer(text)
                except ValueError as fault:
                    place = self._buffer.line - self._buffer.start
                    self._note(place, f"In the {part.name}: {fault}.")
            self._add(part.name, newline, part.meaning, value)
        self._index += 1
        if self._index == len(self._parts):
            self._emit(newline + 1)

    def _take_reply(self, text: str, newline: int, codes: Codes) -> None:
        start = self._buffer.start
        reply = self._tables.replies.get(text[1:2])
        if reply is None:
            known = ", ".join(self._tables.replies)
            self._note(1, f"Expected one of {known} after the reply marker, found {quote(text[1:])}.")
            self._emit_malformed(newline + 1)
            return
        self._fields = [_REPLY_MARKER, _field(("reply code", 1, 2, reply.meaning, reply.code))]
        if len(text) > 2 or self.direction not in reply.bare:
            self._add_typed(reply.value, text[2:], start + 2, newline, codes)
        else:
            self._fields.append(_field(("line end", 2, 3, _LINE_END, "\n")))
        if self._fault is not None:
            self._emit_malformed(newline + 1)
            return
        self._put(Role.REPLY, reply.word, newline + 1)
        if self._stream_expected:
            self._stream_expected = False
            if reply.word == "success":
                self._mode = _STREAM

    # Fields

    def _add(self, name: str, newline: int, meaning: str, value: Value) -> None:
        """Add the whole line as one field, and its newline."""
        start = self._buffer.start
        end = newline - start
        self._fields += (
            _field((name, self._buffer.line - start, end, meaning, value)),
            _field(("line end", end, end + 1, _LINE_END, "\n")),
        )

    def _add_typed(self, part: Part, text: str, at: int, newline: int, codes: Codes) -> bool:
        """Add a type code, its value and the newline. False when there is no such type code."""
        found = codes.get(text[:1])
        start = self._buffer.start
        place = at - start
        if found is None:
            what = quote(text) if text else "nothing"
            self._note(place, f"Expected a type code and the {part.name}, found {what}.")
            return False
        meaning, read = found
        value: Value = None
        try:
            value = read(text[1:])
        except ValueError as fault:
            self._note(place + 1, f"In the {part.name}: {fault}.")
        end = newline - start
        self._fields += (
            _field(("type code", place, place + 1, meaning, text[0])),
            _field((part.name, place + 1, end, part.meaning, value)),
            _field(("line end", end, end + 1, _LINE_END, "\n")),
        )
        return True

    # What is wrong

    def _note(self, position: int, reason: str) -> None:
        """Remember the first thing that is wrong in this message."""
        if self._fault is None:
            self._fault = (position, reason)

    def _lose(self, text: str, newline: int) -> None:
        """The layout ends at this line, which is no part of it."""
        self._mode = _LOST
        self._skip(text, newline)

    def _skip(self, text: str, newline: int) -> None:
        """With the layout lost, see whether this line is where reading can go on."""
        if text == END_MARKER:
            self._emit_malformed(newline + 1)
        elif self._begins(text):
            self._emit_malformed(self._buffer.line)
            self._take(newline)

    def _begins(self, text: str) -> bool:
        """Whether a line surely begins a message, whatever was before it."""
        return text[:1] == REPLY_MARKER or text in self._tables.surely_commands

    def _whereabouts(self) -> str:
        match self._mode:
            case Mode.FIRST:
                return "inside the first line of a message"
            case Mode.SUBCOMMAND | Mode.PART:
                assert self._command is not None
                wanted = (
                    "a subcommand" if self._mode is _SUBCOMMAND else f"the {self._parts[self._index].name}"
                )
                return f"inside a {self._command.word} command, where {wanted} was expected"
        return "before reading could go on"

    # What comes out

    def _emit(self, end: int) -> None:
        """The request is whole, up to the end of the line at hand."""
        if self._fault is not None:
            self._emit_malformed(end)
            return
        assert self._command is not None
        self._put(Role.REQUEST, self._command.word, end)

    def _put(self, role: Role, word: str, end: int) -> None:
        raw, offset, gaps = self._buffer.message(end)
        self._out.append(Message(self.direction, role, word, raw, offset, tuple(self._fields), (), gaps))
        self._mode = _FIRST
        self._begin()

    def _emit_malformed(self, end: int) -> None:
        """Everything up to ``end`` is malformed, because of what was noted first."""
        raw, offset, gaps = self._buffer.message(end)
        if raw:
            assert self._fault is not None
            position, reason = self._fault
            if position > len(raw):  # the fault is in the line at which reading goes on
                position, reason = len(raw), "Another message begins where this one was not finished."
            self._out.append(Malformed(self.direction, raw, offset, position, reason, (), gaps))
        self._fault = None
        self._mode = _FIRST
        self._begin()
