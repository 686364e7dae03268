"""Who may import whom, read from the source. The rules are the architecture."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent.parent / "sparkwire"

# The library's parts, and which other parts each may import. Those in ON_TOP may import all.
MAY_IMPORT = {
    "wire": {"wire"},
    "trace": {"trace", "wire"},
    "views": {"views", "trace", "wire"},
    # Raw chunks, never wire's decoders: a decoder's fault must not lose a byte. A chunk has a direction, and
    # that enumeration lives in wire.message.
    "record": {"record", "trace", "wire.message"},
    "runtime": {"runtime", "record", "trace"},
    "diagram_svg": {"diagram_svg"},
}
ON_TOP = {"", "notebook", "cli", "commands", "sphinx_ext", "__main__"}

# These run wherever Python does, in a browser too: no socket, thread, process, and no clock.
PURE = {"wire", "trace", "views"}
IMPURE_MODULES = {
    "asyncio", "concurrent", "http", "multiprocessing", "os", "select", "selectors", "signal", "socket",
    "socketserver", "ssl", "subprocess", "tempfile", "threading", "_thread", "time", "urllib",
}  # fmt: skip
ALLOWED_PARTS = {"urllib.parse"}
IMPURE_CALLS = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"}

# Packages that only one module may import.
ONE_IMPORTER = {
    "IPython": {"notebook"},
    "sphinx": {"sphinx_ext"},
    "docutils": {"sphinx_ext"},
    "sphinxcontrib": {"sphinx_ext"},
    "mermaidx": {"diagram_svg"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def part(file: Path) -> str:
    """``wire`` for sparkwire/wire/message.py, ``cli`` for cli.py, empty for sparkwire/__init__.py."""
    first = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported(file: Path) -> list[tuple[int, str]]:
    """Every module that the file imports, in full, with the line; those inside functions too."""
    found = []
    package = ("sparkwire", *file.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from sparkwire import trace` imports a module, `from sparkwire.trace import model` may.
            names = (
                [f"{module}.{name.name}" for name in node.names]
                if module.startswith("sparkwire")
                else [module]
            )
            found += [(node.lineno, name) for name in names]
    return found


def ids(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def test_there_is_something_to_check():
    assert {"wire", "trace", "views", "record", "runtime"} <= {part(file) for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_every_part_has_its_rules(file):
    assert part(file) in MAY_IMPORT.keys() | ON_TOP, (
        f"say in this test what sparkwire/{part(file)} may import"
    )


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_parts_import_only_what_they_may(file):
    allowed = MAY_IMPORT.get(part(file))
    if allowed is None:
        return
    wrong = []
    for line, name in imported(file):
        parts = name.split(".")
        if parts[0] == "sparkwire" and len(parts) > 1:
            inner = ".".join(parts[1:])
            if not any(inner == one or inner.startswith(one + ".") for one in allowed):
                wrong.append(f"line {line}: {name}")
    assert not wrong, f"{part(file)} may import {sorted(allowed)} only; " + ", ".join(wrong)


@pytest.mark.parametrize("file", [file for file in FILES if part(file) in PURE], ids=ids)
def test_pure_parts_touch_nothing(file):
    wrong = []
    for line, name in imported(file):
        top = name.split(".")[0]
        if top in IMPURE_MODULES and name not in ALLOWED_PARTS:
            wrong.append(f"line {line}: imports {name}")
        elif top != "sparkwire" and top != "__future__" and top not in sys.stdlib_module_names:
            wrong.append(f"line {line}: {name} is not in the standard library")
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in IMPURE_CALLS
        ):
            wrong.append(f"line {node.lineno}: reads a clock ({node.func.attr})")
    assert not wrong, "; ".join(wrong)


@pytest.mark.parametrize("file", FILES, ids=ids)
def test_some_packages_have_one_importer(file):
    wrong = [
        f"line {line}: {name}"
        for line, name in imported(file)
        if part(file) not in ONE_IMPORTER.get(name.split(".")[0], {part(file)})
    ]
    assert not wrong, f"{', '.join(wrong)}: only {ONE_IMPORTER} may"
