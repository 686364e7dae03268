"""Spark without Py4J: a Spark Connect server, what its client says to it, and how that looks.

``server`` starts the server and ends it, ``recorder`` sits in a client and keeps every gRPC call, ``calls``
is the model of what was kept, ``plan`` reads the plan in a request, and ``picture`` and ``shown`` draw it.
``traffic`` asks the kernel what gRPC moved in all.
"""

from guide.connect.calls import GrpcCall
from guide.connect.recorder import ConnectRecorder
from guide.connect.server import ConnectServer
from guide.connect.shown import ConnectRecording
from guide.connect.traffic import Traffic, traffic

__all__ = ["ConnectRecorder", "ConnectRecording", "ConnectServer", "GrpcCall", "Traffic", "traffic"]
