"""What becomes of a value of every type on its way through a gateway, in both directions."""

from guide.types.picture import type_table_html
from guide.types.tables import type_tables
from guide.types.trials import Trial, codes, last_value

__all__ = ["Trial", "codes", "last_value", "type_table_html", "type_tables"]
