"""Python imports this while it starts, because ``sparkwire run`` put its folder on PYTHONPATH.

In the program it starts the recorder, and in a daemon of Spark's the recorder of its workers. In a Python
that the program started it only waits for Py4J: nothing of sparkwire is imported there before, and the
Python may be of any version. Then it makes way for the user's own ``sitecustomize``, if there is one.
"""

import os
import sys

_finders: list = sys.meta_path  # type: ignore[type-arg]
_END = os.path.join("sparkwire", "launch", "startup")  # of this folder's name, however it was given


def _start() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if not folder.endswith(_END)]
    sys.path_importer_cache.pop(here, None)
    # sparkwire may have been imported from a folder that isn't on the program's path. Last, so that
    # nothing beside it can hide a module of the standard library.
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    workers = os.environ.pop("SPARKWIRE_WORKERS", None)
    if workers is not None:  # the environment of an executor, in which Spark starts Pythons
        module = _module(getattr(sys, "orig_argv", []))
        if module:
            _record_workers(root, workers, module == "pyspark.daemon")
        if "SPARKWIRE_RUN" not in os.environ:
            _drop_from_path()
            return
    child_of = os.environ.pop("SPARKWIRE_CHILD", None)
    if child_of is not None:
        trace, started_ns, python_path = child_of.split("\n", 2)
        if python_path:
            os.environ["PYTHONPATH"] = python_path
        else:
            os.environ.pop("PYTHONPATH", None)
        # What this process starts is told, too, and its ``os.environ`` stays as it would be.
        os.putenv("SPARKWIRE_CHILD", child_of)
        os.putenv("PYTHONPATH", here + (os.pathsep + python_path if python_path else ""))
        _finders.insert(0, _Waiting(root, trace, int(started_ns)))
        return
    sys.path.append(root)
    try:
        from sparkwire.launch import bootstrap

        bootstrap.begin()
    finally:
        sys.path.pop()


def _module(command: list) -> str:  # type: ignore[type-arg]
    """The module that this Python runs, if it is a daemon's or a worker's that works for tasks; else ``""``.

    Those that plan Python data sources and the like have modules of their own, which speak otherwise. A
    worker that Spark starts without a daemon is told where to connect.
    """
    module = str(command[command.index("-m") + 1]) if "-m" in command[:-1] else ""
    if command and str(command[-1]).startswith("pyspark.sql."):
        return ""
    if module == "pyspark.daemon":
        return module
    alone = {"PYTHON_WORKER_FACTORY_PORT", "PYTHON_WORKER_FACTORY_SOCK_PATH"}.intersection(os.environ)
    return module if alone and not module.startswith("pyspark.sql.") else ""


def _record_workers(root: str, settings: str, daemon: bool) -> None:
    """Record the workers that this daemon is going to fork, or this worker."""
    sys.path.append(root)
    try:
        from sparkwire.record.worker_settings import WorkerSettings
        from sparkwire.record.workers import begin, begin_alone

        (begin if daemon else begin_alone)(WorkerSettings.read(settings))
    except Exception:  # a Python that is too old for sparkwire, or settings of another sparkwire
        pass
    finally:
        sys.path.remove(root)


def _drop_from_path() -> None:
    """Take this folder, in all ways in which it was named, out of PYTHONPATH. Spark put other entries into
    it.
    """
    entries = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if not one.endswith(_END)]
    if any(entries):
        os.environ["PYTHONPATH"] = os.pathsep.join(entries)
    else:
        os.environ.pop("PYTHONPATH", None)


class _Waiting:
    """Finds no module, but sees when Py4J is looked for, and then calls ``children.watch``."""

    def __init__(self, root: str, trace: str, started_ns: int) -> None:
        self._root, self._trace, self._started_ns = root, trace, started_ns

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name == "py4j.java_gateway" and self in _finders:
            _finders.remove(self)
            sys.path.append(self._root)
            try:
                from sparkwire.record import children

                children.watch(self._trace, self._started_ns)
            except Exception:  # a Python that is too old for sparkwire
                pass
            finally:
                sys.path.remove(self._root)
            # The import goes through the finders as they were; that of ``watch`` has come since.
            found = (finder.find_spec(name, path, target) for finder in list(_finders))
            return next((spec for spec in found if spec is not None), None)
        return None


_start()

# Python's import machinery takes whatever is in sys.modules afterwards. When there is no other
# sitecustomize, this raises just the error with which Python's site module expects that.
del sys.modules["sitecustomize"]
import sitecustomize  # type: ignore[import-not-found]  # noqa: E402, F401
