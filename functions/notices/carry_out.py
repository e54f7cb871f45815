"""Carry out decisions in two conditional steps, reserve and write; write returns; see to dates that pass (design 4.5, 4.7)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from attendance.afterwards import expired
from attendance.asked import officer_of
from attendance.cases import Notice
from attendance.decisions import decide
from attendance.due import COLUMNS, EARLY_LETTER, return_csv
from attendance.events import DecisionMade, NoticeIssued, ReturnsDue
from attendance.facts import Outcome, Prepared, Refusal, Reservation, Withdrawn
from attendance.identifiers import letter_reference
from attendance.law import PROVISIONS, academic_year
from attendance.notice_record import SOFTWARE
from attendance.positions import Assessor
from attendance.recipients import for_an_officer
from attendance.standing import Positions
from attendance.text import csv_safe
from attendance.told import REMINDER, SEEN_BY_THE_SCHOOL, SUPPORT_PACK
from aws.buckets import Bucket
from aws.cases import Cases, Changed, PupilItems, ReturnItem, Step, live
from aws.clock import today
from aws.documents import Documents
from aws.keys import year_prefix
from aws.messages import Bus
from aws.observability import logger
from aws.pupils import Pupils
from aws.registers import TRIES, Contended, Registers
from aws.schools import Schools
from aws.settings import AuthoritySettings, SchoolWording
from aws.view import seen
from notices.kinds import page_of
from notices.papers import NOT_SHOWN, Known, early_letter, paper, reminder_letter, return_cover, withdrawal_letter
from notices.typesetting import NotPrintable, Page, render, unprintable


@dataclass(frozen=True)
class Notices:
    """The stage's doors and what it does with them."""

    registers: Registers
    schools: Schools
    settings: AuthoritySettings
    wording: SchoolWording
    cases: Cases
    positions: Bucket
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
                elif step.prepared:
                    self._prepare(event, step, step.prepared)
                elif step.reference:
                    self._write(event, step, step.reference)
                else:
                    self._settle(event, step)
            except Changed:
                logger.info("something changed while the decision was carried out: once more")
        raise Contended("a decision")

    def returns_due(self, event: ReturnsDue) -> None:
        """Write the returns of one kind of a school that are due, one file for each date."""
        for _ in range(TRIES):
            try:
                return self._write_returns(event)
            except Changed:
                logger.info("another worker named rows of these returns: once more")
        raise Contended("returns")

    def _write_returns(self, event: ReturnsDue) -> None:
        every = [each for each in self.cases.returns_of(event.la, event.urn, event.kind) if not each[1].lapsed]
        taken = {item.file for _, item in every if item.file}
        fresh = [(pupil, item) for pupil, item in every if not item.file and item.write_on <= event.day]
        named = [(pupil, item.model_copy(update={"file": _free_name(item, taken)})) for pupil, item in fresh]
        if event.kind == EARLY_LETTER:
            named = [(pupil, self._letter(event, pupil, item)) for pupil, item in named]
        self.cases.change_returns(event.la, named)
        pending = named + [(pupil, item) for pupil, item in every if item.file and not item.written]
        for name in sorted({item.file for _, item in pending if item.file}):
            of_file = [(pupil, item) for pupil, item in pending if item.file == name]
            if event.kind == REMINDER:
                for pupil, item in of_file:
                    self._remind(event.la, pupil, item)
            elif event.kind == SUPPORT_PACK:
                for _, item in of_file:
                    self._pack(event, name, item.due.made_due_on)
            whole = [item for _, item in of_file] + [item for _, item in every if item.file == name and item.written]
            body = _csv(event.kind, whole)
            self._list(event, name, whole, body)
            done = {"written": True, "page": None}  # the letter lies where it is read: its page is not kept twice
            self.cases.change_returns(event.la, [(pupil, item.model_copy(update=done)) for pupil, item in of_file])

    # ------------------------------------------------------------------ the two steps

    def _settle(self, event: DecisionMade, step: Step) -> None:
        """Decide on the facts and store what follows: an outcome, a refusal, or a reservation to be written.

        The decision itself is written beside the documents first: with the uploads it gives all else again.
        """
        decided = {**step.decision.model_dump(mode="json"), "pupil": event.pupil}
        self.documents.record(event.la, f"decisions/{event.decision}", decided)
        read = self.cases.of_pupil(event.la, event.pupil)
        known = self._known(event, step, read)
        outcome = decide(step.decision, known.facts)
        if isinstance(outcome, Outcome):
            outcome = self._printable(event, step, outcome, known)
        self.cases.settle(event.la, event.pupil, read, step, outcome)

    def _printable(self, event: DecisionMade, step: Step, outcome: Outcome, known: Known) -> Outcome | Refusal:
        """The outcome with the page of the letter or paper it brings; what cannot be printed is refused, back to the officer."""
        try:
            if outcome.reservation:
                return replace(outcome, reservation=self._that_fits(outcome.reservation))
            if page := self._page(event, step, outcome, known):
                render(page, self.fonts)
                return replace(outcome, page=page.model_dump(mode="json"))
        except NotPrintable as problem:
            return Refusal(f"{problem.field} {problem.reason}", PROVISIONS["particulars"].citation)
        return outcome

    def _that_fits(self, reservation: Reservation) -> Reservation:
        """The reservation whose letter the post takes: one with too many pages has sessions and support in a schedule beside it."""
        try:
            render(page_of(reservation.record, **reservation.printed), self.fonts)
        except NotPrintable as problem:
            if problem.field != "pages":
                raise
            shorter = replace(reservation, printed={**reservation.printed, "schedule": True})
            page = page_of(shorter.record, **shorter.printed)
            render(page, self.fonts)
            self._schedule(page)
            return shorter
        return reservation

    def _schedule(self, page: Page) -> bytes | None:
        """The schedule that comes with a letter, if it has one."""
        from notices.letters import NoticePage  # a letter's page has loaded it

        if not isinstance(page, NoticePage) or not page.schedule:
            return None
        from notices.schedules import schedule_of  # few letters are so long

        return render(schedule_of(page), self.fonts)

    def _page(self, event: DecisionMade, step: Step, outcome: Outcome, known: Known) -> Page | None:
        if outcome.withdrawn:
            # A notice that somebody else issued is recorded here and has no reservation: the issuer writes the letter.
            issued = {notice.reference for notice in outcome.notices if notice.issuer is None}
            ours = outcome.withdrawn.reference in issued
            reserved = self.cases.reserved(event.la, event.pupil, outcome.withdrawn.reference) if ours else None
            return withdrawal_letter(outcome.withdrawn, reserved, known) if reserved else None
        if outcome.prepared:
            known = replace(known, steps=self.cases.steps(event.la, event.pupil), records=self._records(known, outcome))
            return paper(outcome.prepared, step.decision, officer_of(step.decision, known.facts), known)
        return None

    def _records(self, known: Known, outcome: Outcome) -> dict[str, dict[str, Any]]:
        """The records of the case's own documents, as they lie in the bucket."""
        case = outcome.prepared.case if outcome.prepared else None
        mine = [n for n in known.facts.notices if n.case == case and n.issuer is None and n.standing != "expired"]
        found = {n.reference: self.documents.read(known.facts.la, f"notices/{n.reference}") for n in mine}
        return {reference: record for reference, record in found.items() if record is not None}

    def _write(self, event: DecisionMade, step: Step, reference: str) -> None:
        """Write what is reserved, from the reserved item only; after its day it expires, unless it lies in the bucket already."""
        read = self.cases.of_pupil(event.la, event.pupil)
        reserved = self.cases.reserved(event.la, event.pupil, reference)
        notice = next((n for n in read.notices if n.reference == reference), None)
        if reserved is None or notice is None:
            raise RuntimeError("a decision names a reservation that is not there")
        if reserved.issued_on < today() and not self.documents.written(event.la, f"notices/{reference}"):
            case = next(case for case in read.cases if case.id == notice.case)
            self.cases.expire(event.la, event.pupil, read, step, notice, expired(notice, case, read.notices))
            return
        page = page_of(reserved.record, **reserved.printed)
        record = reserved.record
        if schedule := self._schedule(page):
            self.documents.enclose(event.la, f"schedules/{reference}", schedule, notice.retain_until)
            record = record | {"schedule_sha256": hashlib.sha256(schedule).hexdigest()}
        self.documents.write(event.la, f"notices/{reference}", render(page, self.fonts), record, notice.retain_until)
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
        """Write the letter that withdraws a notice, and its record; the notice itself stays as it is."""
        key, record = f"withdrawals/{withdrawn.reference}", withdrawn.model_dump(mode="json")
        if step.page:
            self.documents.write(event.la, key, render(page_of(step.page), self.fonts), record)
        else:
            self.documents.record(event.la, key, record)
        self.cases.finished(event.la, event.pupil, step)

    def _prepare(self, event: DecisionMade, step: Step, prepared: Prepared) -> None:
        """Write a paper that an officer asked for, and its record."""
        if step.page is None:
            raise RuntimeError("a paper to be written without its page")
        decision = step.decision
        record = {
            **prepared.model_dump(mode="json"), "la": event.la, "urn": decision.urn, "upn": decision.upn,
            "parent_id": decision.parent_id, "decision": decision.id, "by": decision.by, "on": decision.on.isoformat(),
            "software": SOFTWARE,
        }  # fmt: skip
        pdf = render(page_of(step.page), self.fonts)
        self.documents.write(event.la, f"papers/{prepared.kind}-{decision.id}", pdf, record)
        self.cases.finished(event.la, event.pupil, step)

    def _list(self, event: ReturnsDue, name: str, items: Sequence[ReturnItem], body: bytes) -> None:
        """Put a return or list where it is read: the authority's bucket, the school's folder, or both."""
        of_school, csv_file = f"{event.la}/{event.urn}", "text/csv; charset=utf-8"
        if event.kind == EARLY_LETTER:
            for item in items:
                key = f"{of_school}/letters/{item.due.row['letter']}"
                if item.page and self.reports.get(key) is None:
                    self.reports.put_once(key, render(page_of(item.page), self.fonts), "application/pdf")
            self.reports.put_ours(f"{of_school}/letters/{name}", body, csv_file)
            return
        if event.kind in COLUMNS:
            self._cover(event, name, items, body)
        self.documents.list_file(event.la, "returns" if event.kind in COLUMNS else "told", name, body)
        if event.kind in SEEN_BY_THE_SCHOOL:
            self.reports.put_ours(f"{of_school}/told/{name}", body, csv_file)

    def _letter(self, event: ReturnsDue, pupil: str, item: ReturnItem) -> ReturnItem:
        """A row of the early letters with the page of its letter, or with why it cannot be printed."""
        due = item.due
        if due.row["because"]:
            return item
        reference = letter_reference(due.urn, pupil, due.since, int(due.row["level"]), self.secret)
        letters, school = self.wording.on(event.urn, today()), self.schools.listed(event.urn).school
        page = None
        try:
            page = early_letter(due.row, letters, school, reference, today())
            render(page, self.fonts)
            told = {"letter": f"{reference}.pdf", "what_to_do": "print the letter and send it"}
        except NotPrintable as problem:
            told = {"because": f"{problem.field} {problem.reason}", "what_to_do": "write or call yourselves"}
        printed = page.model_dump(mode="json") if page and "letter" in told else None
        return item.model_copy(update={"page": printed, "due": due.model_copy(update={"row": {**due.row, **told}})})

    def _shown(self, text: str) -> str:
        """A text as it can be printed: what cannot is said to be so, and stands in the file beside the document."""
        return NOT_SHOWN if text and unprintable(text, self.fonts) else text

    def _pack(self, event: ReturnsDue, name: str, term_end: date) -> None:
        """Write the pack of a school's termly meeting, from the positions as last computed in that school year."""
        from notices.packs import support_pack  # once a term

        stored = self.positions.get(f"{year_prefix(event.la, event.urn, academic_year(term_end))}positions.json")
        settings, listed = self.settings.on(event.la, term_end), self.schools.listed(event.urn)
        if stored is None or settings is None:
            raise RuntimeError("a pack is due without positions or settings")
        positions = Positions.model_validate_json(stored.body)
        school = seen(
            self.registers, self.registers.read(event.la, event.urn), listed, settings, positions.as_at, {}, {}
        )
        assessor = Assessor(school.view, positions.as_at)
        every = self.cases.of_school(event.la, event.urn).cases.values()
        cases = {
            current[-1].upn: current[-1]
            for each in every
            if (current := [c for c in live(each) if c.state != "lapsed"])
        }
        given = (positions, assessor, cases, settings, event.la, listed.school)
        try:
            pdf = render(support_pack(*given), self.fonts)
        except NotPrintable:
            pdf = render(support_pack(*given, self._shown), self.fonts)
        self.documents.letter(event.la, f"packs/{name.removesuffix('.csv')}", pdf)

    def _cover(self, event: ReturnsDue, name: str, items: Sequence[ReturnItem], body: bytes) -> None:
        """Write the cover of a return beside its file; without settings an authority gets returns and no documents.

        A name that cannot be printed is said to be so and stands in the file: the others go out all the same.
        """
        settings, school = self.settings.on(event.la, today()), self.schools.listed(event.urn).school
        if settings is None:
            return

        dues = [item.due for item in items]
        try:
            pdf = render(return_cover(dues, items[0].dated, name, body, settings, event.la, school), self.fonts)
        except NotPrintable:
            pdf = render(
                return_cover(dues, items[0].dated, name, body, settings, event.la, school, self._shown), self.fonts
            )
        self.documents.letter(event.la, f"returns/{name.removesuffix('.csv')}", pdf)

    def _remind(self, la: str, pupil: str, item: ReturnItem) -> None:
        """Write the letter of a row of the reminders, if the notice is still to be paid by that day."""
        last, reference, on = item.due.since.split()
        settings = self.settings.on(la, today())
        notice = next((n for n in self.cases.of_pupil(la, pupil).notices if n.reference == reference), None)
        reserved = self.cases.reserved(la, pupil, reference) if notice else None
        if notice is None or reserved is None or settings is None or self._for_an_officer(la, item.due.upn, notice):
            return
        if page := reminder_letter(last, notice, reserved, settings, today()):
            # The day is in the key: where receipt moved the last day, that day has its own letter.
            self.documents.letter(la, f"reminders/{reference}-{last}-{on}", render(page, self.fonts))

    def _for_an_officer(self, la: str, upn: str, notice: Notice) -> bool:
        """Whether only an officer writes to this parent by now: who died, moved, or is to be sent nothing (field.md E45 to E47)."""
        roll = self.registers.read(la, notice.urn).roll
        pupil = roll.pupils.get(upn)
        parent = next((p for p in roll.parents.get(upn, ()) if p.parent_id == notice.parent_id), None)
        return pupil is None or parent is None or for_an_officer(pupil, parent, today()) is not None

    def _known(self, event: DecisionMade, step: Step, read: PupilItems) -> Known:
        pupils = Pupils(self.registers, self.schools, self.settings, self.cases, self.secret)
        decision = step.decision
        found = pupils.seen(event.la, event.pupil, decision.upn, decision.urn, read, today())
        return Known(found.facts, found.school, found.entries, (), {})


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
