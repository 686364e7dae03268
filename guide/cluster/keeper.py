"""Holds a cluster until it is told to end. Run by ``python -m guide.cluster start``, under a ``Supervisor``.

Three processes stand between whoever wants a cluster and the cluster's JVMs: sparkwire's front and guard (see
``sparkwire/launch/supervise.py``), and this one. The front is told by the kernel when its parent is gone
(``guide.processes.Held`` asks for that), and the guard ends whatever is left when one of the others was
killed, the executors and the Python workers too. The folder that the cluster writes to is the supervisor's,
who removes it.

It prints what is being waited for, then a line for each of the cluster's JVMs, and then ``ready``.
``guide.cluster.running`` reads these lines.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from guide.cluster.standalone import NoCluster, Standalone, WorkerOffer


def main(arguments: list[str]) -> int:
    """Run a cluster: FOLDER, the number of workers, each one's cores and memory. Returns the exit code."""
    folder, workers, cores, memory = arguments
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        with Standalone(Path(folder), _say) as cluster:
            cluster.master()
            for _ in range(int(workers)):
                cluster.worker(WorkerOffer(int(cores), memory))
            cluster.wait_for_workers()
            master, *others = cluster.pids
            _say(f"master {cluster.url} process {master}")
            for worker in others:
                _say(f"worker process {worker}")
            _say("ready")
            while True:
                signal.pause()
    except NoCluster as error:
        _say(str(error))
        return 1


def _say(text: str) -> None:
    print(text, flush=True)


def _end(number: int, frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
