"""Change one operator, constant or condition at a time, and tell which changes no unit test notices.

    python tools/mutate.py [--jobs N] [--function NAME] [--longest SECONDS] [PATH...]

PATH is a module or a folder; without any, all in PARTS are tried. A change that survives means a missing
test, or code that nothing needs, unless the changed program does the same as the old one. The changes that
survived are listed, and stand in build/mutate/survived.patch. Exit code 1 when there are any.

mutmut thinks of the changes. ``mutants.py`` beside this file applies and tries them: one process collects the
tests, and forks for each change, so that a change that the first test notices costs a few milliseconds. N
changes are tried at once; default: one a core.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOUND = ROOT / "build" / "mutate"

_OF_SECRETS = "redact rules source spellings texts pickles runs bytes_values placeholders hints"
_OF_RECORD = {
    "redact": _OF_SECRETS,
    "rules": _OF_SECRETS,
    "names": _OF_SECRETS,
    "texts": _OF_SECRETS,
    "source": _OF_SECRETS,
    "spellings": _OF_SECRETS,
    "pickles": _OF_SECRETS,
    "runs": _OF_SECRETS,
    "hints": _OF_SECRETS,
    "placeholders": _OF_SECRETS,
    "bytes_values": _OF_SECRETS,
    "sites": "sites",
    "sieve": "sieve streams",
    "streams": "streams sieve",
}
"""The modules of the recorder where a wrong answer is worse than none, each with its tests."""

PARTS = ["sparkwire/wire", "sparkwire/trace", *(f"sparkwire/record/{name}.py" for name in _OF_RECORD)]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--function", default="", help="only changes of functions with this in their name")
    parser.add_argument(
        "--longest",
        type=float,
        default=0.0,
        help="leave out tests that took more seconds",
    )
    parser.add_argument("paths", nargs="*")
    wanted = parser.parse_args(arguments)
    modules: list[Path] = []
    for path in wanted.paths or PARTS:
        whole = ROOT / path
        if not whole.exists():
            print(f"mutate: there is no {path}", file=sys.stderr)
            return 2
        modules += sorted(whole.rglob("*.py")) if whole.is_dir() else [whole]
    FOUND.mkdir(parents=True, exist_ok=True)
    patches = FOUND / "survived.patch"
    patches.write_text("", "utf-8")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tools'}", "PYTHONHASHSEED": "0"}
    for tests, of_these in _by_tests(modules).items():
        command = [sys.executable, "-m", "pytest", "-p", "mutants", "-q", "-s", "--no-header", "--no-summary"]
        command += ["--hypothesis-profile=mutate", *tests.split()]
        command += [f"--mutate={path.relative_to(ROOT)}" for path in of_these]
        command += [f"--mutate-function={wanted.function}", f"--mutate-jobs={wanted.jobs}"]
        done = subprocess.run(
            [*command, f"--mutate-patches={patches}", f"--mutate-longest={wanted.longest}"],
            cwd=ROOT,
            env=environment,
            check=False,
        )
        if done.returncode:
            return 2
    survived = [line[2:] for line in patches.read_text("utf-8").splitlines() if line.startswith("# ")]
    print(f"\n{len(survived)} changes survived: {patches.relative_to(ROOT)}")
    for name in survived:
        print(f"  {name}")
    return 1 if survived else 0


def _by_tests(modules: list[Path]) -> dict[str, list[Path]]:
    """The modules by the tests which are to notice their changes."""
    found: dict[str, list[Path]] = {}
    for module in modules:
        found.setdefault(_tests(module), []).append(module)
    return found


def _tests(module: Path) -> str:
    """The tests of a module: of the recorder's those that are named here, else its folder's.

    The whole folder's, because what one module does is often said of another that uses it.
    """
    if module.parent.name == "record" and module.stem in _OF_RECORD:
        return " ".join(f"tests/unit/record/test_{name}.py" for name in _OF_RECORD[module.stem].split())
    folder = Path("tests/unit", *module.relative_to(ROOT).parts[1:-1])
    return str(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
