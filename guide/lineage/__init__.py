"""The lineage of a running RDD: what Python holds of it, what Java holds, and what the workers were given."""

from guide.lineage.command import Loaded, load_own_command
from guide.lineage.look import lineage
from guide.lineage.model import Lineage, Link, Node, names_of
from guide.lineage.pipeline import Captured, calls, captured, opened, own_steps, pipeline
from guide.lineage.shown import DrawnLineage, shown

__all__ = [
    "Captured",
    "DrawnLineage",
    "Lineage",
    "Link",
    "Loaded",
    "Node",
    "calls",
    "captured",
    "lineage",
    "load_own_command",
    "names_of",
    "opened",
    "own_steps",
    "pipeline",
    "shown",
]
