"""Serve build/html on this machine alone, and open it where there is a screen: ``make serve``."""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import sys
import webbrowser
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "build" / "html"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if not (SITE / "index.html").is_file():
        raise SystemExit("serve: there is no built site yet. Run: make html")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        raise SystemExit(
            f"serve: port {port} can't be used ({error}). Choose another: make serve PORT={port + 1}, "
            "or PORT=0 for any free one"
        ) from None
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    print(f"The site is at {address} (Ctrl-C ends this)", flush=True)
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
