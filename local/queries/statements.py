"""The queries of this folder with an authority's schools, a year and a day in them, and the classes of codes that the law has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from importlib import resources
from typing import Final

from attendance import law
from attendance.directory import School
from attendance.statistics import SESSIONS, education_phase

NAMES: Final = ("sessions", "enrolments", "positions")
MOST_SCHOOLS: Final = 1000
"""Athena takes so many values of a partition that is named by the query."""


def statement(name: str, la: str, year: int, as_at: date, schools: Iterable[School]) -> str:
    """The SQL of one query, the same for Athena and DuckDB. Nothing in it is free text: codes, URNs and phases are ours."""
    text = resources.files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    phases = {school.urn: education_phase(school) for school in schools}
    return text.format(
        la=la,
        year=year,
        as_at=as_at.isoformat(),
        urns=_listed(phases),
        schools=", ".join(f"('{urn}', '{phase}')" for urn, phase in sorted(phases.items())),
        possible=_listed(SESSIONS["sess_possible"]),
        absent=_listed(SESSIONS["sess_overall"]),
        persistent=law.PERSISTENT_TENTHS.on(as_at),
        severe=law.SEVERE_TENTHS.on(as_at),
    )


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))
