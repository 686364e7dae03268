"""What a Spark Connect client and its server said to each other: gRPC calls, with their protobuf messages.

A *gRPC call* is a request with its response, or with a stream of responses. Uploads have a stream of
requests. ``guide.connect.recorder`` makes these objects in a running client. Here they are only read.

Messages share an *envelope*: the ids of session, operation and response, the user, and what the client is.
What a message asks or says is in its other fields, so words for it need no table of Spark's messages, and a
message that a later version adds is named, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Proto = Any
"""A protobuf message. Its fields depend on its class, which only Spark's generated code knows."""

ENVELOPE = frozenset(
    (
        "session_id",
        "server_side_session_id",
        "client_observed_server_side_session_id",
        "user_context",
        "client_type",
        "operation_id",
        "response_id",
        "request_options",
        "tags",
    )
)
"""Fields that say who speaks, and not what."""

EXECUTE = ("ExecutePlan", "ReattachExecute")
"""The methods whose responses are a stream: an execution, and going on with one after a lost connection."""
RELEASE = "ReleaseExecute"
_KEPT = 3
"""Names that are listed; of more, the number."""


@dataclass(frozen=True, slots=True)
class UserLine:
    """The user's line that caused a call: the file's own name (empty for a cell), the line and its code."""

    file: str
    line: int
    code: str


@dataclass(slots=True)
class GrpcCall:
    """One call of a method of Spark Connect's service. It grows until ``ended``."""

    n: int
    """Its number in the recorder, from 1 on."""
    method: str
    """The method's name, such as ``ExecutePlan``."""
    line: UserLine | None
    """None if no line of the user's is on the calling thread's stack."""
    background: bool = False
    """Whether the client made it in a thread of its own, so that the program didn't wait for it."""
    requests: list[Proto] = field(default_factory=list)
    responses: list[Proto] = field(default_factory=list)
    status: str = ""
    """gRPC's status code, such as ``OK`` or ``INTERNAL``; empty until the call has ended."""
    reason: str = ""
    """What the status says of an error."""

    @property
    def ended(self) -> bool:
        return bool(self.status)

    @property
    def failed(self) -> bool:
        return self.status not in ("", "OK")

    @property
    def bytes_sent(self) -> int:
        """The sizes of the requests, without what gRPC and HTTP/2 put around them."""
        return sum(request.ByteSize() for request in self.requests)

    @property
    def bytes_received(self) -> int:
        """The sizes of the responses, in the same way."""
        return sum(response.ByteSize() for response in self.responses)

    @property
    def operation(self) -> str:
        """The id of the execution that it is about; empty if it is about none."""
        return next((one.operation_id for one in self.requests if _has(one, "operation_id")), "")

    @property
    def asks(self) -> str:
        """What the request asks, in a few words: ``show_string``, ``get spark.sql.ansi.enabled``."""
        return "; ".join(dict.fromkeys(map(asked, self.requests)))

    @property
    def says(self) -> str:
        """What the responses say, in a few words, in their order: ``schema, arrow_batch (5 rows)``."""
        if self.failed:
            return self.status
        words: dict[str, int] = {}
        for response in self.responses:
            said = answered(response)
            words[said] = words.get(said, 0) + 1
        return ", ".join(said + (f" ×{count}" if count > 1 else "") for said, count in words.items())


def body(message: Proto) -> list[tuple[str, Proto]]:
    """The fields that a message has besides its envelope, each with its name."""
    return [(one.name, value) for one, value in message.ListFields() if one.name not in ENVELOPE]


def asked(request: Proto) -> str:
    """What one request asks, in a few words."""
    for name, value in body(request):
        if name == "plan":
            return "; ".join(part if part != "root" else _relation(inner) for part, inner in _plan(value))
        if name == "operation":  # of a Config request
            return "; ".join(f"{kind} {_listed(_keys(inner))}".strip() for kind, inner in body(value))
        if name in ("batch", "begin_chunk"):  # of an upload
            artifacts = getattr(value, "artifacts", None) or [value]
            return f"{name} {_listed(artifact.name for artifact in artifacts)}"
        return name
    return "nothing more"


def answered(response: Proto) -> str:
    """What one response says, in a few words."""
    words = []
    for name, value in body(response):
        if name == "arrow_batch":
            words.append(f"arrow_batch ({value.row_count} {'row' if value.row_count == 1 else 'rows'})")
        elif name == "pairs":
            words.append(f"{len(value)} {'value' if len(value) == 1 else 'values'}")
        else:
            words.append(name)
    return " and ".join(words) or "done"


def executions(calls: Iterable[GrpcCall]) -> dict[str, list[GrpcCall]]:
    """The calls about each execution, by the execution's id."""
    found: dict[str, list[GrpcCall]] = {}
    for call in calls:
        if call.operation and call.method in (*EXECUTE, RELEASE):
            found.setdefault(call.operation, []).append(call)
    return found


def is_released(execution: Sequence[GrpcCall]) -> bool:
    """Whether the client has told the server for every response of an execution that it can forget it.

    A client whose executions aren't reattachable doesn't tell, and has nothing to wait for.
    """
    executing = [call for call in execution if call.method in EXECUTE]
    if not any(_reattachable(request) for call in executing for request in call.requests):
        return True
    releases = [call for call in execution if call.method == RELEASE]
    responses = sum(len(call.responses) for call in executing)
    whole = any(_has(request, "release_all") for call in releases for request in call.requests)
    return whole and len(releases) >= responses


def _reattachable(request: Proto) -> bool:
    return any(one.reattach_options.reattachable for one in getattr(request, "request_options", ()))


def _has(message: Proto, name: str) -> bool:
    return any(one.name == name for one, _ in message.ListFields())


def _plan(plan: Proto) -> list[tuple[str, Proto]]:
    """What a plan holds: a root (a relation), or a command by its name."""
    return [
        found
        for name, value in body(plan)
        for found in (body(value) if name == "command" else [(name, value)])
    ]


def _relation(relation: Proto) -> str:
    return str(relation.WhichOneof("rel_type"))


def _keys(operation: Proto) -> list[str]:
    """The names of the settings that an operation is about."""
    return [*getattr(operation, "keys", ()), *(pair.key for pair in getattr(operation, "pairs", ()))]


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return (
        ", ".join(found)
        if len(found) <= _KEPT
        else f"{', '.join(found[:_KEPT])} and {len(found) - _KEPT} more"
    )
