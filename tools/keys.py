"""Write a key that changes when, and only when, what it stands for changes.

    python tools/keys.py execution FILE    what the result of a notebook depends on, beside the notebook
    python tools/keys.py site FILE         what the pages depend on

jupyter-cache, by itself, takes a result as valid for as long as the notebook's own text is the same, and
so serves stale output after a change in the code that the notebook uses. The build therefore keeps its
results in a folder named after the execution key. FILE is rewritten only when the key changes, so that make
can go by its date. Standard library only.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# These turn results into pages, after the notebooks ran.
PAGES_ONLY = {
    "guide/sphinx_ext/diagram_svg.py",
    "guide/sphinx_ext/__init__.py",
    "guide/sphinx_ext/answers.py",
    "guide/sphinx_ext/checks.py",
    "guide/sphinx_ext/diagrams.py",
    "guide/sphinx_ext/entries.py",
    "guide/sphinx_ext/entry_list.py",
    "guide/sphinx_ext/glossary.py",
    "guide/sphinx_ext/pages.py",
    "guide/sphinx_ext/progress.py",
    "guide/sphinx_ext/search_index.py",
    "guide/sphinx_ext/status.py",
}
IGNORED_FOLDERS = {"__pycache__", ".ipynb_checkpoints"}


def _files(*places: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        if path.is_file():
            yield path
        for file in sorted(path.rglob("*")):
            hidden = any(part in IGNORED_FOLDERS for part in file.parts)
            if file.is_file() and not hidden and not file.name.endswith(("~", ".swp", ".pyc")):
                yield file


def _environment() -> Iterator[str]:
    """Python, Java and every installed package: a pinned one may have needs that are not pinned."""
    yield f"python {platform.python_version()} {platform.system()} {platform.machine()}"
    yield from sorted({f"{dist.name}=={dist.version}" for dist in metadata.distributions()})
    release = ROOT / ".venv/java-home/release"
    yield release.read_text("utf-8") if release.is_file() else "no Java release file"


def key(subject: str) -> str:
    """The key of ``execution`` or ``site``: 20 hexadecimal digits."""
    if subject == "execution":
        files = [
            file
            for file in _files("sparkwire", "guide", "notebooks", "requirements.txt")
            if file.suffix != ".md" and file.relative_to(ROOT).as_posix() not in PAGES_ONLY
        ]
    elif subject == "site":
        files = list(
            _files(
                "sparkwire",
                "guide",
                "notebooks",
                "docs",
                "_static",
                "_templates",
                "index.md",
                "conf.py",
                "requirements.txt",
                "tools/web",
            )
        )
    else:
        raise SystemExit(f"keys.py: {subject!r} is neither 'execution' nor 'site'")
    digest = hashlib.sha256()
    for line in _environment():
        digest.update(line.encode() + b"\0")
    for file in files:
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:20]


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    subject, target = sys.argv[1], Path(sys.argv[2])
    new = key(subject) + "\n"
    if not target.is_file() or target.read_text("utf-8") != new:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(new, "utf-8")


if __name__ == "__main__":
    main()
