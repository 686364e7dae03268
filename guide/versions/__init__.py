"""One program's conversation under several versions of PySpark, side by side.

``make`` records it, ``comparable`` makes two conversations comparable, ``data`` is what is kept in
``versions.json``, ``alignment`` finds what differs, and ``picture`` draws it.
"""

from guide.versions.alignment import aligned, changes
from guide.versions.data import Versions, kept
from guide.versions.picture import answers_html, changes_html, counts_html, made_with_html, versions_html

__all__ = [
    "Versions",
    "aligned",
    "answers_html",
    "changes",
    "changes_html",
    "counts_html",
    "kept",
    "made_with_html",
    "versions_html",
]
