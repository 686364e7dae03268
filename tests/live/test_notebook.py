"""``%%wire`` in a real kernel, with a real gateway: the cell's own behaviour first, then what it caused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernels import Notebook, Output, started

from sparkwire.jvm.java import Java

GATEWAY = """
import os
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
port = launch_gateway(die_on_exit=True, java_path=os.path.join(os.environ["JAVA_HOME"], "bin", "java"))
gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
"""


@pytest.fixture(scope="module")
def notebook(java: Java, tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Notebook]:
    with started(java, root, tmp_path_factory.mktemp("notebook")) as made:
        made.run("%load_ext sparkwire")
        made.run(GATEWAY)
        yield made


def mimes(outputs: list[Output]) -> list[str]:
    return [next(iter(sorted(o.get("data", {"stream": ""})))) for o in outputs]


def text(outputs: list[Output], mime: str = "text/plain") -> str:
    return "\n".join(o["data"][mime] for o in outputs if mime in o.get("data", {}))


def test_the_cells_output_comes_first_then_what_it_caused(notebook: Notebook) -> None:
    outputs = notebook.run("%%wire five\nprint('printed')\ngateway.jvm.java.lang.Math.abs(-5)")
    assert outputs[0]["text"] == "printed\n"
    assert outputs[1]["data"]["text/plain"] == "5"
    assert "round trips between Python and Java" in outputs[2]["data"]["text/markdown"]
    assert outputs[3]["data"]["text/markdown"].startswith("```mermaid\nsequenceDiagram")
    assert "Math.abs" in outputs[4]["data"]["text/html"] or "abs" in outputs[4]["data"]["text/html"]


def test_lines_are_counted_as_the_reader_sees_them(notebook: Notebook) -> None:
    notebook.run("%%wire where --quiet\n\nx = 1\ngateway.jvm.java.lang.Math.abs(-5)")
    shown = notebook.run(
        "line = where.find(method='abs')[0].site.user\nprint(line.line, line.code)\nprint(line.file)"
    )[0]["text"]
    assert shown.startswith("4 gateway.jvm.java.lang.Math.abs(-5)\n")
    assert f"In[{notebook.count - 1}]" in shown


def test_quiet_shows_only_the_cells_own_output(notebook: Notebook) -> None:
    assert mimes(notebook.run("%%wire q --quiet\ngateway.jvm.java.lang.Math.abs(-5)")) == ["text/plain"]


def test_a_running_jvm_is_recorded_and_both_sides_agree(notebook: Notebook) -> None:
    notebook.run("%%wire joined --quiet\ngateway.jvm.java.util.ArrayList().size()")
    shown = notebook.run("print(joined.trace.join.agreed, joined.trace.join.joined, len(joined))")[0]["text"]
    agreed, count, of = shown.split()
    assert agreed == "True"
    assert count == of
    shown = notebook.run(
        "size = joined.find(method='size')[0]\n"
        "print(joined.java(size)[0].method.partition('(')[0], joined.java(size) == joined.java(size.n))"
    )[0]["text"]
    assert shown == "py4j.commands.CallCommand.execute True\n"


def test_a_gateway_that_the_cell_starts_is_recorded_from_its_first_command(notebook: Notebook) -> None:
    start = GATEWAY.replace("gateway = ", "second = ")
    notebook.run(f"%%wire started --quiet{start}second.jvm.java.lang.Math.abs(-1)")
    shown = notebook.run("print(started.trace.join.agreed, started.trace.notices)\nsecond.shutdown()")[0][
        "text"
    ]
    assert shown == "True []\n"


def test_a_cell_keeps_as_many_java_calls_as_it_is_asked_to(notebook: Notebook) -> None:
    notebook.run("gateway.jvm.java.lang.Math.abs(-5)")  # a JVM is found by its open connections
    for most in ("1", "all"):
        notebook.run(f"%%wire kept --quiet --java-calls {most}\ngateway.jvm.java.lang.Math.abs(-5)")
        shown = notebook.run(
            "print(len(kept.java(kept.find(method='abs')[0])), *[n.text for n in kept.trace.notices])"
        )[0]["text"]
        count, _, notes = shown.partition(" ")
        assert (count == "1") is (most == "1")
        assert notes.endswith("(--java-calls all keeps them).\n") is (most == "1")


def test_no_jvm_leaves_the_java_half_out_and_does_not_complain(notebook: Notebook) -> None:
    notebook.run("%%wire alone --quiet --no-jvm\ngateway.jvm.java.lang.Math.abs(-5)")
    shown = notebook.run("print(alone.trace.join.joined, alone.trace.join.reason, alone.trace.notices)")
    assert shown[0]["text"] == "0 No Java calls were recorded. []\n"


def test_a_cell_without_round_trips_says_so(notebook: Notebook) -> None:
    # To collect an earlier cell's object meanwhile would be a round trip: Py4J tells Java.
    notebook.run("import gc; gc.collect(); gc.disable()")
    outputs = notebook.run("%%wire nothing\n1 + 1;")
    notebook.run("gc.enable()")
    assert text(outputs, "text/markdown") == "0 round trips between Python and Java."


def test_a_cell_that_raises_fails_and_still_shows_what_it_caused(notebook: Notebook) -> None:
    outputs, error = notebook.fails(
        "%%wire broken\ngateway.jvm.java.lang.Math.abs(-5)\nraise ValueError('mine')"
    )
    assert "ValueError: mine" in error
    assert "line 3" in error
    assert "round trips between Python and Java" in text(outputs, "text/markdown")
    assert notebook.run("print(len(broken) > 0)")[0]["text"] == "True\n"


def test_a_java_exception_is_an_exchange_like_any_other(notebook: Notebook) -> None:
    _, error = notebook.fails("%%wire thrown --quiet\ngateway.jvm.java.lang.Integer.parseInt('x')")
    assert "NumberFormatException" in error
    assert (
        notebook.run("print([e.reply.command for e in thrown.find(method='parseInt')])")[0]["text"]
        == "['error']\n"
    )


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%%wire two words\n1", "unrecognized arguments: words"),
        ("%%wire not-a-name\n1", "'not-a-name' can't be a variable's name"),
        ("%%wire --trace-method\n1", "expected one argument"),
        ("%%wire --java-calls 0\n1", "takes a number from 1 on, or all, but not '0'"),
        ("%%wire --trace-method 'no such//thing' x\n1", "no such//thing"),
        ('%%wire "x\n1', "No closing quotation"),
        ("%%wire\nif True print(1)", "SyntaxError"),
    ],
)
def test_bad_input_gets_one_clear_error(notebook: Notebook, cell: str, says: str) -> None:
    _, error = notebook.fails(cell)
    assert says in error


def test_wire_inside_wire_is_refused_and_the_outer_recording_goes_on(notebook: Notebook) -> None:
    _, error = notebook.fails(
        "%%wire outer --quiet\n"
        "gateway.jvm.java.lang.Math.abs(-5)\n"
        "get_ipython().run_cell_magic('wire', 'inner', '1')"
    )
    assert "can't record inside another recording" in error
    assert notebook.run("print(len(outer.find(method='abs')))")[0]["text"] == "1\n"


def test_the_kernel_is_as_before_after_a_recording(notebook: Notebook) -> None:
    notebook.run("%%wire --quiet\ngateway.jvm.java.lang.Math.abs(-5)")
    shown = notebook.run(
        "import os, socket, py4j.java_gateway, py4j.clientserver\n"
        "print(py4j.java_gateway.socket is socket, py4j.clientserver.socket is socket,\n"
        "      'SPARK_SUBMIT_OPTS' in os.environ)"
    )[0]["text"]
    assert shown == "True True False\n"


def test_a_recording_can_be_offered_as_a_download(notebook: Notebook) -> None:
    notebook.run("%%wire offered --quiet\ngateway.jvm.java.lang.Math.abs(-5)")
    assert "offered.sparkwire" in text(notebook.run("offered.offer('offered')"), "text/html")
    shown = notebook.run(
        "from sparkwire import Recording\n"
        "print(len(Recording('offered.sparkwire')) == len(offered),\n"
        "      len(open('offered.jsonl').readlines()) == len(offered))"
    )[0]["text"]
    assert shown == "True True\n"


def test_a_quiet_cell_says_that_its_recording_stopped_early(notebook):
    outputs = notebook.run(
        "%%wire stopped --no-jvm --quiet\n"
        "from sparkwire.record import sockets\n"
        "sockets.listener._tape.fail(ValueError('on purpose'))\n"
        "gateway.jvm.java.lang.Math.abs(-1)"
    )
    [said] = [out["text"] for out in outputs if out.get("name") == "stderr"]
    assert "recording stopped early: the recorder failed and stopped: ValueError: on purpose" in said
    assert text(outputs) == "1"
