"""What the JVM recorded: its method calls, and which exchange caused each."""
