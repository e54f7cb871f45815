"""To whom a school owes an early letter by its own practice: before the threshold, each level once in ten school weeks.

A letter is kept and written as a return is: found again from register and roll each time, until the list that names it is
written. What an officer would have to see to first gets no letter and a row on the same list that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from attendance.cases import Case, Notice
from attendance.due import EARLY_LETTER, Return
from attendance.facts import Persons
from attendance.people import Person
from attendance.positions import Assessor
from attendance.recipients import for_an_officer
from attendance.roll import Parent, Pupil
from attendance.standing import Counted, Standing, sessions_needed
from attendance.wording import SchoolLetters

_HELD: Final = " held"
_MEND: Final = "write or call yourselves if that is right; once it is put right in what you send, the letter follows"


@dataclass(frozen=True)
class Written:
    """A row of an earlier list, and the day that the list bears."""

    due: Return
    dated: date

    @property
    def held(self) -> bool:
        """Whether it said that no letter goes."""
        return self.due.since.endswith(_HELD)


@dataclass(frozen=True)
class KnownOfFamily:
    """What is known of a pupil beside register and roll; `people` are the school's parents by their names in our keys."""

    people: Sequence[tuple[str, Person]]
    persons: Persons = Persons()  # noqa: RUF009  immutable
    cases: Sequence[Case] = ()
    notices: Sequence[Notice] = ()
    written: Sequence[Written] = ()


@dataclass(frozen=True)
class _Family:
    """One person to write to, under one row of the school or several; without any, nobody is known."""

    person: str
    parents: tuple[Parent, ...]
    held: str | None
    """Why no letter goes by itself."""

    def had(self, earlier: Written) -> bool:
        """Whether an earlier row was about this person."""
        return earlier.due.row["parent_id"] in {parent.parent_id for parent in self.parents} or (
            not self.parents and not earlier.due.row["parent_id"]
        )


def missed(standing: Standing, urn: str) -> tuple[Counted, ...]:
    """What the letter tells: the sessions in the window that the school itself recorded, N left out, for it is not known yet.

    What another school recorded this one can neither explain nor put right.
    """
    inside = standing.in_window
    return tuple(e for e in standing.counted if e.urn == urn and e.code != "N" and e.session in inside)


def level_of(count: int, letters: SchoolLetters) -> int | None:
    """The highest number of sessions reached for which the school gave words."""
    return max((level for level in letters.levels if level <= count), default=None)


def everyone_had(parents: Sequence[Parent], written: Sequence[Written], level: int, since: date, day: date) -> bool:
    """Whether each parent whom the pupil lives with had the letter of this level or a higher one, whoever of them are one person.

    Then none is due: nothing else needs to be asked about the family.
    """
    had = {each.due.row["parent_id"] for each in _recent(written, level, since) if not each.held}
    here = {parent.parent_id for parent in _here(parents, day)}
    return bool(here) and here <= had


def _recent(written: Sequence[Written], level: int, since: date) -> list[Written]:
    return [each for each in written if each.dated >= since and int(each.due.row["level"]) >= level]


def _here(parents: Sequence[Parent], day: date) -> list[Parent]:
    return [p for p in parents if p.lives_with_pupil and (p.until is None or p.until >= day)]


def early_letters(
    assessor: Assessor, standing: Standing, letters: SchoolLetters, known: KnownOfFamily
) -> Iterator[Return]:
    """The letters due about a pupil, one for each person whom the pupil lives with, and the rows that say why none goes.

    None from the threshold on, nor while a case gathers, nor where one was decided within these ten school weeks: it would say
    that nothing is decided. None that repeats a letter of the same level, or a higher one, of these ten school weeks.
    """
    view, position = assessor.view, standing.position
    own = missed(standing, view.urn)
    level = level_of(len(own), letters)
    pupil = view.roll.pupils.get(position.upn)
    if (
        level is None
        or position.count >= sessions_needed(assessor.as_at)
        or (pupil and not pupil.on_roll(assessor.as_at))
    ):
        return
    since = position.window.weeks[0]
    if _decided(known, since):
        return
    about = _pupil_held(pupil, standing)
    recent = _recent(known.written, level, since)
    for family in _families(view.roll.parents.get(position.upn, ()), pupil, known, assessor.as_at):
        held = about or family.held
        if any(family.had(each) and (held or not each.held) for each in recent):
            continue
        reached = own[level - 1].session
        yield Return(
            kind=EARLY_LETTER, urn=view.urn, upn=position.upn, made_due_on=reached.day,
            since=f"{level} {reached} {family.person}{_HELD if held else ''}",
            row=_row(view.urn, position.upn, pupil, level, since, own, family, held),
        )  # fmt: skip


def _decided(known: KnownOfFamily, since: date) -> bool:
    """Whether a case gathers, was settled or brought a document within these weeks, or a period for improving runs."""
    cases = any(c.state == "gathering" or (c.settled_on is not None and c.settled_on >= since) for c in known.cases)
    return cases or any(n.stands and (n.issued_on >= since or n.improvement == "running") for n in known.notices)


def _pupil_held(pupil: Pupil | None, standing: Standing) -> str | None:
    """Why no letter about this pupil goes to anybody."""
    if pupil is None:
        return "the pupil's row was not sent"
    if pupil.date_of_birth is None:
        return "the pupil's date of birth is not known"
    if standing.conflict:
        return "another school counts one of these sessions, too"
    return None


def _families(parents: Sequence[Parent], pupil: Pupil | None, known: KnownOfFamily, day: date) -> Iterator[_Family]:
    """Whom the pupil lives with, each person once, however many rows the school has of them."""
    names = {person.parent_id: known.persons.canonical(name) for name, person in known.people}
    unclear = known.persons.unclear(known.people)
    doubted = {person.parent_id for name, person in known.people if name in unclear}
    here = _here(parents, day)
    if not here:
        yield _Family("", (), "no parent is known whom the pupil lives with")
    for person, rows in groupby(
        sorted(here, key=lambda p: (names[p.parent_id], p.parent_id)), lambda p: names[p.parent_id]
    ):
        same = tuple(rows)
        held = for_an_officer(pupil, same[0], day) if pupil else None
        if held is None and any(parent.parent_id in doubted for parent in same):
            held = "two parents of this pupil may be one person, and no officer has said (PARENT_UNCLEAR)"
        yield _Family(person, same, held)


def _row(
    urn: str, upn: str, pupil: Pupil | None, level: int, since: date, own: Sequence[Counted], family: _Family, held: str | None
) -> dict[str, str]:  # fmt: skip
    """The row of the list; the address only where a letter goes, for it may be what must not be told."""
    parent = family.parents[0] if family.parents else None
    address = parent.address if parent and not held else ()
    return {
        "urn": urn,
        "upn": upn,
        "surname": pupil.surname if pupil else "",
        "forename": pupil.forename if pupil else "",
        "level": str(level),
        "missed": str(len(own)),
        "since": since.isoformat(),
        "sessions": "; ".join(f"{each.session} {each.code}" for each in own),
        "parent_id": parent.parent_id if parent else "",
        "parent": parent.name if parent else "",
        **{f"address_{n + 1}": address[n] if n < len(address) else "" for n in range(4)},
        "postcode": parent.postcode if parent and not held else "",
        "letter": "",
        "because": held or "",
        "what_to_do": _MEND if held else "",
    }
