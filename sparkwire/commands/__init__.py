"""What each command of the command line does: one module per command, with one function ``main``.

They may import everything; nothing imports them but ``sparkwire.cli``, and that only when a command is
run, so that ``sparkwire --help`` is quick.
"""
