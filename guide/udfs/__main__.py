"""The command line: ``python -m guide.udfs [--check]``."""

import sys

from guide.udfs.make import main

sys.exit(main())
