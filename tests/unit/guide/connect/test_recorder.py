"""The recorder keeps what a client's channel carries, and changes none of it.

The channel and the server are gRPC's, with Spark's service. What the server answers is the test's.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from connect_messages import SESSION, complete, execute, release, rows, schema
from pyspark.sql.connect import proto
from pyspark.sql.connect.proto import base_pb2_grpc

from guide.connect import ConnectRecorder


class Service(base_pb2_grpc.SparkConnectServiceServicer):
    """Answers as a test wants it to."""

    def __init__(self):
        self.go_on = threading.Event()

    def ExecutePlan(self, request, context):
        if request.operation_id == "nothing":
            return
        yield rows(5, operation=request.operation_id)
        if request.operation_id == "breaks":
            context.abort(grpc.StatusCode.INTERNAL, "it broke")
        if request.operation_id == "waits":
            self.go_on.wait(20)
        yield complete(request.operation_id)

    def AnalyzePlan(self, request, context):
        if request.HasField("spark_version"):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        return proto.AnalyzePlanResponse(session_id=request.session_id)

    def ReleaseExecute(self, request, context):
        return proto.ReleaseExecuteResponse(session_id=request.session_id, operation_id=request.operation_id)

    def AddArtifacts(self, request_iterator, context):
        names = [one.name for request in request_iterator for one in request.batch.artifacts]
        response = proto.AddArtifactsResponse(session_id=SESSION)
        for name in names:
            response.artifacts.add(name=name)
        return response


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def client(service):
    """A recorder, and a stub whose calls it sees."""
    server = grpc.server(ThreadPoolExecutor(4))
    base_pb2_grpc.add_SparkConnectServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    recorder = ConnectRecorder()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        seen = grpc.intercept_channel(channel, recorder)
        yield recorder, base_pb2_grpc.SparkConnectServiceStub(seen), seen
    service.go_on.set()
    server.stop(None).wait()


def test_one_request_one_response(client):
    recorder, stub, _ = client
    with recorder.recording("asked") as asked:
        response = stub.AnalyzePlan(schema())
    [call] = asked.calls
    assert (call.n, call.method, call.status, call.background) == (1, "AnalyzePlan", "OK", False)
    assert call.requests == [schema()]
    assert call.responses == [response]
    assert call.line is not None
    assert (call.line.file, call.line.code) == ("test_recorder.py", "response = stub.AnalyzePlan(schema())")


def test_a_request_is_kept_as_it_was_sent(client):
    recorder, stub, _ = client
    request = schema()
    stub.AnalyzePlan(request)
    request.session_id = "changed"
    assert recorder.calls[0].requests[0].session_id == SESSION


def test_a_stream_of_responses_and_the_releases_in_other_threads(client):
    recorder, stub, _ = client
    with recorder.recording() as executed:
        got = list(stub.ExecutePlan(execute()))
        threads = [
            threading.Thread(target=stub.ReleaseExecute, args=[one])
            for one in (release(until="rows"), release())
        ]
        for thread in threads:
            thread.start()
    assert [call.method for call in executed.calls] == ["ExecutePlan", "ReleaseExecute", "ReleaseExecute"]
    assert executed.calls[0].responses == got == [rows(5), complete()]
    assert [call.background for call in executed.calls] == [False, True, True]
    assert all(call.status == "OK" for call in executed.calls)
    assert executed.waited == executed.calls[:1]


def test_the_end_of_a_block_waits_for_what_is_due(client):
    recorder, stub, _ = client
    list(stub.ExecutePlan(execute()))
    with pytest.raises(TimeoutError, match="did not finish"):
        recorder.settle(0.2)
    stub.ReleaseExecute(release(until="rows"))
    with pytest.raises(TimeoutError):
        recorder.settle(0.2)
    stub.ReleaseExecute(release())
    recorder.settle(0.2)


def test_an_error_reaches_the_client_as_it_is(client):
    recorder, stub, _ = client
    with pytest.raises(grpc.RpcError) as refused:
        stub.AnalyzePlan(proto.AnalyzePlanRequest(spark_version=proto.AnalyzePlanRequest.SparkVersion()))
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    [call] = recorder.calls
    assert (call.status, call.reason, call.responses) == ("UNAUTHENTICATED", "who are you?", [])


def test_an_error_in_a_stream_does_too(client):
    recorder, stub, _ = client
    responses = stub.ExecutePlan(execute(operation="breaks", reattachable=False))
    assert next(responses) == rows(5, operation="breaks")
    with pytest.raises(grpc.RpcError) as broke:
        next(responses)
    assert broke.value.code() is grpc.StatusCode.INTERNAL
    [call] = recorder.calls
    assert (call.status, call.reason, len(call.responses)) == ("INTERNAL", "it broke", 1)


def test_a_stream_that_is_dropped_is_cancelled(client):
    recorder, stub, _ = client
    responses = stub.ExecutePlan(execute(operation="waits", reattachable=False))
    next(responses)
    with pytest.raises(TimeoutError, match="ExecutePlan"):
        recorder.settle(0.2)
    del responses
    recorder.settle(10)
    assert recorder.calls[0].status == "CANCELLED"


def test_a_stream_that_nobody_reads_to_its_end_has_ended_with_its_last_response(client):
    recorder, stub, _ = client
    responses = stub.ExecutePlan(execute(reattachable=False))
    assert next(responses) == rows(5)
    assert next(responses) == complete()
    assert recorder.calls[0].status == "OK"


def test_an_upload_keeps_every_request(client):
    recorder, stub, _ = client

    def requests():
        for name in ("pyfiles/one.py", "pyfiles/two.py"):
            request = proto.AddArtifactsRequest(session_id=SESSION)
            request.batch.artifacts.add(name=name)
            yield request

    response = stub.AddArtifacts(requests())
    assert [one.name for one in response.artifacts] == ["pyfiles/one.py", "pyfiles/two.py"]
    [call] = recorder.calls
    assert call.requests == list(requests())
    assert call.responses == [response]
    assert call.asks == "batch pyfiles/one.py; batch pyfiles/two.py"


def test_a_unary_call_without_a_response_ends_too(client):
    """PySpark drops a cached DataFrame by a unary call of a method that streams (connect/plan.py, 4.3.0)."""
    recorder, _, channel = client
    dropping = channel.unary_unary(
        "/spark.connect.SparkConnectService/ExecutePlan",
        request_serializer=proto.ExecutePlanRequest.SerializeToString,
        response_deserializer=proto.ExecutePlanResponse.FromString,
    )
    assert dropping(execute(operation="nothing", reattachable=False)) is None
    recorder.settle(10)
    assert recorder.calls[0].status == "OK"
    assert recorder.calls[0].responses == []


def test_a_recording_has_only_its_own_block(client):
    recorder, stub, _ = client
    stub.AnalyzePlan(schema())
    with recorder.recording() as second:
        stub.AnalyzePlan(schema())
    stub.AnalyzePlan(schema())
    assert [call.n for call in recorder.calls] == [1, 2, 3]
    assert [call.n for call in second.calls] == [2]
    assert len(second) == 1
    assert second.find("AnalyzePlan") == second.calls
    assert second.find("ExecutePlan") == []
    assert repr(second) == "1 gRPC call that the program waited for, 0 in the client's own threads."


def test_a_block_that_fails_is_recorded_all_the_same(client):
    recorder, stub, _ = client
    with pytest.raises(KeyError), recorder.recording() as failed:
        stub.AnalyzePlan(schema())
        raise KeyError("later")
    assert len(failed) == 1
