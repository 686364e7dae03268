"""Who started whom, and which sockets join them: looked up in the operating system, and drawn."""

from guide.processes.held import Held
from guide.processes.shown import Processes, processes

__all__ = ["Held", "Processes", "processes"]
