"""Values of options that the command line and the cell magic share."""

from __future__ import annotations

import argparse


def java_calls(text: str) -> int | None:
    """The value of ``--java-calls``; None is all of them. Raises ``ArgumentTypeError``."""
    if text == "all":
        return None
    if not text.isdecimal() or not (number := int(text)):
        raise argparse.ArgumentTypeError(f"takes a number from 1 on, or all, but not {text!r}")
    return number
