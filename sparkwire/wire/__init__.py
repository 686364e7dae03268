"""What crosses the wires, decoded: bytes in, messages out, and nothing else.

A decoder here opens no socket, starts no thread, reads no clock and knows no Py4J, PySpark or Java. It is
fed bytes in any pieces and returns messages made of fields; the fields of a message cover its bytes with
no gap and no overlap. Bytes that are no message come out too, as ``Malformed``, with where and why. So the
same code reads a live recording, a stored trace and a few bytes pasted into a page.

Each wire has its own package with its own code table: ``gateway`` (text, Python with the driver's JVM) and
``worker`` (binary, an executor's JVM with a Python worker). The words they share are here.
"""

from sparkwire.wire.message import Direction, Field, Malformed, Message, Role

__all__ = ["Direction", "Field", "Malformed", "Message", "Role"]
