"""The command line: ``python -m guide.cluster start`` and ``python -m guide.cluster hosts [--check]``."""

from __future__ import annotations

import argparse
import os
import sys

from sparkwire import SparkwireError, Supervisor


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m guide.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("start", help="run a cluster on this machine until Ctrl-C")
    starting.add_argument("--workers", type=int, default=2, metavar="N", help="how many workers (default 2)")
    starting.add_argument("--cores", type=int, default=1, metavar="N", help="of each worker (default 1)")
    starting.add_argument("--memory", default="512m", metavar="SIZE", help="of each worker (default 512m)")
    hosts = commands.add_parser("hosts", help="measure a cluster of separate hosts, and write hosts.json")
    hosts.add_argument("--check", action="store_true", help="look at the file only")
    options = parser.parse_args(arguments)
    try:
        if options.command == "hosts":
            from guide.cluster.hosts_make import check_hosts, make_hosts

            check_hosts() if options.check else make_hosts()
            return 0
        return start(options.workers, options.cores, options.memory)
    except (SparkwireError, OSError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1


def start(workers: int, cores: int, memory: str) -> int:
    """Run a cluster until this process is told to end, or is gone. Returns the exit code."""
    with Supervisor() as supervisor:
        keeper = [sys.executable, "-m", "guide.cluster.keeper", supervisor.private, workers, cores, memory]
        return supervisor.run([str(one) for one in keeper], os.environ).code


if __name__ == "__main__":
    sys.exit(main())
