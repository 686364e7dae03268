"""Who may import whom, read from the source. The rules are the architecture.

Two houses: ``sparkwire``, the tool, and ``guide``, what only the site needs. The guide uses the tool's public
names and the tool knows nothing of the guide. Within the tool the parts stand on each other, as in LAYERS.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import sparkwire

ROOT = Path(__file__).resolve().parent.parent.parent

# The tool's parts, and which other parts each may import besides itself. A part is a module or a folder.
LAYERS = {
    "errors": set(),
    "plain": set(),
    "wire": {"plain"},
    # The Java side reads exchanges' messages; the records alone know no decoder.
    "trace": {"wire", "errors", "plain"},
    # Raw chunks, never wire's decoders: a decoder's fault must not lose a byte. A chunk has a direction, and
    # that enumeration lives in wire.message.
    "record": {"trace.records", "trace.format", "wire.message", "wire.worker", "errors", "plain"},
    # What is loaded into a stranger's program, and what starts and ends that program.
    "launch": {"record", "trace.records", "errors", "plain"},
    "jvm": {"launch", "record", "trace", "errors", "plain"},
    "views": {"trace", "wire", "errors", "plain"},
    # Secrets in what people bring are hidden by the recorder's own rules.
    "sources": {"record", "wire", "errors", "plain"},
}
"""What stands above may use what stands below. ``architecture.md`` shows the same, by a test."""
ON_TOP = {"", "notebook", "commands", "cli", "__main__"}
"""These may import all of the tool."""

# These run wherever Python does, in a browser too: no socket, thread, process, and no clock.
PURE = {"errors", "plain", "wire", "trace", "views"}
IMPURE_MODULES = {
    "asyncio", "concurrent", "http", "multiprocessing", "os", "select", "selectors", "signal", "socket",
    "socketserver", "ssl", "subprocess", "tempfile", "threading", "_thread", "time", "urllib",
}  # fmt: skip
ALLOWED_PARTS = {"urllib.parse"}
IMPURE_CALLS = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"}

# Packages that only one part of a house may import.
ONE_IMPORTER = {
    "IPython": {
        "sparkwire.notebook",
        "guide.notebook",
        "guide.processes",
        "guide.claims",
        "guide.cluster",
        "guide.connect",
        "guide.costs",
        "guide.lineage",
        "guide.udfs",
        "guide.data_paths",
        "guide.shuffles",
        "guide.worker_talk",
    },
    "sphinx": {"guide.sphinx_ext"},
    "docutils": {"guide.sphinx_ext"},
    "sphinxcontrib": {"guide.sphinx_ext"},
    "myst_nb": {"guide.sphinx_ext"},
    "mermaidx": {"guide.sphinx_ext"},
    "grpc": {"guide.connect"},
    "google": {"guide.connect"},
    "dpkt": {"sparkwire.sources"},
    "pyarrow": {"sparkwire.notebook", "guide.reference"},
    "tqdm": {"guide.sphinx_ext", "sparkwire.commands"},
}

STRANGERS = {"record", "launch"}
"""What is loaded into a stranger's program, which may have nothing but Python and psutil."""

HOUSES = {house: sorted((ROOT / house).rglob("*.py")) for house in ("sparkwire", "guide")}
FILES = [file for files in HOUSES.values() for file in files]


def house(file: Path) -> str:
    return file.relative_to(ROOT).parts[0]


def part(file: Path) -> str:
    """``wire`` for sparkwire/wire/message.py, ``cli`` for cli.py, empty for a house's own __init__.py."""
    first = file.relative_to(ROOT).parts[1].removesuffix(".py")
    return "" if first == "__init__" else first


def imported(file: Path) -> list[tuple[int, str]]:
    """Every name that the file imports, in full, with the line; those inside functions too."""
    found = []
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from sparkwire import trace` imports a module, `from sparkwire.trace import model` may.
            ours = module.partition(".")[0] in HOUSES
            found += [(node.lineno, f"{module}.{name.name}" if ours else module) for name in node.names]
    return found


def ids(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def public(name: str) -> bool:
    """Whether it is one of the tool's public names, or one of a public module's."""
    if any(name in (module, f"{module}.{name.rpartition('.')[2]}") for module in sparkwire.PUBLIC_MODULES):
        return True
    return name == "sparkwire" or name.removeprefix("sparkwire.") in sparkwire.__all__


def test_there_is_something_to_check():
    assert {part(file) for file in HOUSES["sparkwire"]} == LAYERS.keys() | ON_TOP
    assert len(HOUSES["guide"]) > 20


@pytest.mark.parametrize("file", HOUSES["sparkwire"], ids=ids)
def test_a_part_imports_only_what_stands_below_it(file):
    allowed = LAYERS.get(part(file))
    if allowed is None:
        return
    allowed = allowed | {part(file)}
    wrong = []
    for line, name in imported(file):
        top, _, inner = name.partition(".")
        if top == "sparkwire" and inner:
            fits = any(inner == one or inner.startswith(f"{one}.") for one in allowed)
            wrong += [] if fits else [f"line {line}: {name}"]
    assert not wrong, f"{part(file)} may import {sorted(allowed)} only; " + ", ".join(wrong)


def test_the_layers_have_no_circle():
    done: set[str] = set()
    for name, below in LAYERS.items():
        assert {one.partition(".")[0] for one in below} <= done, f"{name} is listed before what it uses"
        done.add(name)


@pytest.mark.parametrize("file", HOUSES["sparkwire"], ids=ids)
def test_the_tool_knows_nothing_of_the_guide(file):
    assert [(line, name) for line, name in imported(file) if name.partition(".")[0] == "guide"] == []


@pytest.mark.parametrize("file", HOUSES["guide"], ids=ids)
def test_the_guide_uses_the_tools_public_names(file):
    wrong = [
        f"line {line}: {name}"
        for line, name in imported(file)
        if name.partition(".")[0] == "sparkwire" and not public(name)
    ]
    assert not wrong, f"not public: {', '.join(wrong)}"


@pytest.mark.parametrize("file", [file for file in HOUSES["sparkwire"] if part(file) in PURE], ids=ids)
def test_pure_parts_touch_nothing(file):
    wrong = []
    for line, name in imported(file):
        top = name.split(".")[0]
        if top in IMPURE_MODULES and name not in ALLOWED_PARTS:
            wrong.append(f"line {line}: imports {name}")
        elif top != "sparkwire" and top != "__future__" and top not in sys.stdlib_module_names:
            wrong.append(f"line {line}: {name} is not in the standard library")
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        if called in IMPURE_CALLS:
            wrong.append(f"line {node.lineno}: reads a clock ({called})")
    assert not wrong, "; ".join(wrong)


@pytest.mark.parametrize("file", [file for file in HOUSES["sparkwire"] if part(file) in STRANGERS], ids=ids)
def test_a_strangers_program_needs_nothing_but_python_and_psutil(file):
    known = sys.stdlib_module_names | {"sparkwire", "psutil", "sitecustomize"}
    assert {name.split(".")[0] for _, name in imported(file)} <= known


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_some_packages_have_one_importer(file):
    mine = f"{house(file)}.{part(file)}"
    wrong = [
        f"line {line}: {name}"
        for line, name in imported(file)
        if mine not in ONE_IMPORTER.get(name.split(".")[0], {mine})
    ]
    assert not wrong, f"{', '.join(wrong)}: only {ONE_IMPORTER} may"
