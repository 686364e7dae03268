"""What recording costs, how fast decoding is, and how long a build takes: ratios, measured in one run.

`make bench` runs ``python -m benchmarks``, which writes ``docs/reference/benchmarks.md``. A machine is
never quiet, so what is compared takes turns in many short rounds, and each figure is a median with its
spread. Only ratios are claimed: absolute times belong to the machine at hand.

It may import all of ``sparkwire``, and ``guide.costs``, which knows how to take jobs in turns; nothing
imports it but its own test.
"""
