"""One program's conversation under several versions of PySpark, side by side; and the worker wire of each.

``make`` records it, ``comparable`` makes two conversations comparable, ``data`` is what is kept in
``versions.json``, ``alignment`` finds what differs, and ``picture`` draws it. ``worker_wire`` reads what
workers of each version said, and ``worker_picture`` draws that.
"""

from guide.versions.alignment import aligned, changes
from guide.versions.data import Versions, kept
from guide.versions.picture import answers_html, changes_html, counts_html, made_with_html, versions_html
from guide.versions.worker_picture import kinds_html, one_program_html, parts_html
from guide.versions.worker_wire import ABSENT, init_parts, kinds, recorded_workers, timing_parts

__all__ = [
    "ABSENT",
    "Versions",
    "aligned",
    "answers_html",
    "changes",
    "changes_html",
    "counts_html",
    "init_parts",
    "kept",
    "kinds",
    "kinds_html",
    "made_with_html",
    "one_program_html",
    "parts_html",
    "recorded_workers",
    "timing_parts",
    "versions_html",
]
