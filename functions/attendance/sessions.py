"""Sessions, school weeks and academic years: the units in which the law counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

Half = Literal["AM", "PM"]
HALVES: tuple[Half, Half] = ("AM", "PM")


class Session(NamedTuple):
    """One morning or afternoon of one day; sorts in the order in which sessions are held."""

    day: date
    half: str

    def __str__(self) -> str:
        return f"{self.day.isoformat()}/{self.half}"

    @classmethod
    def parse(cls, text: str) -> Session:
        """Read `2025-09-08/AM`; raises ValueError otherwise."""
        day, _, half = text.partition("/")
        if half not in HALVES:
            raise ValueError(f"{text!r} is not a session: write 2025-09-08/AM")
        return cls(date.fromisoformat(day), half)


@lru_cache(maxsize=4096)  # asked for every session that counts, of a few hundred days
def monday(day: date) -> date:
    """The Monday of the Monday-Sunday week in which `day` lies (law.md section 5: alignment is [U], adopted)."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Held:
    """When a school met: its sessions held in order, the weeks they make, and which of them few pupils attended.

    `weeks` are Mondays, oldest first, each with at least one session held (design 4.3).
    """

    sessions: tuple[Session, ...]
    by_few: frozenset[Session]
    open_ahead: tuple[Session, ...]

    @property
    def weeks(self) -> tuple[date, ...]:
        """The Mondays of the school weeks, oldest first."""
        return tuple(sorted({monday(session.day) for session in self.sessions}))

    def up_to(self, day: date) -> Held:
        """The same school as at the end of `day`: later sessions move to `open_ahead`."""
        return Held(
            tuple(s for s in self.sessions if s.day <= day),
            frozenset(s for s in self.by_few if s.day <= day),
            tuple(sorted({*(s for s in self.open_ahead if s.day > day), *(s for s in self.sessions if s.day > day)})),
        )
