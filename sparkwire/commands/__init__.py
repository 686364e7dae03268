"""What each command of the command line does: one module per command, with one function ``main``.

It takes the parsed options and returns the exit code, or raises a ``SparkwireError``, whose message
``sparkwire.cli`` shows before it ends with exit code 2. Only ``sparkwire.cli`` imports these modules, and
that only when a command is run, so that ``sparkwire --help`` is quick.
"""
