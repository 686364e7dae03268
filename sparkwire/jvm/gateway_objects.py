"""Looks into a running gateway: which objects its map holds, and whether all releases have got there.

Both ask the gateway over its own wire, so they work on PySpark's (``sc._gateway``) as well as on a plain one.
"""

from __future__ import annotations

import threading
from typing import Any

PATIENCE = 30.0
"""Seconds that releases get to be answered."""


class _Mark:
    """Stands in the finalizer thread's queue, and says when it is its turn."""

    def __init__(self) -> None:
        self.reached = threading.Event()

    def garbage_collect_object(self, _id: str, _enqueue: bool) -> None:
        self.reached.set()


def wait_for_releases(gateway: Any, timeout: float = PATIENCE) -> None:
    """Wait until every release that Python has decided on so far is sent and answered.

    A ``ClientServer`` queues releases for a thread of its own, which takes them one by one in their order
    and sleeps a second when there is none (py4j/clientserver.py 0.10.9.9, ``FinalizerWorker``). A mark put
    into the queue is reached when all before it are done. A ``JavaGateway`` has no queue, and doesn't wait.

    Raises ``TimeoutError`` when that takes more than ``timeout`` seconds.
    """
    queue = getattr(gateway._gateway_client, "finalizer_deque", None)
    if queue is None:
        return
    mark = _Mark()
    queue.appendleft((mark, ""))
    if not mark.reached.wait(timeout):
        raise TimeoutError(f"the gateway's releases were not answered within {timeout:g} s")


def held_objects(gateway: Any) -> dict[str, str]:
    """The objects in the gateway's own map: their ids, in order, and the full names of their classes.

    ``gateway`` is a ``ClientServer`` or a ``JavaGateway``. What asking puts into the map is left out, and
    taken out again. It takes five round trips an object. What is released meanwhile may be missing.
    """
    asking = _Asking(gateway._gateway_client)
    try:
        # Bound under this id in every gateway: py4j.GatewayServer and py4j.JavaServer 0.10.9.9, startServer.
        map = asking.call(asking.call("GATEWAY_SERVER", "getGateway"), "getBindings")
        keys = asking.call(map, "keySet")
        listed = asking.call(keys, "toString").strip("[]").split(", ")
        found = {}
        for id in sorted(set(listed) - set(asking.ids), key=_order):
            held = asking.call(map, "get", f"s{id}")
            if held in asking.ids:  # it isn't when the object was released by now
                found[id] = asking.call(asking.call(held, "getClass"), "getName")
                asking.forget()
        return found
    finally:
        asking.forget(0)


class _Asking:
    """Calls methods in the words of the wire: no Python object is made, whose end would release ids."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.ids: list[str] = []
        """The ids that the answers brought."""

    def call(self, target: str, method: str, *arguments: str) -> str:
        """An id, or the text of a string. Raises what Py4J raises, and RuntimeError when Java refuses."""
        said = "".join(f"{one}\n" for one in arguments)
        answer: str = self._client.send_command(f"c\n{target}\n{method}\n{said}e\n")
        if not answer.startswith("y"):
            raise RuntimeError(f"the gateway can't be asked for its objects: {answer}")
        if answer[1] in "rlhatg":
            self.ids.append(answer[2:])
        return answer[2:]

    def forget(self, beyond: int = 3) -> None:
        """Take ids out of the map again, but for the first three, by which it is asked."""
        for id in self.ids[beyond:]:
            self._client.send_command(f"m\nd\n{id}\ne\n")
        del self.ids[beyond:]


def _order(id: str) -> tuple[bool, int, str]:
    """Numbered ids by their number, and the ids that have a name after them."""
    number = id[1:]
    return (not number.isdecimal(), int(number) if number.isdecimal() else 0, id)
