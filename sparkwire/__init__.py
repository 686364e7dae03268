"""sparkwire: record, decode and show what crosses the wires between Python and Java."""
