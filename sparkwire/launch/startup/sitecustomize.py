"""Python imports this while it starts, because ``sparkwire run`` put its folder on PYTHONPATH.

It starts the recorder and then makes way for the user's own ``sitecustomize``, if there is one.
"""

import os
import sys


def _start() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    sys.path_importer_cache.pop(here, None)
    # sparkwire may have been imported from a folder that isn't on the program's path. Last, so that
    # nothing beside it can hide a module of the standard library.
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    sys.path.append(root)
    try:
        from sparkwire.launch import bootstrap

        bootstrap.begin()
    finally:
        sys.path.pop()


_start()

# Python's import machinery takes whatever is in sys.modules afterwards. When there is no other
# sitecustomize, this raises just the error with which Python's site module expects that.
del sys.modules["sitecustomize"]
import sitecustomize  # type: ignore[import-not-found]  # noqa: E402, F401
