"""``python -m sparkwire`` is the command ``sparkwire``."""

from sparkwire.cli import main

if __name__ == "__main__":
    main()
