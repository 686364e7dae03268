"""Runs of Python workers, made of a trace's records."""
