"""Folders for one process's own files, which don't outlive it.

A kernel can be killed before its exit handlers run, so each new folder also clears away those that
dead processes of this user left behind.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

from sparkwire.launch.alive import is_running

_NAME = re.compile(r"sparkwire-(\d+)-")


def private_folder() -> Path:
    """A new folder that only its owner can read; it is removed when this process ends, at the latest
    when the next one asks for a folder of its own.
    """
    _clear_away(Path(tempfile.gettempdir()))
    made = Path(tempfile.mkdtemp(prefix=f"sparkwire-{os.getpid()}-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _clear_away(parent: Path) -> None:
    for folder in parent.glob("sparkwire-*"):
        named = _NAME.match(folder.name)
        try:
            if named and folder.lstat().st_uid == os.getuid() and not is_running(int(named[1])):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # somebody else was faster
