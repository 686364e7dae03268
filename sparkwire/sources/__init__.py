"""What people have of a gateway's wire when there is no trace: logs, dumps of bytes, captures of packets.

A reader takes the bytes of a file or a pipe as they come, and gives out what was said (``piece.Piece``), bit
by bit. ``formats`` recognises what it is. ``hearing`` makes messages of what was said: it decodes, pairs
and hides secrets, by the rules of the recorder. Nothing here opens a file or reads a clock.
"""
