"""The entries of the reference: every one of the table once, each with the message that shows it best."""

from playbook import converse

from guide.reference.entries import BY_HAND, CLIENT, JAVA, SECTIONS, captures, entries, missing
from sparkwire import Direction
from sparkwire.trace.records import CallSite, Frame
from sparkwire.wire.gateway import COMMANDS, REPLIES, TYPE_CODES

BARE = CallSite((Frame("/home/ann/program.py", 3, "<module>", "bare.sendall(request)", False),))
CALL = (b"c\no0\nadd\nsx\ne\n", b"!ybtrue\n")


def test_every_entry_of_the_table_is_there_once():
    found = entries()
    codes = [entry.code for entry in found]
    for command in COMMANDS:
        for code in [f"{command.code} {sub.code}" for sub in command.subcommands] or [command.code]:
            assert code in codes
    assert len(found) == sum(len(c.subcommands) or 1 for c in COMMANDS) + len(TYPE_CODES) + len(REPLIES)
    assert {entry.section for entry in found} == set(SECTIONS)
    ids = [entry.id for entry in found]
    assert len({one.lower() for one in ids}) == len(ids), "some browsers' tools ignore case in ids"
    keys = [key for entry in found for key, _ in entry.needs]
    assert len(set(keys)) == len(keys)


def test_a_type_code_needs_a_message_for_each_way_it_goes():
    needs = {
        entry.code: [what for _, what in entry.needs] for entry in entries() if entry.section == "type codes"
    }
    assert needs["s"] == ["to Java", "to Python"]
    assert needs["f"] == ["to Java"]
    assert needs["l"] == ["to Python"]


def test_nothing_captured_is_all_missing_by_name():
    lost = missing({})
    assert len(lost) == sum(len(entry.needs) for entry in entries())
    assert "commands: l x (list, max)" in lost
    assert "type codes: v (void, to Java)" in lost
    assert "replies: !x (error, to Python, without a value)" in lost
    assert "callbacks: g (garbage collect)" in lost


def test_one_exchange_shows_all_that_it_uses():
    captured = captures(converse(CALL))
    assert sorted(captured) == [
        "command to_java c",
        "reply to_python y",
        "type to_java s",
        "type to_python b",
    ]
    assert captured["type to_java s"].message.raw == CALL[0]
    assert captured["type to_python b"].message.raw == CALL[1]
    assert len(missing(captured)) == len(missing({})) - 4


def test_a_bare_reply_is_told_from_one_with_a_value():
    captured = captures(converse((b"r\nm\njava.lang.Math\nx\ne\n", b"!x\n")))
    assert "reply to_python x bare" in captured
    assert "reply to_python x" not in captured


def test_a_message_with_all_its_parts_is_preferred_then_a_short_one():
    whole, long = b"c\no0\nadd\ni1\ne\n", b"c\no0\nadd\ni1000\ne\n"
    found = converse((b"c\no0\nsize\ne\n", b"!yi3\n"), (long, b"!ybtrue\n"), (whole, b"!ybtrue\n"))
    assert captures(found)["command to_java c"].message.raw == whole


def test_who_sent_a_message():
    by_client = captures(converse(CALL))
    by_hand = captures(converse(CALL, site=BARE))
    back = captures(converse((b"c\np0\nget\ne\n", b"!yi7\n"), channel="callback", site=None))
    assert by_client["command to_java c"].sender == CLIENT
    assert by_client["reply to_python y"].sender == JAVA
    assert by_hand["command to_java c"].sender == BY_HAND
    assert by_hand["command to_java c"].by_hand
    assert by_hand["reply to_python y"].sender == JAVA
    assert back["command to_python c"].sender == JAVA
    assert back["reply to_java y"].sender == CLIENT
    both = captures(converse((b"c\no0\na\nsx\ne\n", b"!ybtrue\n"), site=BARE) + converse(CALL))
    assert both["command to_java c"].sender == CLIENT, "the client's is preferred, though it is longer"


def test_what_is_malformed_shows_nothing():
    assert captures(converse((b"hello\n", None))) == {}
    assert set(captures(converse((b"c\no0\nf\nixyz\ne\n", b"!yv\n")))) == {
        "reply to_python y",
        f"type {Direction.TO_PYTHON.value} v",
    }
