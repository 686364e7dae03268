"""Python in DataFrames: which node of a plan gives work to workers, in which form, and how much crosses."""

from guide.udfs.defaults import Defaults, defaults, defaults_table, said_by
from guide.udfs.plan import plan_nodes, python_nodes
from guide.udfs.returns import Returned, returned, returns_table
from guide.udfs.ways import Way, drawn, ways, ways_table

__all__ = [
    "Defaults",
    "Returned",
    "Way",
    "defaults",
    "defaults_table",
    "drawn",
    "plan_nodes",
    "python_nodes",
    "returned",
    "returns_table",
    "said_by",
    "ways",
    "ways_table",
]
