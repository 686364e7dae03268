"""Open the notebooks in JupyterLab, on this machine alone: ``make lab``.

The chapters are Markdown; jupytext opens them as notebooks on a click, and saves them as Markdown again.
The kernel is this environment's own, with the guide's Java (the Makefile sets JAVA_HOME) and sparkwire.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Jupytext Notebook"}},
    # No request to another host, and no question about it.
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def main() -> None:
    # JupyterLab reads these defaults from a folder of ours: a reader's own settings stay as they are.
    settings = ROOT / "build" / "lab-settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(SETTINGS, indent=2), "utf-8")
    screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    arguments = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        "--LabServerApp.app_settings_dir=" + str(settings),
        "--LabApp.app_settings_dir=" + str(settings),
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *(["--allow-root"] if os.geteuid() == 0 else []),
        *([] if screen else ["--no-browser"]),
        *sys.argv[1:],
        str(ROOT / "notebooks"),
    ]
    os.execv(sys.executable, arguments)


if __name__ == "__main__":
    main()
