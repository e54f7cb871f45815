"""What a court reads: the school's certificate of attendance, and the bundle of a case."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from attendance.codes import CODES
from attendance.pictures import Picture, heat_strip, legend, ten_weeks
from attendance.sessions import Session
from notices.letters import AttendanceRecord, ListedSession, Office, Officer, SupportStep, sessions_in_words
from notices.typesetting import Lines, Page, Printed, Text, issued, percent


class Pupil(Printed):
    """A child as a court must know them; the address is left out where it is protected."""

    name: Text
    date_of_birth: dt.date | None
    address: tuple[Text, ...]


class Parent(Printed):
    """A parent as a court must know them."""

    name: Text
    address: Lines
    relationship: Text


class Day(Printed):
    """The codes of one school day; None where the register has no mark."""

    date: dt.date
    am: Text | None
    pm: Text | None


class CertificatePage(Page):
    """Everything a certificate of attendance prints, for the head teacher to sign."""

    kind: Literal["certificate"] = "certificate"
    la: Text
    urn: Text
    authority: Text
    school: Text
    school_address: tuple[Text, ...]
    head: Text
    """Who signs: the head teacher by the directory, or their office."""
    child: Pupil
    parent: Parent | None
    """The parent for whose case it is made, or None."""
    attendance: AttendanceRecord
    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    known_at: AwareDatetime
    written_on: dt.date
    register_sha256: Text
    settings_version: Text
    software: Text

    def words(self) -> dict[str, Any]:
        """The certificate in words, with what each code used in it means."""
        words = super().words()
        words["attendance"]["percent"] = percent(self.attendance.attended, self.attendance.possible)
        codes = {code for day in self.days for code in (day.am, day.pm) if code}
        return words | {"codes": meanings(codes), "issued": issued(self.written_on)}


class NoticeIssued(Printed):
    """A document of the case and all that became of it."""

    reference: Text
    kind: Literal["notice_to_improve", "penalty_notice", "excluded_pupil_notice"]
    issued_on: dt.date
    to: Text
    what: Text
    """Amounts and days, or the improvement period."""
    became: Text
    issuer: Text | None
    """Who issued it, where it was not this authority."""


class StepTaken(Printed):
    """One decision: who, when, under which provision, and what came of it."""

    on: dt.date
    action: Text
    by: Text
    provision: str
    came: Text
    """What it moved, or why it was refused."""
    reason: str
    considered: tuple[Text, ...]


class EntryMade(Printed):
    """One entry of the register, also one that was replaced."""

    date: dt.date
    session: Literal["AM", "PM"]
    code: Text | None
    recorded_at: AwareDatetime | None
    recorded_by: str
    amendment_reason: str
    received_at: AwareDatetime
    in_force: bool


class Exhibit(Printed):
    """A file that the bundle rests on, and the SHA-256 by which it is known."""

    name: Text
    sha256: Text


class CaseBundlePage(Page):
    """Everything the bundle of a case prints for the authority's solicitor."""

    kind: Literal["case_bundle"] = "case_bundle"
    la: Text
    urn: Text
    case: Text
    authority: Office
    school: Text
    child: Pupil
    upn: Text
    parent: Parent
    offence_from: dt.date
    offence_until: dt.date
    prosecute_by: dt.date
    sessions: Annotated[tuple[ListedSession, ...], Field(min_length=1)]
    window: tuple[dt.date, ...]
    met_on: dt.date | None
    attendance: AttendanceRecord
    year: tuple[Day, ...]
    notices: tuple[NoticeIssued, ...]
    steps: tuple[StepTaken, ...]
    support: tuple[SupportStep, ...]
    entries: tuple[EntryMade, ...]
    exhibits: tuple[Exhibit, ...]
    known_at: AwareDatetime
    written_on: dt.date
    prepared_by: Officer
    provisions: tuple[Text, ...]
    evidence_sha256: Text
    register_sha256: Text
    settings_version: Text
    software: Text

    def words(self) -> dict[str, Any]:
        """The bundle in words, with the ten weeks and the year drawn."""
        words = super().words()
        words["attendance"]["percent"] = percent(self.attendance.attended, self.attendance.possible)
        sessions_in_words(self.sessions, words["sessions"])
        return words | {
            "weeks": drawn(self._ten_weeks()) if self.window else None,
            "strip": drawn(heat_strip([each for day in self.year for each in marks_of(day)])),
            "legend": drawn(legend()),
            "issued": issued(self.written_on),
        }

    def _ten_weeks(self) -> Picture:
        """The weeks in which the threshold was met, with the sessions relied on: these may lie in the school year before `year`."""
        within = {monday + dt.timedelta(days=n) for monday in self.window for n in range(7)}
        relied_on = {Session(each.date, each.session): each.code for each in self.sessions if each.date in within}
        marks = {session: code for day in self.year for session, code in marks_of(day) if session.day in within}
        return ten_weeks(self.window, sorted((marks | relied_on).items()), set(relied_on))


def marks_of(day: Day) -> list[tuple[Session, str | None]]:
    """The sessions of a day with their codes."""
    return [(Session(day.date, "AM"), day.am), (Session(day.date, "PM"), day.pm)]


def drawn(picture: Picture) -> dict[str, str]:
    """A picture as a template takes it."""
    return {"svg": picture.svg, "alt": picture.alt}


def meanings(codes: Iterable[str]) -> list[dict[str, str]]:
    """Codes with what they mean, in order."""
    return [{"code": code, "meaning": CODES[code].meaning} for code in sorted(codes)]
