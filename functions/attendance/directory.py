"""The schools' directory, read from the extracts of "Get Information about Schools" (GIAS).

Establishments: one row a school, about 130 columns, read by name in any order. Links: which school follows which. Both
are ISO-8859-1 as published; UTF-8 is taken as well.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from attendance import law
from attendance.authorities import AUTHORITIES

_REQUIRED: Final = ("URN", "LA (code)")
_REQUIRED_OF_LINKS: Final = ("URN", "LinkURN", "LinkType")
_ADDRESS: Final = ("Street", "Locality", "Address3", "Town", "County (name)")
_LA: Final = re.compile(r"[0-9]{3}")
_NO_LA: Final = "999"
"""What the directory writes where there was no authority before [U]."""
_DATE_FORMS: Final = ("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d")


class DirectoryUnreadable(ValueError):
    """The file is no directory we can use; the message says what is missing or which row is wrong."""


@dataclass(frozen=True, slots=True)
class School:
    """A school as the directory describes it; blank text and None are what it does not say."""

    urn: str
    la: str
    la_name: str
    laestab: str
    """Authority code and establishment number, seven digits."""
    name: str
    type_code: str
    type_name: str
    in_framework: bool
    """The national framework for penalty notices covers this type; a type not listed is out."""
    phase: str
    low_age: int | None
    high_age: int | None
    address: tuple[str, ...]
    """Lines without the postcode."""
    postcode: str
    head_title: str
    head_name: str
    head_job_title: str
    opened: date | None
    closed: date | None
    previous_la: str = ""
    """The authority that the school belonged to before, if it was another."""


@dataclass(frozen=True)
class Directory:
    """Every school by URN, and who came before whom."""

    schools: Mapping[str, School]
    _direct: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)

    def predecessors(self, urn: str) -> tuple[str, ...]:
        """Every school whose pupils this one took over, directly or through others, by URN."""
        found: set[str] = set()
        waiting = [urn]
        while waiting:
            new = self._direct.get(waiting.pop(), frozenset()) - found - {urn}
            found |= new
            waiting += new
        return tuple(sorted(found))

    def before(self, urn: str) -> tuple[tuple[str, str], ...]:
        """(la, urn) of all that a school goes on from: its predecessors, and each school under its former authority."""
        known = [self.schools[of] for of in (*self.predecessors(urn), urn) if of in self.schools]
        named = [(la, school.urn) for school in known for la in (school.previous_la, school.la) if la]
        return tuple(each for each in named if each != (self.schools[urn].la, urn))


def read_directory(establishments: bytes, links: bytes | None = None) -> Directory:
    """The directory of an establishments file and, if there is one, a links file; DirectoryUnreadable if unusable."""
    schools: dict[str, School] = {}
    for number, row in _rows(establishments, "schools", _REQUIRED):
        school = _school(row, number)
        if school.urn in schools:
            raise DirectoryUnreadable(f"The schools file has URN {school.urn} twice, the second time in row {number}.")
        schools[school.urn] = school
    return Directory(MappingProxyType(schools), _direct_predecessors(links) if links is not None else {})


def _school(row: Mapping[str, str], number: int) -> School:
    def value(column: str) -> str:
        return row.get(column, "").strip()

    def read[T](column: str, how: Callable[[str], T]) -> T | None:
        text = value(column)
        try:
            return how(text) if text else None
        except ValueError:
            raise DirectoryUnreadable(f"The schools file, row {number}: {column} cannot be {text!r}.") from None

    urn, la, establishment = value("URN"), value("LA (code)"), value("EstablishmentNumber")
    if not urn:
        raise DirectoryUnreadable(f"The schools file has no URN in row {number}.")
    previous_la = value("PreviousLA (code)")
    type_code = value("TypeOfEstablishment (code)").lstrip("0")
    return School(
        urn=urn,
        la=la,
        la_name=value("LA (name)") or AUTHORITIES.get(la, ""),
        laestab=la + establishment.zfill(4) if establishment else "",
        name=value("EstablishmentName"),
        type_code=type_code,
        type_name=value("TypeOfEstablishment (name)"),
        in_framework=type_code in law.FRAMEWORK_TYPES.latest,
        phase=value("PhaseOfEducation (name)"),
        low_age=read("StatutoryLowAge", int),
        high_age=read("StatutoryHighAge", int),
        address=tuple(line for line in map(value, _ADDRESS) if line),
        postcode=value("Postcode"),
        head_title=value("HeadTitle (name)") or value("HeadTitle"),
        head_name=" ".join(part for part in map(value, ("HeadFirstName", "HeadLastName")) if part),
        head_job_title=value("HeadPreferredJobTitle"),
        opened=read("OpenDate", _date),
        closed=read("CloseDate", _date),
        previous_la=previous_la if _LA.fullmatch(previous_la) and previous_la not in (la, _NO_LA) else "",
    )


def _date(text: str) -> date:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a date, without a time
        except ValueError:
            continue
    raise ValueError(text)


def _direct_predecessors(links: bytes) -> Mapping[str, frozenset[str]]:
    """Each school's own predecessors; the file says it of either end, of most pairs of both."""
    direct: defaultdict[str, set[str]] = defaultdict(set)
    for _, row in _rows(links, "links", _REQUIRED_OF_LINKS):
        urn, linked, kind = (row.get(column, "").strip() for column in _REQUIRED_OF_LINKS)
        if kind.startswith("Predecessor"):  # also "- merged", "- amalgamated", "- Split School"
            direct[urn].add(linked)
        elif kind.startswith("Successor") or kind == "Result of Amalgamation":
            direct[linked].add(urn)
    return {urn: frozenset(earlier) for urn, earlier in direct.items()}


def _rows(content: bytes, which: str, required: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The records of a GIAS file with their numbers: the header is 1, a blank line is a record and says nothing."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("iso-8859-1")
    reader = csv.reader(io.StringIO(text, newline=""))
    number = 1
    try:
        header = [column.strip() for column in next(reader, [])]
        if missing := [column for column in required if column not in header]:
            raise DirectoryUnreadable(
                f"The {which} file lacks the column {' and '.join(missing)}; it has the layout of GIAS, with a header row."
            )
        for number, values in enumerate(reader, start=2):
            if any(values):
                yield number, dict(zip(header, values, strict=False))
    except csv.Error as fault:
        raise DirectoryUnreadable(f"The {which} file cannot be read after row {number}: {fault}.") from None
