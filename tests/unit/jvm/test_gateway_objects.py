"""Asking a gateway for its map, and waiting for releases; the live test asks a real one."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace

import pytest

from sparkwire.jvm.gateway_objects import held_objects, wait_for_releases


def gateway(client):
    return SimpleNamespace(_gateway_client=client)


def test_waiting_for_releases_that_nobody_works_off_gives_up():
    client = SimpleNamespace(finalizer_deque=deque())
    with pytest.raises(TimeoutError, match="not answered within 1e-06 s"):
        wait_for_releases(gateway(client), 1e-6)


def test_a_gateway_without_a_queue_needs_no_waiting():
    wait_for_releases(gateway(SimpleNamespace()), 0)


class Answers:
    """Says what was prepared, whatever is asked, and keeps what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = iter(answers)
        self.asked: list[str] = []

    def send_command(self, command: str) -> str:
        self.asked.append(command)
        return next(self.answers, "yv")


def test_asking_takes_out_of_the_map_what_it_put_in():
    asked = Answers("yro10", "yao11", "yho12", "ys[j, o10, o2, o9, o11, o12]", "yro13", "yro14", "ysa.A")
    held_objects(gateway(asked))
    assert [c for c in asked.asked if c.startswith("m")] == [f"m\nd\no{n}\ne\n" for n in (13, 14, 10, 11, 12)]


def test_a_gateway_that_refuses_is_an_error_and_nothing_stays_in_its_map():
    refusing = Answers("yro10", "xsno such object")
    with pytest.raises(RuntimeError, match="no such object"):
        held_objects(gateway(refusing))
    assert refusing.asked[-1] == "m\nd\no10\ne\n"


def test_ids_come_in_their_order_and_what_is_gone_meanwhile_is_left_out():
    answers = ["yro20", "yao21", "yho22", "ys[j, o10, o9, GATEWAY_SERVER]"]
    for name in ("a.Nine", "", "the.Server", "a.View"):
        answers += ["yro30", "yro31", f"ys{name}", "yv", "yv"] if name else ["yn"]
    found = held_objects(gateway(Answers(*answers)))
    assert list(found.items()) == [("o9", "a.Nine"), ("GATEWAY_SERVER", "the.Server"), ("j", "a.View")]
