"""What crosses the wires, decoded: bytes in, messages out, and nothing else.

A decoder here knows no Py4J, PySpark or Java. It is fed bytes in any pieces and returns messages made of
fields; the fields of a message cover its bytes with no gap and no overlap. Bytes that are no message come out
too, as ``Malformed``, with where and why. So the same code reads a live recording, a stored trace and a few
bytes pasted into a page.

``message`` has the words that all wires share. Each wire has its own package, with its own code table:
``gateway`` is text, between Python and the driver's JVM; ``worker`` is binary, between an executor's JVM and
its Python workers.
"""
