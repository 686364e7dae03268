"""What a build tells while it runs: which notebooks run, how many are left, and how long each took.

Sphinx itself is quiet (-q), so that warnings stand out. On a terminal there is one line that changes;
elsewhere, as in the log of a CI run, each thing that happened is a line. All of it goes to standard error.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from sphinx.application import Sphinx
from tqdm import tqdm


class Progress:
    """How far the work on ``total`` things is. Threads may tell of their things at the same time.

    ``what`` says what they are, in the plural. ``each`` is False where a line for each, as a log has it,
    would tell nobody anything.
    """

    def __init__(
        self, what: str, total: int, *, each: bool = True, note: str = "", stream: TextIO | None = None
    ) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._what = what
        self._total = total
        self._each = each
        self._done = 0
        self._running: dict[str, str] = {}
        """What runs, each with how far it is."""
        self._lock = threading.Lock()
        live = self._stream.isatty()
        self._bar = tqdm(
            total=total,
            desc=what,
            file=self._stream,
            disable=not live,
            leave=False,
            dynamic_ncols=True,
            bar_format="{desc} {n_fmt}/{total_fmt} {bar:12} {elapsed}{postfix}",
        )
        if not live:
            self._say(f"{total} to do{f', {note}' if note else ''}")

    def began(self, name: str) -> None:
        """``name`` is being worked on."""
        with self._lock:
            self._running[name] = ""
            self._show()
            if self._each:
                self._say(f"{name} began")

    def moved(self, name: str, how_far: str) -> None:
        """``name`` came a step further. This is seen on a terminal only."""
        with self._lock:
            self._running[name] = how_far
            self._show()

    def ended(self, name: str, seconds: float = 0.0, *, how: str = "") -> None:
        """``name`` is done, after so many seconds. ``how`` is told where it didn't go well."""
        with self._lock:
            self._running.pop(name, None)
            self._done += 1
            self._bar.update()
            self._show()
            if self._each:
                self._tell(name, seconds, how)

    def close(self) -> None:
        """Nothing more will come. The line that changes goes."""
        self._bar.close()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Meanwhile somebody else may write lines to the terminal."""
        self._bar.clear()
        yield
        self._bar.refresh()

    def _tell(self, name: str, seconds: float, how: str) -> None:
        left = self._total - self._done
        said = f"{name} {how or 'ran'} in {seconds:.1f} s"
        if self._bar.disable:
            running = f", of which {', '.join(self._running)} running" if self._running else ""
            self._say(f"{said}; {left} left{running}")
        else:
            self._bar.write(f"{self._what}: {said}", file=self._stream)

    def _show(self) -> None:
        running = [f"{name} {how_far}".rstrip() for name, how_far in self._running.items()]
        self._bar.set_postfix_str(", ".join(running))

    def _say(self, text: str) -> None:
        if self._bar.disable:
            print(f"{self._what}: {text}", file=self._stream, flush=True)


def connect(app: Sphinx) -> None:
    """Tell how far the reading and the writing of pages is, too: a diagram takes a second to draw."""
    stages: list[Progress] = []

    def end(*_: object) -> None:
        while stages:
            stages.pop().close()

    def begin(what: str, total: int) -> None:
        end()
        if total:
            stages.append(Progress(what, total, each=False))

    def passed(name: str) -> None:
        if stages:
            stages[-1].ended(name)

    # After ``execution``, which listens to the same event.
    app.connect(
        "env-before-read-docs", lambda app, env, docnames: begin("reading pages", len(docnames)), priority=900
    )
    app.connect("source-read", lambda app, docname, source: passed(docname))
    app.connect("env-updated", lambda app, env: begin("writing pages", len(env.found_docs)))
    app.connect("html-page-context", lambda app, pagename, *rest: passed(pagename))
    app.connect("build-finished", end)
