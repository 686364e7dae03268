r"""The worker wire: the binary protocol between an executor's JVM and one of its Python workers.

The JVM asks, with an *init message*: for which task, with which settings, which function of the user's.
Then it writes rows, while the worker writes results, each at its own pace. At the end the worker says how
long it took and what it added to accumulators, or else the traceback of its exception. If both sides agree
that the run is over (-4), the same connection serves the next run. Numbers have their highest byte first::

    ff ff ff f8  00 00 0c 1d  ...    START_OF_INIT_MESSAGE, its length, and what it says (4.3)
    00 00 00 18  80 05 95 ...        a frame: a length and so many bytes, mostly a pickle of several rows
    ff ff ff ff                      END_OF_DATA_SECTION: a number less than 0 is no length, but a sign
    ff ff ff fc                      END_OF_STREAM

No byte says which version of PySpark is talking, and each minor version writes its init message in another
way. So ``WorkerDecoder`` is told the version, and refuses one that the table doesn't have. It runs on the
code table: ``VERSIONS``, ``PRODUCTIONS``, ``SPECIAL_LENGTHS``, ``EVAL_TYPES`` and ``HANDSHAKES``. PySpark
3.5 to 4.3.
"""

from sparkwire.wire.worker.arrow import Metadata
from sparkwire.wire.worker.codes import EVAL_TYPES, HANDSHAKES, PRODUCTIONS, SPECIAL_LENGTHS, plan_node
from sparkwire.wire.worker.conversation import (
    Exit,
    Passed,
    Round,
    RoundPhase,
    Tally,
    WorkerConversation,
    phase_of,
)
from sparkwire.wire.worker.decoder import WorkerDecoder
from sparkwire.wire.worker.layout import (
    Coding,
    Comparison,
    Condition,
    Data,
    Entries,
    EvalType,
    Handshake,
    Item,
    Production,
    PySpark,
    SpecialLength,
    Times,
    When,
)
from sparkwire.wire.worker.pickles import (
    Disassembly,
    Opcode,
    PickledFunction,
    disassemble,
    is_pickle,
    pickled_functions,
)
from sparkwire.wire.worker.versions import VERSIONS, version_of

__all__ = [
    "EVAL_TYPES",
    "HANDSHAKES",
    "PRODUCTIONS",
    "SPECIAL_LENGTHS",
    "VERSIONS",
    "Coding",
    "Comparison",
    "Condition",
    "Data",
    "Disassembly",
    "Entries",
    "EvalType",
    "Exit",
    "Handshake",
    "Item",
    "Metadata",
    "Opcode",
    "Passed",
    "PickledFunction",
    "Production",
    "PySpark",
    "Round",
    "RoundPhase",
    "SpecialLength",
    "Tally",
    "Times",
    "When",
    "WorkerConversation",
    "WorkerDecoder",
    "disassemble",
    "is_pickle",
    "phase_of",
    "pickled_functions",
    "plan_node",
    "version_of",
]
