"""The command line: ``python -m guide.gateways get DIR``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from guide.gateways.jar import OLD, NoJar, get


def main(arguments: list[str] | None = None) -> int:
    """The command line: ``get DIR``. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m guide.gateways", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    getting = commands.add_parser("get", help=f"put the jar of Py4J {OLD} into DIR")
    getting.add_argument("dir", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        get(OLD, options.dir)
    except NoJar as error:
        print(f"sparkwire: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
