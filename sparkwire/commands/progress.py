"""A progress bar for what takes longer than a second, on standard error where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 1
"""What takes less shows no bar."""


@contextmanager
def progress(what: str, total: int | None, unit: str) -> Iterator[Callable[[int], object]]:
    """Show how far something is: ``what`` says what is done, and ``total`` how many units it takes, if known.

    The function that it gives is told how many more units are done. When all is done, the bar goes away.
    """
    if not sys.stderr.isatty():
        yield _nothing
        return
    try:
        # Here, because only who looks at a terminal needs it, and the tool goes on without it.
        from tqdm import tqdm
    except ImportError:
        yield _nothing
        return
    with tqdm(
        total=total,
        desc=f"sparkwire: {what}",
        unit=unit if unit == "B" else f" {unit}",
        unit_scale=True,
        delay=SECONDS,
        leave=False,
        dynamic_ncols=True,
        file=sys.stderr,
    ) as bar:
        yield bar.update


def _nothing(done: int) -> None:
    pass
