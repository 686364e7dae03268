"""Chapter 15: what things cost, as ratios of one run.

``making`` and ``settings`` make what is compared, ``measuring`` takes the jobs in turns, ``model`` makes
ratios of the turns, ``plot`` and ``shown`` show them. ``crossed`` counts, from a recording, what each job
made cross the wires; ``echo`` is the least that a round trip can cost.
"""

from guide.costs.crossed import Crossed, crossed
from guide.costs.echo import Echo
from guide.costs.making import coming_back, computing, with_setting
from guide.costs.measuring import measured, take_turns
from guide.costs.model import Figure, Rounds, Spent, Time, digits
from guide.costs.settings import batch_size, worker_reuse
from guide.costs.shown import shown

__all__ = [
    "Crossed",
    "Echo",
    "Figure",
    "Rounds",
    "Spent",
    "Time",
    "batch_size",
    "coming_back",
    "computing",
    "crossed",
    "digits",
    "measured",
    "shown",
    "take_turns",
    "with_setting",
    "worker_reuse",
]
