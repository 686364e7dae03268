"""The command line: ``python -m guide.versions [--check]``."""

import sys

from guide.versions.make import main

sys.exit(main())
