"""The reference as a page shows it: sound HTML, a permalink for every entry, every byte of a message."""

import pytest
from playbook import converse

from guide.reference.entries import SECTIONS, captures, entries
from guide.reference.picture import reference_html

CALL = (b"c\no0\nadd\nsx\ne\n", b"!ybtrue\n")


def test_a_section_is_sound_html_with_permalinks_and_every_byte(check):
    captured = captures(converse(CALL, (b"c\no0\nnot <b>\ne\n", b"!xro1\n")))
    page = "".join(reference_html(section, captured) for section in SECTIONS)
    read = check(page)  # every id once, every link with its target
    assert {entry.id for entry in entries()} <= set(read.ids)
    assert "No message of this kind was captured." in page
    assert "63<" in page
    assert "6f 30" in page
    assert "java_gateway.py JavaMember.__call__" in page


def test_a_request_without_a_reply_says_so():
    captured = captures(converse((b"s\n", None)))
    assert "There is no reply." in reference_html("commands", captured)


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match="callbacks"):
        reference_html("everything", {})
