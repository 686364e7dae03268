"""The worker wire's code table as a reference, each entry with messages that were really sent."""

from guide.reference.worker.entries import NOT_SENT, captures, entries, missing
from guide.reference.worker.every_message import Asked, WorkerConnection, every_worker_message
from guide.reference.worker.picture import worker_reference_html

__all__ = [
    "NOT_SENT",
    "Asked",
    "WorkerConnection",
    "captures",
    "entries",
    "every_worker_message",
    "missing",
    "worker_reference_html",
]
