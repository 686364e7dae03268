"""The gateway wire's code table as a reference, each entry with a message that was really sent."""

from guide.reference.every_message import every_message
from guide.reference.picture import captures, entries, missing, reference_html

__all__ = ["captures", "entries", "every_message", "missing", "reference_html"]
