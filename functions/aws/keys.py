"""Where in a bucket lies what is of one school."""

from __future__ import annotations


def school_prefix(la: str, urn: str) -> str:
    """Where a school's parts, registers and positions lie; Athena and DuckDB read the rest of the key as it is."""
    return f"la={la}/urn={urn}/"


def year_prefix(la: str, urn: str, year: int | str) -> str:
    """Where one academic year of a school lies."""
    return f"{school_prefix(la, urn)}year={year}/"


def register_key(la: str, urn: str, year: int) -> str:
    """Where the register of an academic year lies."""
    return f"{year_prefix(la, urn, year)}register.parquet"
