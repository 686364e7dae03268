"""What the guide's site needs and the tool does not: the exhibits of its pages, and what it adds to Sphinx.

It uses ``sparkwire`` as anybody can, by its public names. Each exhibit has a folder of its own, with its
data, its model and its picture side by side: ``gateways`` to talk to, ``processes`` and what joins them,
``types`` on their way through the wire, ``versions`` side by side, the wire's ``reference``, the mail's
``claims``. ``notebook`` has what the cells of pages share.
"""

__sparkwire_library__ = True
"""A recorded page's own lines are the reader's, and not those of a helper that it calls."""
