"""A real kernel for tests, which runs cells one by one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from sparkwire.jvm.java import Java

Output = dict[str, Any]


class Notebook:
    """A kernel that runs cells one by one."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client
        self.count = 0

    def run(self, source: str) -> list[Output]:
        """The outputs of a cell; raises CellExecutionError when it fails."""
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        self.count += 1
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        self.last: list[Output] = cell.outputs
        return self.last

    def fails(self, source: str) -> tuple[list[Output], str]:
        """The outputs of a cell that must fail, and its error."""
        with pytest.raises(CellExecutionError) as error:
            self.run(source)
        outputs: list[Output] = self._client.nb.cells[-1].outputs
        return outputs, re.sub(r"\x1b\[[0-9;]*m", "", str(error.value))

    def printed(self, source: str) -> str:
        """What a cell printed on standard output."""
        return "".join(one["text"] for one in self.run(source) if one.get("name") == "stdout")


@contextmanager
def started(java: Java, root: Path, folder: Path) -> Iterator[Notebook]:
    """A kernel whose working directory is ``folder``; it ends with the context."""
    client = NotebookClient(nbformat.v4.new_notebook(), kernel_name="python3", timeout=120)
    environment = {
        "JAVA_HOME": str(java.home),
        "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]),
        "PYTHONWARNINGS": "ignore",
    }
    with client.setup_kernel(cwd=str(folder), env=os.environ | environment):
        yield Notebook(client)
