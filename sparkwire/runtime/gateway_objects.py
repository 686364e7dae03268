"""Looks into a running gateway: which objects its map holds, and whether all releases have got there.

Both ask the gateway over its own wire, so they work on PySpark's (``sc._gateway``) as well as on a plain one.
It imports Py4J's protocol, and the standard library.
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
    taken out again. It takes five round trips an object, and waits for releases first and last.
    """
    wait_for_releases(gateway)
    made: list[Any] = []

    def keep(result: Any) -> Any:
        made.append(result)
        return result

    # Bound under this id in every gateway: py4j.GatewayServer and py4j.JavaServer 0.10.9.9, startServer.
    map = keep(keep(gateway.java_gateway_server.getGateway()).getBindings())
    keys = keep(map.keySet())
    own = {one._target_id for one in made}
    ids = [id for id in keys.toString().strip("[]").split(", ") if id and id not in own]
    found = {}
    for id in sorted(ids, key=_order):
        held = map.get(id)
        if hasattr(held, "_target_id"):
            found[id] = str(keep(keep(held).getClass()).getName())
    for one in made:
        gateway.detach(one)
    wait_for_releases(gateway)
    return found


def _order(id: str) -> tuple[bool, int, str]:
    """Numbered ids by their number, and the ids that have a name after them."""
    number = id[1:]
    return (not number.isdecimal(), int(number) if number.isdecimal() else 0, id)
