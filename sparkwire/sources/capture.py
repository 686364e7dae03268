"""Reads captures of packets: pcap and pcapng files, and what ``tcpdump -X`` printed.

Packets become streams here: each direction of a TCP connection in order, without what was sent or captured
twice. Where packets are missing, what follows is marked as such. dpkt takes files and headers apart.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import dpkt

from sparkwire.errors import CaptureError
from sparkwire.plain import many
from sparkwire.sources.dumps import PACKET, packet_time
from sparkwire.sources.piece import ByLine, Piece

PCAP_MAGICS = tuple(
    struct.pack(order + "I", magic) for order in "<>" for magic in (0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34)
)
PCAPNG_MAGIC = b"\x0a\x0d\x0d\x0a"
MAX_AHEAD = 4 * 1024 * 1024
"""Bytes of one direction that may wait for a packet which is missing before them."""

ETHERNET, NULL, LOOP, SLL, SLL2 = 1, 0, 108, 113, 276
RAW = frozenset((12, 14, 101, 228, 229))
"""Link types without a header of their own: 101 on every system, the others on some
(https://www.tcpdump.org/linktypes.html)."""
_IP_ETHERTYPES = (0x0800, 0x86DD)
_MODULUS = 1 << 32


def packet(link_type: int, data: bytes) -> Any:
    """The IP packet in a captured one, or None when it holds no IP."""
    try:
        if link_type == ETHERNET:
            found = dpkt.ethernet.Ethernet(data).data
        elif link_type in (NULL, LOOP):
            found = _ip(data[4:])  # before it stands a number for the family, in an order that varies
        elif link_type == SLL:
            found = _ip(data[16:]) if int.from_bytes(data[14:16], "big") in _IP_ETHERTYPES else None
        elif link_type == SLL2:
            found = _ip(data[20:]) if int.from_bytes(data[:2], "big") in _IP_ETHERTYPES else None
        else:
            found = _ip(data)
    except (dpkt.UnpackError, IndexError):
        return None
    return found if isinstance(found, (dpkt.ip.IP, dpkt.ip6.IP6)) else None


def _ip(data: bytes) -> Any:
    version = data[0] >> 4 if data else 0
    return dpkt.ip.IP(data) if version == 4 else dpkt.ip6.IP6(data) if version == 6 else None


@dataclass(slots=True)
class _Way:
    """One direction of a TCP connection."""

    next: int | None = None
    """The number of the byte that comes next; None before the first packet."""
    ahead: dict[int, bytes] = field(default_factory=dict)
    """What came before its turn."""
    size: int = 0
    ended: bool = False


class Streams:
    """Feed it IP packets in the order of their capture; it gives out what was said."""

    def __init__(self) -> None:
        self._ways: dict[tuple[Any, ...], _Way] = {}
        self._ends: dict[frozenset[Any], Any] = {}
        """For each connection the end that is number 0."""
        self.missing = 0
        """Places where packets are missing."""
        self.short = 0
        """Packets that were not captured whole."""

    def feed(self, ip: Any, t_ns: int | None) -> Iterator[Piece]:
        tcp = ip.data
        if not isinstance(tcp, dpkt.tcp.TCP):
            return
        one, other = (bytes(ip.src), tcp.sport), (bytes(ip.dst), tcp.dport)
        name = frozenset((one, other))
        begins = bool(tcp.flags & dpkt.tcp.TH_SYN)
        if (
            begins
            and not tcp.flags & dpkt.tcp.TH_ACK
            and self._ways.get((one, other), _Way()).next != (tcp.seq + 1) % _MODULUS
        ):
            yield from self._forget(name, one, other)
        self._ends.setdefault(name, one)
        end = 0 if self._ends[name] == one else 1
        way = self._ways.setdefault((one, other), _Way())
        data, whole = bytes(tcp.data), _whole(ip, tcp)
        if whole is not None and whole < len(data):
            data = data[:whole]  # padding of a short frame
        if begins:
            way.next = (tcp.seq + 1) % _MODULUS
        if way.next is None and data:
            way.next = tcp.seq
        if data:
            if whole is not None and whole > len(data):
                self.short += 1
            yield from self._in_turn(way, name, end, tcp.seq, data, t_ns)
        if tcp.flags & (dpkt.tcp.TH_FIN | dpkt.tcp.TH_RST):
            yield from self._skip(way, name, end, t_ns)
            way.ended = True
            back = self._ways.get((other, one))
            if tcp.flags & dpkt.tcp.TH_RST or (back is not None and back.ended):
                yield from self._forget(name, one, other)

    def end(self) -> Iterator[Piece]:
        for (one, other), way in list(self._ways.items()):
            name = frozenset((one, other))
            yield from self._skip(way, name, 0 if self._ends.get(name) == one else 1, None)

    def _in_turn(
        self, way: _Way, name: Hashable, end: int, seq: int, data: bytes, t_ns: int | None
    ) -> Iterator[Piece]:
        if seq not in way.ahead or len(way.ahead[seq]) < len(data):
            way.size += len(data) - len(way.ahead.get(seq, b""))
            way.ahead[seq] = data
        yield from self._ready(way, name, end, t_ns)
        if way.size > MAX_AHEAD:
            yield from self._skip(way, name, end, t_ns)

    def _ready(self, way: _Way, name: Hashable, end: int, t_ns: int | None) -> Iterator[Piece]:
        """Give out what continues what was given out."""
        going = True
        while going:
            going = False
            for seq in list(way.ahead):
                assert way.next is not None
                past = (way.next - seq) % _MODULUS  # how much of it was given out before
                if past < _MODULUS // 2:
                    data = way.ahead.pop(seq)
                    way.size -= len(data)
                    if past < len(data):
                        way.next = (seq + len(data)) % _MODULUS
                        yield Piece(data[past:], name, end=end, t_ns=t_ns)
                        going = True

    def _skip(self, way: _Way, name: Hashable, end: int, t_ns: int | None) -> Iterator[Piece]:
        """Packets are missing, and don't come any more: go on behind the gap."""
        while way.ahead:
            self.missing += 1
            assert way.next is not None
            start = way.next
            way.next = min(way.ahead, key=lambda seq: (seq - start) % _MODULUS)
            yield Piece(b"", name, end=end, broken=True)
            yield from self._ready(way, name, end, t_ns)

    def _forget(self, name: frozenset[Any], one: Any, other: Any) -> Iterator[Piece]:
        known = [self._ways.pop(key, None) for key in ((one, other), (other, one))]
        self._ends.pop(name, None)
        if any(way is not None for way in known):
            yield Piece(b"", name, closes=True)


def _whole(ip: Any, tcp: Any) -> int | None:
    """How many bytes of data the packet had when it was sent; None when it doesn't say."""
    header = int(tcp.off) * 4
    if isinstance(ip, dpkt.ip6.IP6):
        return int(ip.plen) - header if ip.plen else None
    return int(ip.len) - int(ip.hl) * 4 - header if ip.len else None


class CaptureReader:
    """Reads a capture file. It takes the open file, and not its bytes piece by piece, because dpkt does."""

    def __init__(self, file: BinaryIO, start: bytes) -> None:
        """``start`` is what was read of ``file`` already."""
        self._file = _Again(file, start)
        self._ng = start.startswith(PCAPNG_MAGIC)
        self._streams = Streams()
        self._read = self._other = 0
        self._problem = ""

    def read(self) -> Iterator[Piece]:
        """All that was said. Raises ``CaptureError`` when it's no capture, and ``OSError``."""
        try:
            reader = (dpkt.pcapng if self._ng else dpkt.pcap).Reader(self._file)
        except (ValueError, struct.error, dpkt.Error) as error:
            raise CaptureError(
                f"it begins like a capture of packets, but can't be read as one: {error}."
            ) from None
        link_type = reader.datalink()
        if link_type not in (ETHERNET, NULL, LOOP, SLL, SLL2) and link_type not in RAW:
            raise CaptureError(
                f"the packets are of link type {link_type}, which isn't read here. Capture the loopback: "
                "tcpdump -i lo -w FILE port PORT"
            )
        try:
            for moment, data in reader:
                self._read += 1
                ip = packet(link_type, data)
                if ip is None:
                    self._other += 1
                    continue
                yield from self._streams.feed(ip, int(moment * 1_000_000_000))
        except (ValueError, struct.error, dpkt.Error):
            self._problem = f"the capture is cut after {many(self._read, 'packet')}"
        yield from self._streams.end()

    def notes(self) -> list[str]:
        return [*([self._problem] if self._problem else []), *notes(self._streams)]


def notes(streams: Streams) -> list[str]:
    said = []
    if streams.short:
        said.append(f"{many(streams.short, 'packet')} not captured whole: capture with tcpdump -s 0")
    if streams.missing:
        said.append(f"packets are missing in {many(streams.missing, 'place')}")
    return said


class _Again:
    """A file whose beginning was read already."""

    name = "capture"

    def __init__(self, file: BinaryIO, start: bytes) -> None:
        self._file, self._start = file, start

    def read(self, count: int) -> bytes:
        data, self._start = self._start[:count], self._start[count:]
        while len(data) < count and (more := self._file.read(count - len(data))):
            data += more
        return data


class PrintedPacketsReader(ByLine[Piece]):
    """Reads what ``tcpdump -X`` or ``-x`` printed, with ``-XX`` or without."""

    def __init__(self) -> None:
        super().__init__()
        self._data = bytearray()
        self._time: int | None = None
        self._streams = Streams()

    def _left(self) -> Iterator[Piece]:
        yield from self._packet()
        yield from self._streams.end()

    def notes(self) -> list[str]:
        return notes(self._streams)

    def _take(self, line: bytes) -> Iterator[Piece]:
        found = PACKET.match(line)
        if found is None:
            yield from self._packet()
            if (moment := packet_time(line)) is not None:
                self._time = moment
            return
        if int(found[1], 16) == 0:
            yield from self._packet()
        self._data += bytes.fromhex(found[2].decode().replace(" ", ""))

    def _packet(self) -> Iterator[Piece]:
        if self._data:
            data = bytes(self._data)
            self._data.clear()
            # -XX prints the header of the link, too: twelve bytes of addresses, and the type of what follows.
            link = (
                ETHERNET
                if int.from_bytes(data[12:14], "big") in _IP_ETHERTYPES and data[:1] < b"\x40"
                else 101
            )
            ip = packet(link, data)
            if ip is not None:
                yield from self._streams.feed(ip, self._time)
