"""The letters to a parent: the two notices, the withdrawal, the reminder, and the school's early letter.

Page one of each fits the window of an envelope and GOV.UK Notify's letters (docs/documents.md).
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self

import segno
from pydantic import AwareDatetime, Field, model_validator

from attendance import law
from attendance.codes import CODES
from notices.typesetting import (
    Count,
    Lines,
    NotPrintable,
    Page,
    Pence,
    Printed,
    Text,
    day_in_words,
    if_given,
    issued,
    percent,
)

FIGURES: Mapping[str, law.Figure[int]] = {
    "threshold_sessions": law.THRESHOLD_SESSIONS,
    "threshold_weeks": law.THRESHOLD_WEEKS,
    "notice_limit": law.NOTICE_LIMIT,
    "limit_years": law.LIMIT_YEARS,
}
QUIET_ZONE = 4  # modules of white around a QR code, ISO/IEC 18004
# What GOV.UK Notify asks of an address (template-preview, read in 2026): docs/documents.md, The page.
LEAST_LINES = 3
NO_LINE_BEGINS = '@()=[]"\\/,<>~'
POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|BFPO ?[0-9]{1,4}", re.IGNORECASE)
NO_ADDRESS = frozenset({"nfa", "nofixedabode", "nofixedaddress"})


class Office(Printed):
    """The head of a letter: whose it is and how to reach them."""

    name: Text
    address: Lines
    phone: Text
    email: Text


class Payment(Printed):
    """How to pay: a page of the authority that works out the sum due that day, and whether parts are taken."""

    url: Annotated[Text, Field(pattern=r"^https://\S+$")]
    instalments: bool
    phone: Text | None = if_given()
    link: Annotated[Text, Field(pattern=r"^https://\S+$")] | None = if_given()
    """The same page with the reference filled in, where the authority's page takes one; never an amount."""


class Recipient(Printed):
    """The parent the letter is addressed to, as the envelope's window shows it."""

    name: Text
    address: Lines


class Child(Printed):
    """The child and the address the notice gives; the caller puts `c/o` the school or authority for a protected one."""

    name: Text
    address: Lines


class Officer(Printed):
    """Who authorised the notice, by name and office."""

    id: Text
    name: Text
    office: Text


class ListedSession(Printed):
    """One session of unauthorised absence that the notice relies on."""

    date: dt.date
    session: Literal["AM", "PM"]
    code: Text


class SupportStep(Printed):
    """One thing done to help, and what came of it, in plain words."""

    date: dt.date
    what: Text
    outcome: Text


class AttendanceRecord(Printed):
    """Sessions of the child from `since` to `until`, both days included; `possible` is the sum of the three others."""

    since: dt.date
    until: dt.date
    possible: Count
    attended: Count
    authorised: Count
    unauthorised: Count


class Letter(Page):
    """What every letter has: a reference, a day, how it is posted, who it is to; `from_` names the field of who it is from."""

    from_: ClassVar[Literal["authority", "school"]] = "authority"
    reference: Text
    post: Literal["first", "second", "hand"]
    recipient: Recipient

    def problems(self) -> Iterator[tuple[str, str]]:
        """What the post would send back: an address that GOV.UK Notify refuses (not asked of a letter handed over)."""
        if self.post == "hand":
            return
        lines = (self.recipient.name, *self.recipient.address)
        fields = ("recipient.name", *["recipient.address"] * len(self.recipient.address))
        if len(lines) < LEAST_LINES:
            yield "recipient.address", "needs two lines at least to be posted: one of the address, and the postcode"
        if not POSTCODE.fullmatch(lines[-1]):
            yield "recipient.address", "ends with no United Kingdom postcode: correct it, or deliver the letter by hand"
        for field, line in zip(fields, lines, strict=True):
            if line[0] in NO_LINE_BEGINS:
                yield field, f"has a line that begins with {line[0]}: the post takes none"
            if re.sub(r"[^a-z]", "", line.casefold()) in NO_ADDRESS:
                yield field, "is no fixed abode: deliver the letter by hand"
        for field, line in zip(fields[:2], lines[:2], strict=True):
            if not re.search(r"[A-Za-z0-9]", line):
                yield field, "has no letter from a to z and no digit: give the spelling in Latin letters for the post"

    def words(self) -> dict[str, Any]:
        """The letter in words, with its head and the day it bears."""
        words = super().words()
        return words | {
            "head": words[self.from_],
            "head_field": self.from_,
            "dated": day_in_words(self.day),
            "issued": issued(self.day),
        }

    @property
    def day(self) -> dt.date:
        """The day the letter bears."""
        raise NotImplementedError


class NoticePage(Letter):
    """What both notices print: the notice record less upn, parent_id and case, and the people and places."""

    attachment: ClassVar[str] = "notice.json"
    authority: Office
    la: Text
    urn: Text
    issued_on: dt.date
    as_at: dt.date
    known_at: AwareDatetime
    posted_on: dt.date
    presumed_received_on: dt.date
    sessions: Annotated[tuple[ListedSession, ...], Field(min_length=1)]
    window: tuple[dt.date, ...]
    main_reason: Literal["holiday", "late", "other"]
    authorised_by: Officer
    provisions: tuple[Text, ...]
    support: tuple[SupportStep, ...]
    evidence_sha256: Text
    register_sha256: Text
    settings_version: Text
    software: Text
    child: Child
    school: Text
    sender: Text | None = if_given()
    """The school, where the notice is its own and not the authority's."""
    schedule: Literal[True] | None = if_given()
    """Sessions and support are printed in a schedule that comes with the letter, else too long for the post."""

    @property
    def day(self) -> dt.date:
        """The day of issue."""
        return self.issued_on

    def words(self) -> dict[str, Any]:
        """The notice in words, with the meaning of each code and the figures of the law on the day of issue."""
        words = super().words()
        sessions_in_words(self.sessions, words["sessions"])
        days = [listed.date for listed in self.sessions]
        return words | {
            "law": {name: figure.on(self.issued_on) for name, figure in FIGURES.items()},
            "first_session": day_in_words(min(days)),
            "last_session": day_in_words(max(days)),
            "schedule": self.schedule,
        }


class PenaltyNoticePage(NoticePage):
    """Everything a Penalty Notice prints; a second notice has no reduced amount."""

    kind: Literal["penalty_notice"] = "penalty_notice"
    sequence: Literal[1, 2]
    amount_pence: Pence
    reduced_amount_pence: Pence | None
    reduced_until: dt.date | None
    pay_by: dt.date
    prosecute_by: dt.date
    ground: Literal["support_not_appropriate", "support_failed", "improvement_failed", "ended_early", "below_threshold"]
    payment: Payment
    called: Text | None = if_given()
    """What the authority calls the document, where it is not the usual name."""

    @model_validator(mode="after")
    def _reduced_for_a_first_notice_only(self) -> Self:
        reduced = {self.reduced_amount_pence is not None, self.reduced_until is not None}
        if reduced != {self.sequence == 1}:
            raise ValueError("a first notice has a reduced amount and its last day, a second has neither")
        return self

    def words(self) -> dict[str, Any]:
        """The notice in words, with the code to scan."""
        words = super().words()
        words["full_from"] = self.reduced_until and day_in_words(self.reduced_until + dt.timedelta(days=1))
        words["pay_days"] = self._days_from_receipt(self.pay_by)
        words["reduced_days"] = self.reduced_until and self._days_from_receipt(self.reduced_until)
        words["payment"] = payment_in_words(self.payment)
        return words

    def _days_from_receipt(self, last: dt.date) -> int:
        """Days from presumed receipt to the last one, both counted: receipt is day 1 (SI 2007/1867 reg 4)."""
        return (last - self.presumed_received_on).days + 1


class NoticeToImprovePage(NoticePage):
    """Everything a Notice to Improve prints: `target` says what sufficient improvement is."""

    kind: Literal["notice_to_improve"] = "notice_to_improve"
    improvement_from: dt.date
    improvement_until: dt.date
    target: Text
    attendance: AttendanceRecord

    def words(self) -> dict[str, Any]:
        """The notice in words, with the attendance in percent."""
        words = super().words()
        words["attendance"]["percent"] = percent(self.attendance.attended, self.attendance.possible)
        return words


class _AboutNotice(Letter):
    """What every later letter about a penalty notice prints of it; the child's address is in none."""

    authority: Office
    la: Text
    urn: Text
    issued_on: dt.date
    """The day on which the notice was issued."""
    received_pence: Count
    child: Text
    school: Text
    settings_version: Text
    software: Text


class WithdrawalPage(_AboutNotice):
    """Everything the letter prints that withdraws a penalty notice (SI 2007/1867 regs 8 and 9)."""

    kind: Literal["withdrawal"] = "withdrawal"
    withdrawn_on: dt.date
    ground: Literal["ought_not", "wrong_person", "material_error", "not_prosecuting"]
    refund_pence: Count
    withdrawn_by: Officer
    provisions: tuple[Text, ...]

    @property
    def day(self) -> dt.date:
        """The day of the withdrawal."""
        return self.withdrawn_on

    def words(self) -> dict[str, Any]:
        """The letter in words; nothing received or paid back is said as nothing."""
        words = super().words()
        return words | {
            name: words[name] if getattr(self, name) else None for name in ("received_pence", "refund_pence")
        }


class ReminderPage(_AboutNotice):
    """Everything a reminder prints before the last day for the lower amount, or for payment."""

    kind: Literal["reminder"] = "reminder"
    written_on: dt.date
    last: Literal["reduced", "full"]
    """Whose last day comes: the lower amount's, or the full one's."""
    owed_pence: Pence
    """What is left to pay until `until`."""
    until: dt.date
    amount_pence: Pence
    pay_by: dt.date
    payment: Payment

    @property
    def day(self) -> dt.date:
        """The day on which the reminder is written."""
        return self.written_on

    def words(self) -> dict[str, Any]:
        """The reminder in words, with the code to scan; nothing received is left unsaid."""
        words = super().words()
        received = words["received_pence"] if self.received_pence else None
        return words | {"received_pence": received, "payment": payment_in_words(self.payment)}


class EarlyLetterPage(Letter):
    """Everything a school's early letter prints, before any threshold: plain, warm, and about help."""

    from_: ClassVar[Literal["authority", "school"]] = "school"
    kind: Literal["early_letter"] = "early_letter"
    school: Office
    level: Annotated[int, Field(gt=0)]
    """The number of sessions for which the school keeps this wording (4, 7, 9)."""
    missed: Annotated[int, Field(gt=0)]
    since: dt.date
    """The Monday of the first of the school weeks counted."""
    written_on: dt.date
    days: tuple[ListedSession, ...]
    child: Text
    opening: Text
    support: Lines
    """What help there is, each a sentence."""
    closing: Text
    contact: Text
    """Whom to call, by name and office."""
    software: Text

    @property
    def day(self) -> dt.date:
        """The day on which the letter is written."""
        return self.written_on

    def words(self) -> dict[str, Any]:
        """The letter in words, with the meaning of each code."""
        words = super().words()
        sessions_in_words(self.days, words["days"])
        return words


def payment_in_words(payment: Payment) -> dict[str, Any]:
    """How to pay, with the QR code of the payment page as SVG."""
    code = _code(payment.link or payment.url)
    return {"phone": None, "link": None} | payment.model_dump() | {"qr": code}


@lru_cache(maxsize=64)  # an authority has one page to pay at, and making its code takes as long as setting a page
def _code(url: str) -> str:
    """The code to scan for a page, as SVG."""
    return segno.make(url, micro=False).svg_inline(border=QUIET_ZONE)


def sessions_in_words(sessions: Sequence[ListedSession], spoken: Sequence[dict[str, Any]]) -> None:
    """Add to each session as spoken what its code means; NotPrintable where it is no code."""
    for listed, words in zip(sessions, spoken, strict=True):
        if listed.code not in CODES:
            raise NotPrintable("sessions.code", "is not an attendance code")
        words["meaning"] = CODES[listed.code].meaning
