"""Keeps every gRPC call of a Spark Connect client, as an interceptor of gRPC's.

An interceptor is gRPC's own place for this: it is given each request on its way out, and what comes back. A
client takes one from ``DefaultChannelBuilder.add_interceptor`` (client/core.py, 4.3.0). It sees the messages
that PySpark's code sees, and neither the token, which gRPC adds below it, nor HTTP/2.

Messages are copied when they pass, because the client may change or drop them. Nothing else is done there, so
the client is kept waiting as little as possible.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import grpc
import pyspark

from guide.connect.calls import GrpcCall, Proto, UserLine, executions, is_released
from guide.connect.shown import ConnectRecording

PATIENCE = 60.0
"""Seconds that the client's own threads get to finish their calls."""

_LIBRARIES = tuple(
    os.path.join(os.path.abspath(folder), "")
    for folder in (
        os.path.dirname(pyspark.__file__),
        os.path.dirname(grpc.__file__),
        os.path.dirname(__file__),
        *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    )
)
"""Folders whose code is never the user's line."""


class ConnectRecorder(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]  # grpc has no types
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
):
    """An interceptor that keeps the calls of one client: for ``add_interceptor`` of a channel builder."""

    def __init__(self) -> None:
        self.calls: list[GrpcCall] = []
        """All calls, in the order in which they were made."""
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def recording(self, name: str = "connect") -> Iterator[ConnectRecording]:
        """What is called in the block, as a ``ConnectRecording`` that is filled at the block's end.

        The client releases results in threads of its own. The end of the block waits for them, so that the
        recording has all of them. Raises ``TimeoutError`` if they don't finish. If the block fails, its own
        error is raised at once, and the recording has what there is.
        """
        self.settle()
        before = len(self.calls)
        made = ConnectRecording(name=name)
        try:
            yield made
            self.settle()
        finally:
            made.calls = self.calls[before:]

    def settle(self, timeout: float = PATIENCE) -> None:
        """Wait until no call is under way and no release is due. Raises ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(self._is_settled, timeout):
                under_way = [f"{call.method}: {call.asks}" for call in self.calls if not call.ended]
                raise TimeoutError(f"the client did not finish its calls; under way: {under_way}")

    # gRPC calls these three, one for each kind of method.

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Proto], Any], client_call_details: Any, request: Proto
    ) -> Any:
        call = self._begin(client_call_details)
        self._add(call.requests, request)
        outcome = continuation(client_call_details, request)
        outcome.add_done_callback(lambda done: self._answered(call, done))
        return outcome

    def intercept_stream_unary(
        self,
        continuation: Callable[[Any, Iterator[Proto]], Any],
        client_call_details: Any,
        request_iterator: Any,
    ) -> Any:
        call = self._begin(client_call_details)

        def requests() -> Iterator[Proto]:
            for request in request_iterator:
                self._add(call.requests, request)
                yield request

        outcome = continuation(client_call_details, requests())
        outcome.add_done_callback(lambda done: self._answered(call, done))
        return outcome

    def intercept_unary_stream(
        self, continuation: Callable[[Any, Proto], Any], client_call_details: Any, request: Proto
    ) -> Iterator[Proto]:
        call = self._begin(client_call_details)
        self._add(call.requests, request)
        return self._followed(call, continuation(client_call_details, request))

    def _followed(self, call: GrpcCall, responses: Any) -> Iterator[Proto]:
        try:
            for response in responses:
                self._add(call.responses, response)
                if response.HasField("result_complete"):
                    self._end(call, "OK")  # PySpark reads no further
                yield response
            self._end(call, "OK")
        except grpc.RpcError as error:
            self._end(call, error.code().name, error.details() or "")
            raise
        finally:
            if not call.ended:
                self._end(call, "CANCELLED")
            # As when PySpark drops a stream that it has no use for any more.
            responses.cancel()

    def _answered(self, call: GrpcCall, done: Any) -> None:
        code = done.code()
        response = done.result() if code is grpc.StatusCode.OK else None
        if response is not None:  # PySpark drops a cached DataFrame by a call whose response it doesn't take
            self._add(call.responses, response)
        self._end(call, code.name, done.details() or "")

    def _begin(self, details: Any) -> GrpcCall:
        line = _users_line(sys._getframe(2))
        background = line is None and threading.current_thread() is not threading.main_thread()
        method = str(details.method).rpartition("/")[2]
        with self._changed:
            call = GrpcCall(len(self.calls) + 1, method, line, background)
            self.calls.append(call)
        return call

    def _add(self, messages: list[Proto], message: Proto) -> None:
        copy = type(message)()
        copy.CopyFrom(message)
        with self._changed:
            messages.append(copy)
            self._changed.notify_all()

    def _end(self, call: GrpcCall, status: str, reason: str = "") -> None:
        with self._changed:
            if not call.ended:
                call.status, call.reason = status, reason
                self._changed.notify_all()

    def _is_settled(self) -> bool:
        if not all(call.ended for call in self.calls):
            return False
        return all(map(is_released, executions(self.calls).values()))


def _users_line(frame: FrameType | None) -> UserLine | None:
    """The innermost line on the stack that is neither a package's, Python's nor this folder's."""
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((*_LIBRARIES, "<frozen ")):
            code = linecache.getline(name, frame.f_lineno, frame.f_globals).strip()
            return UserLine(os.path.basename(name) if os.path.isfile(name) else "", frame.f_lineno, code)
        frame = frame.f_back
    return None
