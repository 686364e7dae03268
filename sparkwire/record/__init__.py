"""Recording: raw bytes into a trace file, with nothing interpreted on the way.

``Recorder`` records Py4J's sockets of this process, a relay those of others, and both feed a tape.
Nothing here decodes: a fault in a decoder must not lose a byte.
"""

from sparkwire.errors import RecordingError
from sparkwire.record.recorder import Recorder
from sparkwire.record.writer import TraceWriter, append_records

__all__ = ["Recorder", "RecordingError", "TraceWriter", "append_records"]
