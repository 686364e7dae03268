"""What gRPC calls say is read from Spark's messages, whichever they are."""

from __future__ import annotations

import pytest
from connect_messages import complete, even, execute, release, rows, schema
from pyspark.sql.connect import proto

from guide.connect.calls import GrpcCall, UserLine, answered, asked, body, executions, is_released

LINE = UserLine("program.py", 8, "squares.show()")


def config(**operation):
    request = proto.ConfigRequest(session_id="s", client_type="test")
    for kind, names in operation.items():
        one = getattr(request.operation, kind)
        if kind in ("get", "unset"):
            one.keys.extend(names)
        else:
            one.SetInParent()
            for name in names:
                one.pairs.add(key=name, value="v")
    return request


def test_the_envelope_is_no_part_of_what_is_asked():
    request = execute()
    request.user_context.user_id = "reader"
    request.client_observed_server_side_session_id = "other"
    request.tags.append("mine")
    assert [name for name, _ in body(request)] == ["plan"]
    assert [name for name, _ in body(complete())] == ["result_complete"]


def command(**fields):
    request = proto.ExecutePlanRequest()
    request.plan.command.CopyFrom(proto.Command(**fields))
    return request


def compressed():
    request = proto.ExecutePlanRequest()
    request.plan.compressed_operation.data = b"..."
    return request


@pytest.mark.parametrize(
    "request_, said",
    [
        (execute(), "filter"),
        (schema(), "schema"),
        (
            command(register_function=proto.CommonInlineUserDefinedFunction(function_name="f")),
            "register_function",
        ),
        (compressed(), "compressed_operation"),
        (config(get=["a"]), "get a"),
        (config(get=["a", "b", "c", "d", "e"]), "get a, b, c and 2 more"),
        (config(set=["a"]), "set a"),
        (config(get_with_default=["a"]), "get_with_default a"),
        (config(get_all=[]), "get_all"),
        (release(), "release_all"),
        (release(until="r"), "release_until"),
        (proto.ReleaseSessionRequest(session_id="s"), "nothing more"),
        (proto.FetchErrorDetailsRequest(session_id="s", error_id="e"), "error_id"),
    ],
)
def test_what_a_request_asks(request_, said):
    assert asked(request_) == said


def test_what_an_upload_brings():
    request = proto.AddArtifactsRequest(session_id="s")
    request.batch.artifacts.add(name="pyfiles/one.py")
    request.batch.artifacts.add(name="pyfiles/two.py")
    assert asked(request) == "batch pyfiles/one.py, pyfiles/two.py"
    large = proto.AddArtifactsRequest(session_id="s")
    large.begin_chunk.name = "pyfiles/large.py"
    assert asked(large) == "begin_chunk pyfiles/large.py"


def test_what_responses_say():
    assert answered(rows(1)) == "arrow_batch (1 row)"
    assert answered(rows(5)) == "arrow_batch (5 rows)"
    assert answered(complete()) == "result_complete"
    assert answered(proto.ReleaseExecuteResponse(session_id="s", operation_id="o")) == "done"
    values = proto.ConfigResponse()
    values.pairs.add(key="a", value="1")
    assert answered(values) == "1 value"
    values.pairs.add(key="b", value="2")
    assert answered(values) == "2 values"
    both = proto.ExecutePlanResponse()
    both.schema.SetInParent()
    both.metrics.SetInParent()
    assert answered(both) == "metrics and schema"


def test_a_call_adds_up_its_messages():
    call = GrpcCall(1, "ExecutePlan", LINE, requests=[execute()], responses=[rows(5), rows(5), complete()])
    assert call.asks == "filter"
    assert call.says == "arrow_batch (5 rows) ×2, result_complete"
    assert call.bytes_sent == len(execute().SerializeToString())
    assert call.bytes_received == sum(len(one.SerializeToString()) for one in (rows(5), rows(5), complete()))
    assert call.operation == "operation"
    assert not call.ended
    assert not call.failed
    call.status = "OK"
    assert call.ended
    assert not call.failed
    call.status = "INTERNAL"
    assert call.failed
    assert call.says == "INTERNAL"


def test_a_call_about_no_execution_has_no_operation():
    assert GrpcCall(1, "AnalyzePlan", LINE, requests=[schema()]).operation == ""
    assert executions([GrpcCall(1, "AnalyzePlan", LINE, requests=[schema()])]) == {}


def test_an_execution_is_released_when_every_response_is():
    executing = GrpcCall(1, "ExecutePlan", LINE, requests=[execute()], responses=[rows(5), complete()])
    other = GrpcCall(9, "ExecutePlan", LINE, requests=[execute(operation="other")])
    until = GrpcCall(2, "ReleaseExecute", None, True, requests=[release(until="rows")])
    everything = GrpcCall(3, "ReleaseExecute", None, True, requests=[release()])
    assert executions([executing, until, other, everything]) == {
        "operation": [executing, until, everything],
        "other": [other],
    }
    assert not is_released([executing])
    assert not is_released([executing, until])
    assert not is_released([executing, everything]), "one of two responses is not released yet"
    assert not is_released([executing, until, until]), "the end is not released yet"
    assert is_released([executing, until, everything])


def test_responses_after_a_lost_connection_count_too():
    executing = GrpcCall(1, "ExecutePlan", LINE, requests=[execute()], responses=[rows(5)])
    again = proto.ReattachExecuteRequest(session_id="s", operation_id="operation")
    reattached = GrpcCall(2, "ReattachExecute", LINE, requests=[again], responses=[complete()])
    everything = GrpcCall(3, "ReleaseExecute", None, True, requests=[release()])
    assert not is_released([executing, reattached, everything])
    assert is_released([executing, reattached, everything, everything])


def test_without_reattaching_nothing_is_released():
    executing = GrpcCall(
        1, "ExecutePlan", LINE, requests=[execute(reattachable=False)], responses=[complete()]
    )
    assert is_released([executing])
    assert is_released(
        [GrpcCall(1, "ExecutePlan", LINE, requests=[proto.ExecutePlanRequest(operation_id="o")])]
    )


def test_the_requests_here_are_spark_s_own():
    assert even().WhichOneof("rel_type") == "filter"
