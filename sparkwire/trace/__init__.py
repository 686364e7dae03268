"""What was recorded, and what can be made of it without guessing.

``records`` are what a trace holds, and ``format`` is the file. ``load`` opens one, and makes turns of its
records (``turn``): ``gateway`` has those of the gateway wire. ``java`` joins them with the JVM's own
recording.

Nothing is imported here: the recorder needs only ``records`` and ``format``, and must run even where a
decoder can't.
"""
