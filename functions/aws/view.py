"""A school as the rules see it, put together from its registers, its predecessors', and the directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from attendance.law import DATE_YEARS_BACK, academic_year
from attendance.marks import read_marks
from attendance.positions import SchoolView
from attendance.roll import continued
from attendance.settings import Settings
from attendance.standing import Carried, PupilHistory
from aws.registers import Registers, SchoolRecord
from aws.schools import Listed


@dataclass(frozen=True)
class SeenSchool:
    """A school's view for a day, with the records it was made from (its own first)."""

    view: SchoolView
    records: tuple[SchoolRecord, ...]

    @property
    def known_at(self) -> datetime | None:
        """The latest receipt among all registers read."""
        return latest_receipt(self.records)

    @property
    def bodies(self) -> list[bytes]:
        """Every register read."""
        return [body for record in self.records for body in record.bodies]

    def with_others(self, registers: Registers, carried: Iterable[Carried]) -> tuple[SchoolRecord, ...]:
        """The records that a decision about a pupil rests on, each once: the school's, and those of what others carry over."""
        found = {(record.la, record.urn): record for record in self.records}
        for each in carried:
            if each.urn != self.view.urn and (each.la, each.urn) not in found:
                found[each.la, each.urn] = registers.read(each.la, each.urn)
        return tuple(found.values())


def first_year(today: date) -> int:
    """The first academic year whose marks are looked at on a day: no mark of an earlier one is taken any more."""
    return academic_year(today) - DATE_YEARS_BACK.latest


def seen(
    registers: Registers,
    own: SchoolRecord,
    listed: Listed,
    settings: Settings | None,
    today: date,
    carried: Mapping[str, tuple[Carried, ...]],
    history: Mapping[str, PupilHistory],
) -> SeenSchool:
    """The school as at a day; a successor reads its predecessors' registers as its own (design 4.4, Across schools).

    So does a school that changed its authority: what it sent under the former code is its own.
    """
    earlier = [registers.read(la, urn) for la, urn in listed.before(own.la, own.urn)]
    records = (own, *earlier)
    since = first_year(today)
    bodies = [body for record in records for year, body in sorted(record.registers.items()) if year >= since]
    view = SchoolView(
        urn=own.urn,
        la=own.la,
        in_framework=listed.in_framework,
        marks=read_marks(bodies),
        roll=continued(own.roll, [record.roll for record in earlier]) if earlier else own.roll,
        has_settings=settings is not None,
        carried=carried,
        history=history,
    )
    return SeenSchool(view, records)


def latest_receipt(records: Iterable[SchoolRecord]) -> datetime | None:
    """The latest receipt among the parts of all records; None where nothing was received."""
    return max((record.known_at for record in records if record.known_at), default=None)
