"""Which way the data takes between the driver's Python and the JVM, in bytes for each way."""

from guide.data_paths.channels import Channels
from guide.data_paths.paths import Path, paths
from guide.data_paths.picture import path_diagram, paths_table

__all__ = ["Channels", "Path", "path_diagram", "paths", "paths_table"]
