"""What the directory says of a school before it sends anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import TypeAdapter

from attendance.directory import Directory, School
from attendance.text import pretty_json
from aws.published import Published

_MARKER = "directory"
_SCHOOL: TypeAdapter[School] = TypeAdapter(School)


@dataclass(frozen=True)
class Listed:
    """A school's entry, what it goes on from (la, urn), and whether a directory was given at all.

    It goes on from its predecessors, and from itself under a former authority.
    """

    school: School | None
    predecessors: tuple[tuple[str, str], ...]
    directory_known: bool

    def before(self, la: str, urn: str) -> tuple[tuple[str, str], ...]:
        """What the school goes on from, as seen by an authority: under a former one it does not go on from itself."""
        return tuple(each for each in self.predecessors if each != (la, urn))

    def belongs_to(self, la: str) -> str:
        """The authority that the school belongs to; the one asked about where no directory says another."""
        return self.school.la if self.school and self.school.la else la

    @property
    def in_framework(self) -> bool:
        """Without a directory every school is taken as in the framework (and its files are answered with advice)."""
        return self.school.in_framework if self.school else not self.directory_known


@dataclass(frozen=True)
class Schools:
    """The directory as published: `schools/{urn}`, `schools-of/{la}` (what they are called, and when they closed), and
    `directory` to say that one was given.
    """

    published: Published

    def listed(self, urn: str) -> Listed:
        """The directory's entry of a school."""
        return listed_in(self.published.texts(*listed_by(urn)), urn)

    def named(self, urn: str) -> str:
        """What the school is called: its URN where no directory says."""
        school = self.listed(urn).school
        return school.name if school else f"School {urn}"

    def of(self, la: str, day: date) -> dict[str, str]:
        """The names of an authority's schools that are not closed by a day, by URN; none where no directory was given."""
        found = self.published.texts(_of(la)).get(_of(la), "{}")
        schools: dict[str, dict[str, str | None]] = json.loads(found)
        is_open = {urn for urn, each in schools.items() if each["closed"] is None or each["closed"] > day.isoformat()}
        return {urn: schools[urn]["name"] or "" for urn in sorted(is_open)}


def listed_by(urn: str) -> tuple[str, str]:
    """The names of the texts that a school is listed by."""
    return _entry(urn), _MARKER


def listed_in(texts: Mapping[str, str], urn: str) -> Listed:
    """The directory's entry of a school, in the texts of these names."""
    found = texts.get(_entry(urn))
    if found is None:
        return Listed(None, (), directory_known=_MARKER in texts)
    data = json.loads(found)
    predecessors = tuple((la, of) for la, of in data["predecessors"])
    return Listed(_SCHOOL.validate_python(data["school"]), predecessors, directory_known=True)


def texts_of(directory: Directory) -> dict[str, str]:
    """A directory as it is published, by name: a short text of each school and one of each authority."""
    texts: dict[str, str] = {}
    named: dict[str, dict[str, dict[str, str | None]]] = {}
    for urn, school in directory.schools.items():
        entry = {"school": _SCHOOL.dump_python(school, mode="json"), "predecessors": directory.before(urn)}
        texts[_entry(urn)] = pretty_json(entry)
        closed = school.closed.isoformat() if school.closed else None
        named.setdefault(school.la, {})[urn] = {"name": school.name, "closed": closed}
    texts |= {_of(la): pretty_json(schools) for la, schools in named.items()}
    return texts | {_MARKER: pretty_json({"schools": len(directory.schools)})}


def _entry(urn: str) -> str:
    return f"schools/{urn}"


def _of(la: str) -> str:
    return f"schools-of/{la}"
