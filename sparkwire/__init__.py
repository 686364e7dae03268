"""sparkwire: record, decode and show what crosses the wires between Python and Java.

In a notebook: ``%load_ext sparkwire``, then ``%%wire`` above a cell. On a script: ``sparkwire run``.
"""

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext sparkwire``."""
    # Imported here, so that the library works where there is no IPython.
    from sparkwire.notebook import load_ipython_extension as load

    load(shell)
