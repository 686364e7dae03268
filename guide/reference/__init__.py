"""The gateway wire's code table as a reference, each entry with a message that was really sent."""

from guide.reference.entries import captures, entries, missing
from guide.reference.every_message import every_message
from guide.reference.picture import reference_html

__all__ = ["captures", "entries", "every_message", "missing", "reference_html"]
