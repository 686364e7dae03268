"""One conversation, written in every form that ``sparkwire decode`` reads: each gives the same messages."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import dpkt
import pytest

from sparkwire import cli
from sparkwire.commands import decode
from sparkwire.sources import capture
from sparkwire.sources.formats import Format, recognise

TOKEN = b"not+for/everybody="
CALL = b"c\no0\nsetProperty\nsmy.password\nshunter2hunter2\ne\n"
TALK = [
    (True, b"A\n" + TOKEN + b"\n"),
    (False, b"!yv\n"),
    (True, b"c\nz:java.lang.Math\nmax\ni3\ni4\ne\n"),
    (False, b"!yi4\n"),
    (True, CALL),
    (False, b"!yn\n"),
    (True, b"r\nu\njava\nrj\ne\n"),
    (False, "!ysé \\n\n".encode()),
]
"""Who asks is Python: True for what it says."""
RAW = b"".join(data for _, data in TALK)


def decoded(data: bytes, *options: str, monkeypatch, capsys) -> tuple[int, str, str]:
    """What ``sparkwire decode`` makes of standard input: exit code, standard output and standard error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code = decode.main(cli.parse(["decode", *options]))
    said = capsys.readouterr()
    return code, said.out, said.err


def tool(*command: str) -> bytes:
    """What a program of the system makes of the conversation."""
    try:
        return subprocess.run(command, input=RAW * 3, capture_output=True, check=True, timeout=60).stdout
    except FileNotFoundError:
        pytest.skip(f"there is no {command[0]} here")


def python_log(escaped: bool = False) -> bytes:
    lines = [b"2026-11-25 16:20:20,000 INFO another line: !yv"]
    for at, (asks, data) in enumerate(TALK):
        moment = b"2026-11-25 16:20:21,%03d DEBUG py4j: " % (at * 5)
        text = data if asks else data[:-1]
        if escaped:
            text = text.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
        lines.append(moment + (b"Command to send: " if asks else b"Answer received: ") + text)
    return b"\n".join(lines) + b"\n"


def strace() -> bytes:
    lines = [b'7 read(3, "\\177ELF\\2"..., 832) = 832', b'7 write(1, "hello\\n", 6) = 6']
    for asks, data in TALK:
        text = "".join({10: "\\n", 92: "\\\\"}.get(b, f"\\{b:o}" if b > 126 else chr(b)) for b in data)
        call = "sendto" if asks else "recvfrom"
        lines.append(f'7 16:20:21.000100 {call}(5, "{text}", 8192, 0, NULL, NULL) = {len(data)}'.encode())
    return b"\n".join(lines) + b"\n"


def segments(link: int, *, seq: int = 4_294_967_290) -> list[bytes]:
    """The conversation as packets of one TCP connection, whose numbers pass their end on the way."""
    found = []
    numbers = {True: seq, False: 77}
    flags = [(True, dpkt.tcp.TH_SYN, b""), (False, dpkt.tcp.TH_SYN | dpkt.tcp.TH_ACK, b"")]
    flags += [(asks, dpkt.tcp.TH_ACK | dpkt.tcp.TH_PUSH, data) for asks, data in TALK]
    flags += [(True, dpkt.tcp.TH_FIN | dpkt.tcp.TH_ACK, b""), (False, dpkt.tcp.TH_FIN | dpkt.tcp.TH_ACK, b"")]
    for asks, flag, data in flags:
        ports = (40000, 25333) if asks else (25333, 40000)
        tcp = dpkt.tcp.TCP(sport=ports[0], dport=ports[1], seq=numbers[asks], flags=flag, data=data)
        ip = dpkt.ip.IP(src=b"\x7f\0\0\x01", dst=b"\x7f\0\0\x01", p=6, data=tcp)
        ip.len = len(bytes(ip))
        found.append(framed(link, bytes(ip)))
        numbers[asks] = (numbers[asks] + len(data) + bool(flag & (dpkt.tcp.TH_SYN | dpkt.tcp.TH_FIN))) % 2**32
    return found


def framed(link: int, ip: bytes) -> bytes:
    headers = {
        capture.ETHERNET: bytes(12) + b"\x08\x00",
        capture.NULL: b"\x02\0\0\0",
        capture.LOOP: b"\0\0\0\x02",
        capture.SLL: bytes(14) + b"\x08\x00",
        capture.SLL2: b"\x08\x00" + bytes(18),
    }
    return headers.get(link, b"") + ip


def pcap(packets: list[bytes], link: int, writer=dpkt.pcap.Writer) -> bytes:
    file = io.BytesIO()
    idb = {}
    if writer is dpkt.pcapng.Writer:
        block = dpkt.pcapng.InterfaceDescriptionBlockLE(linktype=link, snaplen=65535)
        idb = {"idb": block, "shb": dpkt.pcapng.SectionHeaderBlockLE()}
    made = writer(file, **(idb or {"linktype": link, "snaplen": 65535}))
    for at, packet in enumerate(packets):
        made.writepkt(packet, ts=1_700_000_000 + at / 1000)
    return file.getvalue()


def shown(out: str) -> list[str]:
    """The title of each message, without its exchange, its time and its place."""
    return re.findall(r"^(?:.*: )?((?:request|reply|malformed).*), from byte", out, re.MULTILINE)


WORDS = ("auth", "success", "call", "success", "call", "success", "reflection", "success")
MESSAGES = [
    f"{'request' if asks else 'reply'}, {word}, {len(data)} bytes, "
    + ("Python → Java" if asks else "Java → Python")
    for word, (asks, data) in zip(WORDS, TALK, strict=True)
]
FORMS = {
    "raw": (Format.RAW, lambda: RAW),
    "python log": (Format.PYTHON_LOG, python_log),
    "python log, one line each": (Format.PYTHON_LOG, lambda: python_log(escaped=True)),
    "python log from Windows": (Format.PYTHON_LOG, lambda: python_log().replace(b"\n", b"\r\n")),
    "repr": (Format.TEXT, lambda: repr(RAW).encode()),
    "reprs": (Format.TEXT, lambda: b"\n".join(b"sent: " + repr(data).encode() for _, data in TALK)),
    "strace": (Format.STRACE, strace),
    **{
        f"capture of link type {link}": (Format.PCAP, lambda link=link: pcap(segments(link), link))
        for link in (capture.ETHERNET, capture.NULL, capture.LOOP, capture.SLL, capture.SLL2, 101, 12)
    },
    "pcapng": (Format.PCAP, lambda: pcap(segments(capture.SLL), capture.SLL, dpkt.pcapng.Writer)),
    "packets twice": (Format.PCAP, lambda: pcap([p for p in segments(1) for _ in (0, 1)], 1)),
    "packets in another order": (Format.PCAP, lambda: pcap(shuffled(segments(1)), 1)),
}


def shuffled(packets: list[bytes]) -> list[bytes]:
    """Python's requests two by two the other way round; as its answers wait for it, they come later, too."""
    opening, talk, closing = packets[:2], packets[2:-2], packets[-2:]
    asked, answered = talk[0::2], talk[1::2]
    return [*opening, asked[1], asked[0], *answered[:2], asked[3], asked[2], *answered[2:], *closing]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_messages_without_secrets(form, monkeypatch, capsys):
    kind, make = FORMS[form]
    data = make()
    assert recognise(data, over=True) is kind
    code, out, err = decoded(data, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0, out + err
    assert out.startswith(f"read as: {kind.title}\n")
    if form == "packets in another order":  # what came before its turn is heard in its turn
        assert sorted(shown(out)) == sorted(MESSAGES)
    else:
        assert shown(out) == MESSAGES
        assert out.count("answers exchange ") == 4
    assert "8 messages in 4 exchanges" in err
    for secret in (TOKEN, b"hunter2"):
        assert secret.decode() not in out + err
        assert secret.hex(" ")[:20] not in out


@pytest.mark.parametrize(
    "command, kind",
    [
        (["hexdump", "-C"], Format.HEXDUMP),
        (["hexdump", "-v", "-C"], Format.HEXDUMP),
        (["hexdump"], Format.OD_WORDS),
        (["xxd"], Format.XXD),
        (["xxd", "-c", "24", "-g", "4"], Format.XXD),
        (["od", "-A", "x", "-t", "x1z"], Format.HEXDUMP),
        (["od", "-t", "x1"], Format.OD),
        (["od", "-x"], Format.OD_WORDS),
        (["od", "-A", "x", "-x"], Format.OD_WORDS),
    ],
)
def test_dumps_of_the_systems_own_programs(command, kind, monkeypatch, capsys):
    data = tool(*command)
    code, out, err = decoded(data, "--as", kind.value, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0, err
    assert shown(out) == MESSAGES * 3
    assert recognise(data, over=True) is kind
    assert TOKEN.decode() not in out


def test_times_of_a_log_and_of_a_capture_are_differences(monkeypatch, capsys):
    _, out, _ = decoded(python_log(), monkeypatch=monkeypatch, capsys=capsys)
    assert "answers exchange 2 after 5.0 ms: reply" in out
    _, out, _ = decoded(pcap(segments(1), 1), monkeypatch=monkeypatch, capsys=capsys)
    assert "answers exchange 2 after 1.0 ms: reply" in out


def test_answers_in_a_log_of_several_threads_are_given_to_no_request(monkeypatch, capsys):
    log = (
        b"Command to send: m\nd\no1\ne\n\nCommand to send: m\nd\no2\ne\n\n"
        b"Answer received: !yv\nAnswer received: !yv\nCommand to send: m\nd\no3\ne\n\nAnswer received: !yv\n"
    )
    code, out, _ = decoded(log, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert out.count("answers exchange 1 or 2, the source doesn't say which: reply") == 2
    assert "answers exchange 3: reply" in out


def test_what_java_asks_is_counted_where_the_log_has_only_its_beginning(monkeypatch, capsys):
    log = b"Command to send: c\no1\nsort\nrp0\ne\n\nAnswer received: c\nAnswer received: !yv\n"
    code, out, err = decoded(log, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert "answers exchange 1: reply" in out
    assert "left out: 1 request by Java; the log has only the beginning of each" in err


JAVA_LOG = (
    b"Nov 25, 2026 4:20:21 PM py4j.GatewayConnection run\nFINE: Received command: c\n"
    b"Nov 25, 2026 4:20:21 PM py4j.CallbackConnection sendCommand\n"
    b"INFO: Sending CB command: c\np0\ncompare\ni3\ni1\ne\n\n"
    b"Nov 25, 2026 4:20:21 PM py4j.CallbackConnection sendCommand\nINFO: Returning CB command: yi1\n"
    b"Nov 25, 2026 4:20:21 PM py4j.commands.CallCommand execute\nFINEST: Returning command: !yv\n\n"
)


def test_javas_log(monkeypatch, capsys):
    code, out, err = decoded(JAVA_LOG, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0, out
    assert out.startswith("read as: a Java log")
    assert shown(out) == [
        "request, call, 21 bytes, Java → Python",
        "reply, success, 5 bytes, Python → Java",
        "reply, success, 4 bytes, Java → Python",
    ]
    assert "answers exchange 1: reply, success, 5 bytes, Python → Java" in out
    assert out.count("answers exchange") == 1
    assert "left out: 1 request by Python" in err


def test_missing_packets_are_said_and_what_follows_is_read(monkeypatch, capsys):
    packets = segments(1)
    del packets[4]  # the second request
    _, out, err = decoded(pcap(packets, 1), monkeypatch=monkeypatch, capsys=capsys)
    assert "packets are missing in 1 place" in err
    assert shown(out)[:2] == MESSAGES[:2]
    assert MESSAGES[6] in shown(out)


def test_packets_that_were_cut_are_said(monkeypatch, capsys):
    packets = [packet[:60] for packet in segments(1)]
    code, _, err = decoded(pcap(packets, 1), monkeypatch=monkeypatch, capsys=capsys)
    assert code == 1
    assert "not captured whole: capture with tcpdump -s 0" in err


def test_a_capture_that_is_cut_is_read_so_far(monkeypatch, capsys):
    data = pcap(segments(1), 1)
    _, out, err = decoded(data[: len(data) // 2], monkeypatch=monkeypatch, capsys=capsys)
    assert shown(out)[:2] == MESSAGES[:2]
    assert "the capture is cut" in err or "messages" in err


def test_a_capture_of_another_link_is_refused(monkeypatch, capsys):
    code, _, err = decoded(pcap(segments(1), 105), monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2
    assert "link type 105" in err
    assert "tcpdump -i lo" in err


def test_what_python_answers_on_a_connection_of_javas_is_told_by_what_is_asked(monkeypatch, capsys):
    talk = [(True, b"c\np0\nrun\ne\n"), (False, b"!yv\n")]
    monkeypatch.setattr(sys.modules[__name__], "TALK", talk)
    _, out, _ = decoded(pcap(segments(1), 1), monkeypatch=monkeypatch, capsys=capsys)
    assert shown(out) == ["request, call, 11 bytes, Java → Python", "reply, success, 4 bytes, Python → Java"]


def test_connections_of_others_are_left_out_and_counted(monkeypatch, capsys):
    monkeypatch.setattr(sys.modules[__name__], "TALK", [(True, b"GET / HTTP/1.1\r\n\r\n"), (False, b"HTTP")])
    code, out, err = decoded(pcap(segments(1), 1), monkeypatch=monkeypatch, capsys=capsys)
    assert (code, shown(out)) == (0, [])
    assert "left out: 1 connection without Py4J" in err


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("form", ["python log", "strace", "repr"])
def test_pieces_of_any_size_give_the_same(form, size):
    kind, make = FORMS[form]
    data = make()
    readers = [decode._READERS[kind]() if kind in decode._READERS else decode.StringsReader() for _ in "ab"]
    whole = [*readers[0].feed(data), *readers[0].end()]
    pieces = [said for at in range(0, len(data), size) for said in readers[1].feed(data[at : at + size])]
    assert [*pieces, *readers[1].end()] == whole
