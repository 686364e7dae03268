"""What becomes of a value of every type on its way through a gateway, in both directions."""

from guide.types.arrivals import arrived_class, crossed, without_upkeep
from guide.types.picture import type_table_html
from guide.types.tables import type_tables
from guide.types.trials import Trial, codes, last_value

__all__ = [
    "Trial",
    "arrived_class",
    "codes",
    "crossed",
    "last_value",
    "type_table_html",
    "type_tables",
    "without_upkeep",
]
