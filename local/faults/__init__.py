"""Crash anywhere: every call to AWS that the functions make is made to fail, and what is left is compared (docs/reliability.md)."""
