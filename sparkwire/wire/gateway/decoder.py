"""Bytes of the gateway wire in, messages out: a decoder that does no input or output itself.

One ``Decoder`` reads one direction of one connection. It is fed whatever pieces arrive, keeps the
unfinished rest, and returns what became whole. It finds the lines and leaves out what is too long. What a
line is read as is said in ``reading``; ``lines`` keeps the bytes.

When a message is long
    A message of any length is read. When a line makes it longer than ``max_message``, the line's beginning
    and end are kept, and what passes between them is followed (``following``). When so many values make it
    twice as long, the last of them is kept, and how many there were. Malformed bytes are left out likewise.
    The message says where (``Gap``).
"""

from __future__ import annotations

from sparkwire.wire.gateway.codes import END_MARKER, REPLY_MARKER
from sparkwire.wire.gateway.following import Follower, follower
from sparkwire.wire.gateway.layout import Form, Kind
from sparkwire.wire.gateway.reading import Codes, LineReader, Mode
from sparkwire.wire.gateway.values import Value
from sparkwire.wire.message import Direction, Field, FurtherValues, Malformed, Message, Role

KEPT = 512
"""Bytes that are kept of a long line's beginning, and as many of its end."""
# Names of the module are found several times faster than members of an enum.
_FIRST, _PART, _LOST, _STREAM = Mode.FIRST, Mode.PART, Mode.LOST, Mode.STREAM
_REPLY = REPLY_MARKER.encode()
_REPEATED = {Kind.TYPED_REPEATED, Kind.LINES}
_FORMS = {Kind.ESCAPED: Form.STRING, Kind.NUMBER: Form.INTEGER}
"""What the text of a line without a type code is read as; nothing special for the others."""


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


class Decoder(LineReader):
    """Decodes one direction of one connection.

    ``direction`` says who reads the bytes. ``max_message`` is in bytes, 2,048 at least: a message up to that
    length is kept whole, and of a longer one no more than about twice as much. That, the piece at hand, and
    the fields of the one message that is being read are all that is ever held.
    """

    def __init__(self, direction: Direction, *, max_message: int = 256 * 1024) -> None:
        if max_message < 4 * KEPT:
            raise ValueError(f"max_message must be at least {4 * KEPT} bytes")
        self.max_message = max_message
        self._begin_whole()
        super().__init__(direction)

    def _begin(self) -> None:
        """Be ready for the next message."""
        super()._begin()
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

    @property
    def fresh(self) -> bool:
        """Whether the next byte begins a message, and nothing is known of what will be in it."""
        return self._mode is _FIRST and not self._stream_expected and not self._buffer.data

    def jump(self, offset: int) -> None:
        """Say that the next byte is the one at ``offset``: those before it were read elsewhere.

        Only a fresh decoder can.
        """
        self._buffer.offset = offset

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
            place, reason = self._fault or (end, "")
            self._fault = place, f"{reason} {cut}".strip()
            self._emit_malformed(end)
        self._buffer.forget()
        self._mode = _FIRST
        self._stream_expected = False
        out, self._out = self._out, []
        return out

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
            if kind is Kind.TYPED or kind is Kind.TYPED_REPEATED:
                code, at = text[0], 1
                form = self._tables.forms[code] if code in self._tables.in_requests else None
            elif kind is not Kind.END:
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
        self._fields[known:] = [Field(part.name, self._rest, self._fields[-1].end, part.meaning, value)]

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

    def _take_stream(self) -> None:
        raw, offset, _ = self._buffer.message(self._buffer.all())
        if raw:
            meaning = "Raw bytes of the Java channel, outside the protocol."
            field = Field("stream data", 0, len(raw), meaning, raw)
            self._out.append(Message(self.direction, Role.STREAM, "stream", raw, offset, (field,)))
