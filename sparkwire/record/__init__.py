"""Recording: raw bytes into a trace file, with nothing interpreted on the way.

``Recorder`` records Py4J's sockets of this process. It may import ``sparkwire.trace`` for the
records and the file format, and never ``sparkwire.wire``: a fault in a decoder must not lose a byte.
"""

from sparkwire.errors import RecordingError
from sparkwire.record.recorder import Recorder
from sparkwire.record.writer import TraceWriter, append_records

__all__ = ["Recorder", "RecordingError", "TraceWriter", "append_records"]
