"""Does a notice hold? Its file and its data against its record, the record against the parts, its sessions then and now.

What is compared is handed in; what differs is named. A `Verdict` carries both sides of each difference.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, Literal

from pydantic import AwareDatetime, computed_field

from attendance.notice_record import UNPRINTED
from attendance.register import Entry, parts_sha256
from attendance.sessions import Session
from attendance.standing import Frozen, MarkedSession

type School = tuple[str, str]
"""Authority and URN."""


class Recorded(Frozen):
    """What of a notice's record is needed to verify it."""

    reference: str
    kind: Literal["penalty_notice", "notice_to_improve"]
    la: str
    urn: str
    upn: str
    case: str
    issued_on: date
    known_at: AwareDatetime
    sessions: tuple[MarkedSession, ...]
    evidence_sha256: str
    register_sha256: str
    pdf_sha256: str
    schedule_sha256: str | None = None
    """Of the file that came with the letter, where sessions and support had no place in it."""

    @property
    def school(self) -> School:
        """The school that the notice is about."""
        return self.la, self.urn


@dataclass(frozen=True)
class Line:
    """The pupil's entries in registers that are read as one: as known when the notice was decided, and now."""

    then: Sequence[Entry]
    now: Sequence[Entry]


@dataclass(frozen=True)
class Refolded:
    """What the parts give today: the names of those that the notice was decided on, its evidence, the entries then and now.

    `evidence` is None where a part cannot be read any more.
    """

    parts: Sequence[str]
    evidence: str | None
    lines: Sequence[Line]


class Difference(Frozen):
    """One thing that should be equal and is not."""

    of: Literal["file", "data", "evidence", "register"]
    field: str
    recorded: Any
    found: Any


class Change(Frozen):
    """A listed session for which another entry is in force now than when the notice was decided."""

    date: date
    session: str
    code_then: str
    code_now: str | None
    amended_by: str | None
    amended_at: AwareDatetime | None
    received_at: AwareDatetime | None
    reason: str | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def stands(self) -> bool:
        """Whether the code is the same: what was entered anew says what the notice says."""
        return self.code_now == self.code_then


class Withdrawal(Frozen):
    """That the notice was withdrawn: told beside the verdict, for what was issued is still what was issued."""

    withdrawn_on: date
    ground: str
    reason: str | None = None


class Verdict(Frozen):
    """Whether an issued notice holds, and all that differs; `parts` is None where nobody asked for the evidence."""

    reference: str
    kind: str
    la: str
    urn: str
    issued_on: date
    known_at: AwareDatetime
    sessions: int
    parts: int | None
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    withdrawn: Withdrawal | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def holds(self) -> bool:
        """Whether all that was looked at is as it was issued, and no session was amended since."""
        return not self.differences and all(change.stands for change in self.changes)


def verified(
    whole: Mapping[str, Any],
    pdf: bytes,
    carried: Mapping[str, Any] | None,
    refolded: Refolded | None,
    withdrawn: Withdrawal | None,
    schedule: bytes | None = None,
) -> Verdict:
    """Hold a notice against its record.

    `whole` is the record as stored (ValidationError if it is none), `carried` the data inside the PDF, None if it cannot be
    read; `refolded` what the parts give, None if that is not asked; `schedule` what came with the letter, if found.
    """
    record = Recorded.model_validate(whole)
    differences = [
        *_of_file("pdf_sha256", record.pdf_sha256, pdf),
        *_of_schedule(record, schedule),
        *_of_data(whole, carried),
    ]
    changes: tuple[Change, ...] = ()
    if refolded is not None:
        differences += _of_parts(record, refolded)
        changes = tuple(_changes(record, refolded.lines)) if refolded.evidence is not None else ()
    return Verdict(
        reference=record.reference, kind=record.kind, la=record.la, urn=record.urn, issued_on=record.issued_on,
        known_at=record.known_at, sessions=len(record.sessions), parts=len(refolded.parts) if refolded else None,
        differences=tuple(differences), changes=changes, withdrawn=withdrawn,
    )  # fmt: skip


def schools_read(parts: Mapping[School, Sequence[str]], record: Recorded) -> tuple[School, ...]:
    """The schools whose parts the notice was decided on, among those that may have been read; all if no choice fits.

    The record does not list them, and need not: only the right ones give its `register_sha256`.
    """
    others = [school for school in parts if school != record.school and parts[school]]
    for n in range(len(others) + 1):
        for chosen in combinations(others, n):
            schools = (record.school, *chosen)
            names = (name for school in schools for name in parts.get(school, ()))
            if parts_sha256(names) == record.register_sha256:
                return schools
    return (record.school, *others)


def _of_file(field: str, recorded: str, body: bytes | None) -> Iterator[Difference]:
    found = None if body is None else hashlib.sha256(body).hexdigest()
    if found != recorded:
        yield Difference(of="file", field=field, recorded=recorded, found=found)


def _of_schedule(record: Recorded, schedule: bytes | None) -> Iterator[Difference]:
    if record.schedule_sha256 is not None:
        yield from _of_file("schedule_sha256", record.schedule_sha256, schedule)


def _of_data(whole: Mapping[str, Any], carried: Mapping[str, Any] | None) -> Iterator[Difference]:
    """The fields in which record and data differ. A record says null of what its kind of notice has not; its page is silent."""
    if carried is None:
        yield Difference(of="data", field="notice.json", recorded="attached", found=None)
        return
    for field in sorted(whole.keys() - UNPRINTED):
        if _composed(whole[field]) != _composed(carried.get(field)):
            yield Difference(of="data", field=field, recorded=whole[field], found=carried.get(field))


def _composed(value: Any) -> Any:
    """A value with its texts spelled as a page spells them (NFC)."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case dict():
            return {key: _composed(inner) for key, inner in value.items()}
        case list():
            return [_composed(inner) for inner in value]
        case _:
            return value


def _of_parts(record: Recorded, refolded: Refolded) -> Iterator[Difference]:
    text = refolded.evidence
    evidence = None if text is None else hashlib.sha256(text.encode()).hexdigest()
    if evidence != record.evidence_sha256:
        yield Difference(of="evidence", field="evidence_sha256", recorded=record.evidence_sha256, found=evidence)
    register = parts_sha256(refolded.parts)
    if register != record.register_sha256:
        yield Difference(of="register", field="register_sha256", recorded=record.register_sha256, found=register)


def _changes(record: Recorded, lines: Sequence[Line]) -> Iterator[Change]:
    """The sessions listed whose entry in force is another now; each is looked for where it had the code that is listed."""
    known = [(_in_force(line.then), _in_force(line.now)) for line in lines]
    for listed in record.sessions:
        at = listed.at
        relied_on = [(then[at], now.get(at)) for then, now in known if at in then and then[at].code == listed.code]
        elsewhere = (now[at] for _, now in known if at in now)
        before, entry = relied_on[0] if relied_on else (None, next(elsewhere, None))
        if entry is None or (entry.code != listed.code if before is None else _said(entry) != _said(before)):
            yield Change(
                date=listed.date, session=listed.session, code_then=listed.code, code_now=entry.code if entry else None,
                amended_by=entry.recorded_by if entry else None, amended_at=entry.recorded_at if entry else None,
                received_at=entry.received_at if entry else None, reason=entry.amendment_reason if entry else None,
            )  # fmt: skip


def _in_force(entries: Sequence[Entry]) -> Mapping[Session, Entry]:
    return {Session(each.date, each.session): each for each in entries if each.in_force}


def _said(entry: Entry) -> tuple[object, ...]:
    return entry.code, entry.recorded_at, entry.recorded_by, entry.amendment_reason
