"""Change one operator, constant or condition at a time, and tell which changes no unit test notices.

    python tools/mutate.py [--jobs N] [PATH...]    modules or folders of sparkwire/; default: all in PARTS

A change that survives means a missing test, or code that nothing needs, unless the changed program does the
same as the old one. mutmut makes the changes and runs the tests, in a copy of the tree in build/mutate. The
changes that survived are listed, and stand as patches in build/mutate/survived.patch. Exit code 1 when there
are any. N changes are tried at once; default: one a core.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "build" / "mutate"

_OF_SECRETS = " ".join(
    f"tests/unit/record/test_{name}.py" for name in ("redact", "rules", "source", "spellings")
)

PARTS = {
    "sparkwire/wire": "tests/unit/wire",
    "sparkwire/trace": "tests/unit/trace",
    "sparkwire/record/redact.py": _OF_SECRETS,
    "sparkwire/record/rules.py": _OF_SECRETS,
    "sparkwire/record/names.py": _OF_SECRETS,
    "sparkwire/record/texts.py": _OF_SECRETS,
    "sparkwire/record/source.py": _OF_SECRETS,
    "sparkwire/record/spellings.py": _OF_SECRETS,
    "sparkwire/record/sites.py": "tests/unit/record/test_sites.py",
}
"""Where a wrong answer is worse than none, with the tests that hold it."""

_SETTINGS = """
[tool.mutmut]
source_paths = ["sparkwire"]
only_mutate = {only}
also_copy = {beside}
timeout_multiplier = 6.0
pytest_add_cli_args = ["--hypothesis-profile=mutate"]
pytest_add_cli_args_test_selection = {tests}
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("paths", nargs="*")
    wanted = parser.parse_args(arguments)
    paths = wanted.paths or list(PARTS)
    for path in paths:
        if not (ROOT / path).exists():
            print(f"mutate: there is no {path}", file=sys.stderr)
            return 2
    _copy(paths)
    environment = os.environ | {"PYTHONPATH": ""}
    mutmut = [sys.executable, "-m", "mutmut"]
    done = subprocess.run(
        [*mutmut, "run", "--max-children", str(wanted.jobs)], cwd=COPY, env=environment, check=False
    )
    if done.returncode:
        return 2
    said = subprocess.run(
        [*mutmut, "results"], cwd=COPY, env=environment, capture_output=True, text=True, check=True
    )
    survived = [line.split(":")[0].strip() for line in said.stdout.splitlines() if "survived" in line]
    patches = [
        subprocess.run(
            [*mutmut, "show", name], cwd=COPY, env=environment, capture_output=True, text=True, check=True
        ).stdout
        for name in survived
    ]
    report = COPY / "survived.patch"
    report.write_text("\n".join(patches), "utf-8")
    print(f"\n{len(survived)} changes survived: {report.relative_to(ROOT)}")
    for name in survived:
        print(f"  {name}")
    return 1 if survived else 0


def _copy(paths: list[str]) -> None:
    """The tree as git knows it, untracked files too, with mutmut's settings."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    tops = set()
    for name in filter(None, files):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name)
            tops.add(name.split("/")[0])
    only = [path if path.endswith(".py") else f"{path.rstrip('/')}/*" for path in paths]
    tests = sorted({one for path in paths for one in _tests(path).split()})
    settings = _SETTINGS.format(only=only, beside=sorted(tops - {"sparkwire", "tests"}), tests=tests)
    with (COPY / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(settings.replace("'", '"'))


def _tests(path: str) -> str:
    """The tests of a module or a folder: in the same place below tests/unit.

    Of a module, they are the whole folder's: what one module does is often said of another that uses it.
    """
    if path in PARTS:
        return PARTS[path]
    below = Path("tests/unit", *Path(path).parts[1:])
    return str(below.parent if path.endswith(".py") else below)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
