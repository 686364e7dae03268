"""What was recorded, and what can be made of it without guessing.

``model`` holds the records and the exchange; ``format`` the file; ``exchanges`` pairs requests with
replies; ``java_calls`` joins exchanges with the JVM's own recording; ``fold`` makes a story of them;
``load`` does all of that for a file. May import ``sparkwire.wire``; opens no socket, starts nothing.

Nothing is imported here: the recorder needs only ``model`` and ``format``, and must run even where a
decoder can't.
"""
