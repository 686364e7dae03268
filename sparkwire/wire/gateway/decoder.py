r"""Bytes of the gateway wire in, messages out: a decoder that does no input or output itself.

One ``Decoder`` reads one direction of one connection. It is fed whatever pieces arrive, keeps the
unfinished rest, and returns what became whole. It holds no knowledge of single commands: that is in
``codes``. ``lines`` keeps the bytes.

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

When a message is long
    A message of any length is read. When a line makes it longer than ``max_message``, the line's beginning
    and end are kept, and what passes between them is followed (``following``). When so many values make it
    twice as long, the last of them is kept, and how many there were. Malformed bytes are left out likewise.
    The message says where (``Gap``).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial

from sparkwire.wire.gateway.codes import COMMANDS, END_MARKER, REPLIES, REPLY_MARKER, TYPE_CODES
from sparkwire.wire.gateway.following import Follower, follower
from sparkwire.wire.gateway.layout import Command, Form, Kind, Part, Reply
from sparkwire.wire.gateway.lines import LineBuffer
from sparkwire.wire.gateway.values import Reader, Value, quote, read_integer, readers
from sparkwire.wire.message import Direction, Field, FurtherValues, Malformed, Message, Role

_LINE_END = "Ends the line."
# The decoder makes these for every line it reads. Names of the module are found several times faster than
# members of an enum, and this way of making a named tuple takes half the time of calling its class.
_LINE, _OBJECT, _ESCAPED, _NUMBER, _TYPED = Kind.LINE, Kind.OBJECT, Kind.ESCAPED, Kind.NUMBER, Kind.TYPED
_TYPED_REPEATED, _LINES, _END = Kind.TYPED_REPEATED, Kind.LINES, Kind.END
_REPLY_MARKER = Field("reply marker", 0, 1, "!: this line is a reply.", REPLY_MARKER)
_field: Callable[[tuple[str, int, int, str, Value]], Field] = partial(tuple.__new__, Field)
_READER_NAME = {Direction.TO_JAVA: "Java", Direction.TO_PYTHON: "Python"}
_REPLY = REPLY_MARKER.encode()
_REPEATED = {_TYPED_REPEATED, _LINES}
_FORMS = {_ESCAPED: Form.STRING, _NUMBER: Form.INTEGER}
"""What the text of a line without a type code is read as; nothing special for the others."""
KEPT = 512
"""Bytes that are kept of a long line's beginning, and as many of its end."""
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


class _LongLine:
    """A line of which only the ends are kept."""

    __slots__ = ("code", "follower", "text", "whole")

    def __init__(self, text: str, code: str, follower: Follower | None) -> None:
        self.text = text
        """Its beginning."""
        self.code = code
        """The type code, where it has one."""
        self.follower = follower
        """What reads its value; None where the layout has none there, so nothing can be known of it."""
        self.whole = False
        """Whether its end has come."""


class Decoder:
    """Decodes one direction of one connection.

    ``direction`` says who reads the bytes. ``max_message`` is in bytes, 2,048 at least: a message up to that
    length is kept whole, and of a longer one no more than about twice as much. That, the piece at hand, and
    the fields of the one message that is being read are all that is ever held.
    """

    def __init__(self, direction: Direction, *, max_message: int = 256 * 1024) -> None:
        if max_message < 4 * KEPT:
            raise ValueError(f"max_message must be at least {4 * KEPT} bytes")
        self.direction = direction
        self.max_message = max_message
        self._tables = _TABLES[direction]
        self._buffer = LineBuffer()
        self._mode = _FIRST
        self._out: list[Message | Malformed] = []
        self._fault: tuple[int, str] | None = None
        """The first thing that is wrong in the message at hand: where in it, and what."""
        self._stream_expected = False
        self._begin_whole()
        self._begin()

    def _begin(self) -> None:
        """Be ready for the next message."""
        self._command: Command | None = None
        self._parts: tuple[Part, ...] = ()
        self._index = 0
        self._fields: list[Field] = []
        if self._longer:
            self._begin_whole()

    def _begin_whole(self) -> None:
        """Be ready for a message of which nothing is left out."""
        self._longer = False
        """Whether more came of the message at hand than is kept."""
        self._long: _LongLine | None = None
        """The line at hand, if it is a long one."""
        self._most = self.max_message
        """How many bytes of the message at hand may be kept before something must be left out."""
        self._rest: int | None = None
        """Where in the message lines are left out, one after the other."""
        self._further = 0
        """How many values there are from there on."""

    @property
    def pending(self) -> int:
        """How many bytes have come that are in no message yet."""
        return len(self._buffer)

    @property
    def offset(self) -> int:
        """Where in the stream the unfinished message begins, or the next one will."""
        return self._buffer.offset

    @property
    def line_offset(self) -> int:
        """Where in the stream the unfinished line begins."""
        buffer = self._buffer
        return buffer.offset + buffer.line + sum(gap.size for gap in buffer.gaps if gap.at < buffer.line)

    def expect_stream(self) -> None:
        """Say that a stream command was sent.

        The next success reply is then followed by raw bytes until ``end_stream`` or the connection's end: one
        message of ``Role.STREAM`` for each piece fed. An error reply is followed by none.
        """
        self._stream_expected = True

    def end_stream(self) -> None:
        """Say that the client asked again: the raw bytes are over, and messages follow.

        The protocol does not say how many there are. Py4J's client reads as many as it likes and then uses
        the connection for its next command (java_gateway.py, ``GatewayConnectionGuard.__exit__``).
        """
        if self._mode is _STREAM:
            self._mode = _FIRST

    def feed(self, data: bytes) -> list[Message | Malformed]:
        """Take the next bytes of the stream, and return what they completed."""
        buffer = self._buffer
        buffer.data += data
        while self._mode is not _STREAM:
            newline = buffer.data.find(b"\n", buffer.searched)
            end = newline + 1 if newline >= 0 else len(buffer.data)
            if end - buffer.start > self._most:
                if self._shorten(newline):
                    continue
                if newline >= 0:
                    self._take_further(newline)
                    continue
                end = len(buffer.data)
            buffer.searched = end
            if newline < 0:
                break
            self._take(newline)
            buffer.line = end
        if self._mode is _STREAM:
            self._take_stream()
        buffer.forget()
        out, self._out = self._out, []
        return out

    def end(self) -> list[Message | Malformed]:
        """The connection closed: return what was left unfinished, as malformed. The decoder is then fresh."""
        left = len(self._buffer)
        if left:
            end = self._buffer.all()
            cut = f"The connection closed {self._whereabouts()}."
            place, reason = self._fault or (end - self._buffer.start, "")
            self._fault = place, f"{reason} {cut}".strip()
            self._emit_malformed(end)
        self._buffer.forget()
        self._mode = _FIRST
        self._stream_expected = False
        out, self._out = self._out, []
        return out

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
            reads = mode is _PART or mode is _FIRST or mode is _SUBCOMMAND
            if reads and self._tables.forbidden in text:
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

    # Long messages

    def _shorten(self, newline: int) -> bool:
        """Leave out the middle of the line at hand, if it is a long one, of a message that is too long.

        ``newline`` is less than 0 while the line isn't whole. True when the stream must be looked at anew.
        """
        buffer = self._buffer
        line, end = buffer.line, newline if newline >= 0 else len(buffer.data)
        if self._long is None:
            if self._mode is _LOST and buffer.data.startswith(_REPLY, line):
                self._emit_malformed(line)
                return True
            if end - line <= 2 * KEPT:
                return False
            self._long = self._long_line(bytes(buffer.data[line : line + KEPT]))
            self._longer = True
            self._most = 0  # look here for all that follows in this line
        long = self._long
        if long.whole:
            return False
        head, tail = line + KEPT, end - KEPT
        if long.follower is not None:
            long.follower.feed(bytes(buffer.data[head:tail]))
            if newline >= 0:
                long.follower.feed(bytes(buffer.data[tail:newline]))
        buffer.leave_out(head, tail)
        long.whole = newline >= 0
        buffer.searched = head + KEPT
        return long.whole

    def _long_line(self, head: bytes) -> _LongLine:
        """What to do with a long line that begins like this."""
        text = head.decode(errors="ignore")  # a character may be cut
        code, at, form = "", 0, None
        if self._mode is _FIRST and text[1:2] in self._tables.replies and text[:1] == REPLY_MARKER:
            code, at = text[2], 3
            form = self._tables.forms.get(code)
        elif self._mode is _PART:
            kind = self._parts[self._index].kind
            if kind is _TYPED or kind is _TYPED_REPEATED:
                code, at = text[0], 1
                form = self._tables.forms[code] if code in self._tables.in_requests else None
            elif kind is not _END:
                form = _FORMS.get(kind, Form.NAME)
        if form is None:
            return _LongLine(text, code, None)
        following = follower(form, self.direction)
        following.feed(head[at:])
        return _LongLine(text, code, following)

    def _take_further(self, newline: int) -> None:
        """Read the line at hand of a message that is too long already, and leave out what came before it."""
        buffer = self._buffer
        text = buffer.data[buffer.line : newline].decode(errors="replace")
        counts = self._mode is _PART and self._parts[self._index].kind in _REPEATED and text != END_MARKER
        passes = counts or (self._mode is _LOST and not self._begins(text))
        # Long lines have room beyond ``max_message``, because only their ends are kept.
        if self._rest is None and newline - buffer.start < 2 * self.max_message:
            counts = passes = False
        if passes:
            self._longer = True
            if self._rest is None:
                self._rest = buffer.line - buffer.start
            else:
                newline -= self._leave_out(buffer.start + self._rest, buffer.line)
        known = len(self._fields)
        end = newline + 1
        if self._long is None:
            self._take(newline)
        else:
            long, self._long = self._long, None
            self._most = self.max_message
            self._take_long(long, newline)
        buffer.line = buffer.searched = end
        if counts and self._mode is _PART:
            self._count(known)

    def _count(self, known: int) -> None:
        """Make one field of the values whose lines are left out. Those of the last one begin at ``known``."""
        part = self._parts[self._index]
        if self._further:
            known -= 1
        self._further += 1
        assert self._rest is not None
        value = FurtherValues(self._further)
        self._fields[known:] = [_field((part.name, self._rest, self._fields[-1].end, part.meaning, value))]

    def _leave_out(self, begin: int, end: int) -> int:
        gone = self._buffer.leave_out(begin, end)
        if self._fault is not None:
            position, reason = self._fault
            at = begin - self._buffer.start
            if position > at:
                self._fault = max(at, position - gone), reason
        return gone

    def _take_long(self, long: _LongLine, newline: int) -> None:
        """As ``_take``, of a line whose value was followed."""
        following = long.follower
        if following is None:
            self._take(newline, long.text)
            return
        codes: Codes = {}
        if long.code:
            codes[long.code] = (self._tables.in_replies[long.code][0], lambda _: following.end())
        if self._mode is _FIRST:
            self._take_reply(long.text, newline, codes)
            return
        part = self._parts[self._index]
        line = self._buffer.line
        if long.code:
            self._add_typed(part, long.text, line, newline, codes)
        else:
            value: Value = None
            try:
                value = following.end()
            except ValueError as fault:
                self._note(line - self._buffer.start, f"In the {part.name}: {fault}.")
            self._add(part.name, newline, part.meaning, value)
        if part.kind not in _REPEATED:
            self._index += 1
            if self._index == len(self._parts):
                self._emit(newline + 1)

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

    def _take_stream(self) -> None:
        raw, offset, _ = self._buffer.message(self._buffer.all())
        if raw:
            meaning = "Raw bytes of the Java channel, outside the protocol."
            field = Field("stream data", 0, len(raw), meaning, raw)
            self._out.append(Message(self.direction, Role.STREAM, "stream", raw, offset, (field,)))
