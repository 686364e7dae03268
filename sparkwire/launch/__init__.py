"""Starting a program so that it is recorded, and ending all that it started."""
