"""``sparkwire pack``: an archive of what a Python worker loads of sparkwire, to be sent to executors that
don't have it.
"""

from __future__ import annotations

import argparse
import shlex
import zipfile
from pathlib import Path

import sparkwire
from sparkwire.errors import CannotRun

ARCHIVE = "sparkwire.zip"
"""The name under which executors look for sparkwire in their own folder (``launch.bootstrap.SENT``)."""
_PACKED = ("__init__.py", "errors.py", "plain.py", "record", "trace", "wire", "launch/startup")
"""The start-up file, and what the recorder in a worker imports."""


def main(options: argparse.Namespace) -> int:
    """Write the archive; 0. Raises ``CannotRun``."""
    target = Path(options.archive)
    if target.name != ARCHIVE:
        raise CannotRun(f"executors look for {ARCHIVE}: give the archive that name, in any folder.")
    package = Path(sparkwire.__file__).parent
    paths = [package / name for name in _PACKED]
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, str(Path("sparkwire", file.relative_to(package))))
    except OSError as error:
        raise CannotRun(f"the archive {target} can't be written: {error.strerror}.") from None
    print(f"{target}: send it with the program, for instance with --py-files {shlex.quote(str(target))}")
    return 0
