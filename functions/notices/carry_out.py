"""Carry out decisions in two conditional steps, reserve and write; write returns; see to dates that pass (design 4.5, 4.7)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from attendance.afterwards import expired
from attendance.cases import Case, pupil_history
from attendance.decisions import decide
from attendance.events import DecisionMade, NoticeIssued, ReturnsDue
from attendance.facts import Facts, Outcome, Place, Refusal, Reservation, Withdrawn, people_known
from attendance.law import PROVISIONS
from attendance.positions import Assessor
from attendance.register import evidence
from attendance.returns import COLUMNS, return_csv
from attendance.sessions import Session
from attendance.text import csv_safe, pretty_json
from attendance.told import SEEN_BY_THE_SCHOOL
from aws.buckets import Bucket
from aws.cases import Cases, Changed, PupilItems, ReturnItem, Step, live
from aws.clock import today
from aws.documents import Documents
from aws.messages import Bus
from aws.observability import logger
from aws.registers import TRIES, Contended, Registers
from aws.schools import Listed, Schools
from aws.settings import AuthoritySettings
from aws.view import seen
from notices.letters import NotPrintable, page_of, render

NOTHING_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Notices:
    """The stage's doors and what it does with them."""

    registers: Registers
    schools: Schools
    settings: AuthoritySettings
    cases: Cases
    documents: Documents
    reports: Bucket
    bus: Bus
    secret: bytes
    fonts: Path

    def decision_made(self, event: DecisionMade) -> None:
        """Carry out a recorded decision; nothing if it has its outcome already."""
        for _ in range(TRIES):
            step = self.cases.step(event.la, event.pupil, event.decision)
            if step is None:
                raise RuntimeError("the decision named is not recorded")
            if step.outcome is not None:
                # What counts at the school may have changed: the next schedule computes it again. Said by every delivery.
                self.cases.school_due(event.la, step.decision.urn, today())
                return
            try:
                if step.withdrawn:
                    self._withdraw(event, step, step.withdrawn)
                elif step.reference:
                    self._write(event, step, step.reference)
                else:
                    self._settle(event, step)
            except Changed:
                logger.info("something changed while the decision was carried out: once more")
        raise Contended("a decision")

    def returns_due(self, event: ReturnsDue) -> None:
        """Write the returns of one kind of a school that are due, one file for each date."""
        every = [each for each in self.cases.returns_of(event.la, event.urn, event.kind) if not each[1].lapsed]
        taken = {item.file for _, item in every if item.file}
        fresh = [(pupil, item) for pupil, item in every if not item.file and item.write_on <= event.day]
        named = [(pupil, item.model_copy(update={"file": _free_name(item, taken)})) for pupil, item in fresh]
        self.cases.change_returns(event.la, named)
        pending = named + [(pupil, item) for pupil, item in every if item.file and not item.written]
        for name in sorted({item.file for _, item in pending if item.file}):
            of_file = [(pupil, item) for pupil, item in pending if item.file == name]
            whole = [item for _, item in of_file] + [item for _, item in every if item.file == name and item.written]
            body = _csv(event.kind, whole)
            self.documents.list_file(event.la, "returns" if event.kind in COLUMNS else "told", name, body)
            if event.kind in SEEN_BY_THE_SCHOOL:
                self.reports.put_ours(f"{event.la}/{event.urn}/told/{name}", body, "text/csv; charset=utf-8")
            self.cases.change_returns(
                event.la, [(pupil, item.model_copy(update={"written": True})) for pupil, item in of_file]
            )

    # ------------------------------------------------------------------ the two steps

    def _settle(self, event: DecisionMade, step: Step) -> None:
        """Decide on the facts and store what follows: an outcome, a refusal, or a reservation to be written."""
        read = self.cases.of_pupil(event.la, event.pupil)
        outcome = decide(step.decision, self._facts(event, step, read))
        if isinstance(outcome, Outcome) and outcome.reservation:
            outcome = self._printable(outcome, outcome.reservation)
        self.cases.settle(event.la, event.pupil, read, step, outcome)

    def _printable(self, outcome: Outcome, reservation: Reservation) -> Outcome | Refusal:
        """What cannot be printed is refused before anything is reserved, back to the officer."""
        try:
            render(page_of(reservation.record, **reservation.printed), self.fonts)
        except NotPrintable as problem:
            return Refusal(f"{problem.field} {problem.reason}", PROVISIONS["particulars"].citation)
        return outcome

    def _write(self, event: DecisionMade, step: Step, reference: str) -> None:
        """Write what is reserved, from the reserved item only; after its day it expires, unless it lies in the bucket already."""
        read = self.cases.of_pupil(event.la, event.pupil)
        reserved = self.cases.reserved(event.la, event.pupil, reference)
        notice = next((n for n in read.notices if n.reference == reference), None)
        if reserved is None or notice is None:
            raise RuntimeError("a decision names a reservation that is not there")
        if reserved.issued_on < today() and not self.documents.issued(event.la, reference):
            case = next(case for case in read.cases if case.id == notice.case)
            self.cases.expire(event.la, event.pupil, read, step, notice, expired(notice, case, read.notices))
            return
        pdf = render(page_of(reserved.record, **reserved.printed), self.fonts)
        record = {**reserved.record, "pdf_sha256": hashlib.sha256(pdf).hexdigest()}
        self.documents.issue(event.la, reference, pdf, pretty_json(record).encode())
        self.bus.tell(
            NoticeIssued(
                la=event.la,
                case=notice.case or "",
                reference=reference,
                kind=notice.kind,
                correlation_id=event.correlation_id,
            )
        )
        self.cases.written(event.la, event.pupil, step, notice, reserved)

    def _withdraw(self, event: DecisionMade, step: Step, withdrawn: Withdrawn) -> None:
        """Write the record of a withdrawal; the document itself stays as it is."""
        record = pretty_json(withdrawn.model_dump(mode="json")).encode()
        self.documents.withdrawal(event.la, withdrawn.reference, record)
        self.cases.finished(event.la, event.pupil, step)

    def _facts(self, event: DecisionMade, step: Step, read: PupilItems) -> Facts:
        decision, day = step.decision, today()
        la, upn = event.la, decision.upn
        current = [case for case in live(read.cases) if case.state != "lapsed"]
        urn = current[-1].urn if current else decision.urn
        record = self.registers.read(la, urn)
        listed = self.schools.listed(urn)
        settings = self.settings.on(la, day)
        notices = (*read.notices, *read.elsewhere)
        ids = people_known(event.pupil, urn, record.roll.parents.get(upn, ()), notices, self.secret)
        unclear = read.persons.unclear(ids)
        recorded = frozenset(n.issuer for n in notices if n.issuer)
        history = pupil_history(live(read.cases), notices, recorded, bool(unclear))
        school = seen(self.registers, record, listed, settings, day, {upn: read.carried}, {upn: history})
        assessor = Assessor(school.view, day)
        standing = assessor.standing(upn)
        records = school.with_others(self.registers, read.carried)
        bodies = [body for each in records for body in each.bodies]

        def evidence_of(sessions: Sequence[Session]) -> str:
            return evidence(bodies, upn, [(s.day.isoformat(), s.half) for s in sessions])

        entry = listed.school
        return Facts(
            today=day,
            known_at=max((each.known_at for each in records if each.known_at), default=NOTHING_KNOWN),
            la=la,
            urn=urn,
            pupil=event.pupil,
            before=self._before(listed, la, urn, event.pupil),
            school_la=listed.belongs_to(la),
            school=Place(entry.name, (*entry.address, entry.postcode)) if entry else Place(f"School {urn}", ()),
            settings=settings,
            assessor=assessor,
            standing=standing,
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

    def _before(self, listed: Listed, la: str, urn: str, pupil: str) -> tuple[Case, ...]:
        """The pupil's cases in the authorities that the school and its predecessors belonged to before."""
        former = sorted({of for of, _ in listed.before(la, urn)} - {la})
        return tuple(case for of in former for case in live(self.cases.of_pupil(of, pupil).cases))


def _free_name(item: ReturnItem, taken: set[str]) -> str:
    """The name of the file for a return; a date whose file is written already gets a further one, for it never changes."""
    stem = f"{item.due.kind}-{item.due.urn}-{item.dated.isoformat()}"
    names = (f"{stem}.csv" if n == 1 else f"{stem}-{n}.csv" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _csv(kind: str, items: Sequence[ReturnItem]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in return_csv(kind, [item.due for item in items]):
        writer.writerow([csv_safe(value) for value in row])
    return text.getvalue().encode()
