"""What the recorder in a Python worker must know, and how it travels there."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

VARIABLE = "SPARKWIRE_WORKERS"
"""The variable of an executor's environment that holds ``WorkerSettings``."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How the workers of one program are recorded."""

    folder: str
    """Where the parts go; it is made where it isn't."""
    trace: str
    """The program's trace."""
    started_ns: int
    """When that began; 0 where it isn't known."""
    data: bool = False
    """Whether the user's data is stored, too."""

    def variable(self) -> str:
        """The value of ``VARIABLE``."""
        return json.dumps(asdict(self))

    @staticmethod
    def read(value: str) -> WorkerSettings:
        """What ``VARIABLE`` says. Raises ``ValueError`` or ``TypeError`` when another sparkwire wrote it."""
        return WorkerSettings(**json.loads(value))


def elsewhere(folder: str) -> str:
    """How the folder for parts is called, but for the user's number, in the temporary folder of a machine on
    which ``folder`` can't be made.
    """
    return f"sparkwire-{os.path.basename(folder)}"
