"""One pupil as a decision sees them: all facts that it rests on, put together from every door (design 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from attendance.cases import Case, pupil_history
from attendance.directory import School
from attendance.facts import Facts, Place, people_known
from attendance.positions import Assessor
from attendance.register import Entry, entries_of, evidence
from attendance.sessions import Session
from aws.cases import Cases, PupilItems, live
from aws.registers import Registers
from aws.schools import Listed, Schools
from aws.settings import AuthoritySettings
from aws.view import latest_receipt, seen

NOTHING_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class PupilSeen:
    """The facts of one pupil on a day, the directory's entry of the school, and the registers that the facts rest on."""

    facts: Facts
    school: School | None
    bodies: Sequence[bytes]

    def entries(self) -> list[Entry]:
        """Every entry of the pupil, other schools' too."""
        return entries_of(self.bodies, self.facts.standing.position.upn)


@dataclass(frozen=True)
class Pupils:
    """The doors that tell all of a pupil."""

    registers: Registers
    schools: Schools
    settings: AuthoritySettings
    cases: Cases
    secret: bytes

    def seen(self, la: str, pupil: str, upn: str, urn: str, read: PupilItems, day: date) -> PupilSeen:
        """The pupil on a day, with the items as `read`; `urn` is the school that counts where no case is open."""
        current = [case for case in live(read.cases) if case.state != "lapsed"]
        urn = current[-1].urn if current else urn
        record = self.registers.read(la, urn)
        listed = self.schools.listed(urn)
        settings = self.settings.on(la, day)
        notices = (*read.notices, *read.elsewhere)
        ids = people_known(pupil, urn, record.roll.parents.get(upn, ()), notices, self.secret)
        unclear = read.persons.unclear(ids)
        recorded = frozenset(n.issuer for n in notices if n.issuer)
        history = pupil_history(live(read.cases), notices, recorded, bool(unclear))
        school = seen(self.registers, record, listed, settings, day, {upn: read.carried}, {upn: history})
        assessor = Assessor(school.view, day)
        records = school.with_others(self.registers, read.carried)
        bodies = [body for each in records for body in each.bodies]

        def evidence_of(sessions: Sequence[Session]) -> str:
            return evidence(bodies, upn, [(s.day.isoformat(), s.half) for s in sessions])

        entry = listed.school
        facts = Facts(
            today=day,
            known_at=latest_receipt(records) or NOTHING_KNOWN,
            la=la,
            urn=urn,
            pupil=pupil,
            before=self._before(listed, la, urn, pupil),
            school_la=listed.belongs_to(la),
            school=Place(entry.name, (*entry.address, entry.postcode)) if entry else Place(f"School {urn}", ()),
            settings=settings,
            assessor=assessor,
            standing=assessor.standing(upn),
            cases=live(read.cases),
            forgotten=tuple(case for case in read.cases if case.state == "forgotten"),
            notices=read.notices,
            elsewhere=read.elsewhere,
            persons=read.persons,
            unclear=unclear,
            evidence=evidence_of,
            parts=tuple(name for each in records for name in each.parts),
            secret=self.secret,
        )
        return PupilSeen(facts, entry, bodies)

    def _before(self, listed: Listed, la: str, urn: str, pupil: str) -> tuple[Case, ...]:
        """The pupil's cases in the authorities that the school and its predecessors belonged to before."""
        former = sorted({of for of, _ in listed.before(la, urn)} - {la})
        return tuple(case for of in former for case in live(self.cases.of_pupil(of, pupil).cases))
