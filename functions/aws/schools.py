"""What the directory says of a school before it sends anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from pydantic import TypeAdapter

from attendance.directory import Directory, School
from attendance.text import pretty_json
from aws.buckets import Bucket

_MARKER = "directory.json"
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
    """The directory in the settings bucket: `schools/{urn}.json`, `schools-of/{la}.json` (what they are called, and when they
    closed), and `directory.json` to say that one was given.
    """

    bucket: Bucket

    def listed(self, urn: str) -> Listed:
        """The directory's entry of a school."""
        found = self.bucket.get(f"schools/{urn}.json")
        if found is not None:
            data = json.loads(found.body)
            return Listed(
                _SCHOOL.validate_python(data["school"]),
                tuple((la, of) for la, of in data["predecessors"]),
                directory_known=True,
            )
        return Listed(None, (), directory_known=self.bucket.get(_MARKER) is not None)

    def named(self, urn: str) -> str:
        """What the school is called: its URN where no directory says."""
        school = self.listed(urn).school
        return school.name if school else f"School {urn}"

    def of(self, la: str, day: date) -> dict[str, str]:
        """The names of an authority's schools that are not closed by a day, by URN; none where no directory was given."""
        found = self.bucket.get(f"schools-of/{la}.json")
        schools: dict[str, dict[str, str | None]] = json.loads(found.body) if found else {}
        is_open = {urn for urn, each in schools.items() if each["closed"] is None or each["closed"] > day.isoformat()}
        return {urn: schools[urn]["name"] or "" for urn in sorted(is_open)}

    def publish(self, directory: Directory) -> None:
        """Store a directory for the functions to read, a small object a school and one an authority."""
        named: dict[str, dict[str, dict[str, str | None]]] = {}
        for urn, school in directory.schools.items():
            entry = {"school": _SCHOOL.dump_python(school, mode="json"), "predecessors": directory.before(urn)}
            self.bucket.put(f"schools/{urn}.json", pretty_json(entry).encode())
            closed = school.closed.isoformat() if school.closed else None
            named.setdefault(school.la, {})[urn] = {"name": school.name, "closed": closed}
        for la, schools in named.items():
            self.bucket.put(f"schools-of/{la}.json", pretty_json(schools).encode())
        self.bucket.put(_MARKER, pretty_json({"schools": len(directory.schools)}).encode())
