"""Made-up registers for the demonstration, for tests and for benchmarks: nobody and nothing in them exists."""

from local.madeup.tree import Cast, Scale, casting, write_input

__all__ = ["Cast", "Scale", "casting", "write_input"]
