"""A decision becomes a letter: the Penalty Notice and the Notice to Improve as accessible PDFs that carry their own data.

A page model holds everything its page prints and nothing else; `render` turns it into PDF/UA-1 and PDF/A-3a bytes, the
same bytes for the same page and fonts, with the page's JSON attached as `notice.json`. What an officer must put right
before a letter can exist is `NotPrintable`; anything else that goes wrong is our failure and raised as such.
"""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import segno
import typst
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from attendance import law
from attendance.codes import CODES
from attendance.text import london, pretty_json

TEMPLATES = Path(__file__).parent / "templates"
FACES = frozenset((family, weight) for family in ("Noto Sans", "Noto Sans Arabic") for weight in (400, 700))
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINERS = frozenset("\u200c\u200d")  # Persian and Urdu spell names with them
REFUSED_CATEGORIES = {
    "Cc": "a line break or control character",
    "Cf": "an invisible character",
    "Cs": "half of a broken character",
    "Co": "a private character that has no common meaning",
    "Cn": "a character that does not exist",
    "Zl": "a line break",
    "Zp": "a paragraph break",
}
FIGURES: Mapping[str, law.Figure[int]] = {
    "threshold_sessions": law.THRESHOLD_SESSIONS,
    "threshold_weeks": law.THRESHOLD_WEEKS,
    "notice_limit": law.NOTICE_LIMIT,
    "limit_years": law.LIMIT_YEARS,
}
QUIET_ZONE = 4  # modules of white around a QR code, ISO/IEC 18004


class NotPrintable(ValueError):
    """This letter cannot be printed as it stands: `field` names what an officer must correct, `reason` says why.

    Neither repeats the value: it may name a child, and errors are logged.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def _composed(text: str) -> str:
    """The one spelling of a text: NFC, so that equal names are equal bytes and find their glyphs."""
    return unicodedata.normalize("NFC", text)


Text = Annotated[str, Field(min_length=1), AfterValidator(_composed)]
Lines = Annotated[tuple[Text, ...], Field(min_length=1)]
Pence = Annotated[int, Field(gt=0)]


def _if_given() -> Any:
    """What only some letters print: left out, the data in the file does not speak of it."""
    return Field(default=None, exclude_if=lambda value: value is None)


class _Printed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Authority(_Printed):
    """The letterhead: the authority of the school, to which payment and letters go."""

    name: Text
    address: Lines
    phone: Text
    email: Text


class Payment(_Printed):
    """How to pay: a page of the authority that works out the sum due that day, and whether parts are taken."""

    url: Annotated[Text, Field(pattern=r"^https://\S+$")]
    instalments: bool
    phone: Text | None = _if_given()


class Recipient(_Printed):
    """The parent the letter is addressed to, as the envelope's window shows it."""

    name: Text
    address: Lines


class Child(_Printed):
    """The child and the address the notice gives; the caller puts `c/o` the school or authority for a protected one."""

    name: Text
    address: Lines


class Officer(_Printed):
    """Who authorised the notice, by name and office."""

    id: Text
    name: Text
    office: Text


class ListedSession(_Printed):
    """One session of unauthorised absence that the notice relies on."""

    date: dt.date
    session: Literal["AM", "PM"]
    code: Text


class SupportStep(_Printed):
    """One thing done to help, and what came of it, in plain words."""

    date: dt.date
    what: Text
    outcome: Text


class AttendanceRecord(_Printed):
    """Sessions of the child from `since` to `until`, both days included; `possible` is the sum of the three others."""

    since: dt.date
    until: dt.date
    possible: Annotated[int, Field(ge=0)]
    attended: Annotated[int, Field(ge=0)]
    authorised: Annotated[int, Field(ge=0)]
    unauthorised: Annotated[int, Field(ge=0)]


class _Notice(_Printed):
    """What both letters print: the notice record less upn, parent_id and case, and the people and places."""

    reference: Text
    la: Text
    urn: Text
    issued_on: dt.date
    as_at: dt.date
    known_at: AwareDatetime
    posted_on: dt.date
    post: Literal["first", "second", "hand"]
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
    authority: Authority
    recipient: Recipient
    child: Child
    school: Text
    sender: Text | None = _if_given()
    """The school, where the notice is its own and not the authority's."""


class PenaltyNoticePage(_Notice):
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
    called: Text | None = _if_given()
    """What the authority calls the document, where it is not the usual name."""

    @model_validator(mode="after")
    def _reduced_for_a_first_notice_only(self) -> Self:
        reduced = {self.reduced_amount_pence is not None, self.reduced_until is not None}
        if reduced != {self.sequence == 1}:
            raise ValueError("a first notice has a reduced amount and its last day, a second has neither")
        return self


class NoticeToImprovePage(_Notice):
    """Everything a Notice to Improve prints: `target` says what sufficient improvement is."""

    kind: Literal["notice_to_improve"] = "notice_to_improve"
    improvement_from: dt.date
    improvement_until: dt.date
    target: Text
    attendance: AttendanceRecord


type Page = PenaltyNoticePage | NoticeToImprovePage
PAGES: Mapping[str, type[PenaltyNoticePage] | type[NoticeToImprovePage]] = {
    "penalty_notice": PenaltyNoticePage,
    "notice_to_improve": NoticeToImprovePage,
}


def page_of(record: Mapping[str, Any], **printed: Any) -> Page:
    """The page of a notice record and of what else its page prints (authority, recipient, child, school, ...).

    Of the record only what the page prints is taken: a UPN cannot reach the letter. Raises NotPrintable where a value
    that the page needs is missing or cannot be what it should be.
    """
    page = PAGES[record["kind"]]
    try:
        return page.model_validate({key: record[key] for key in page.model_fields if key in record} | printed)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise NotPrintable(".".join(map(str, first["loc"])) or record["kind"], first["msg"]) from None


def page_json(page: Page) -> str:
    """The text of the attachment `notice.json`: the page's data, nothing more."""
    return pretty_json(page.model_dump(mode="json"))


def render(page: Page, fonts: Path) -> bytes:
    """The letter as PDF/UA-1 and PDF/A-3a, with the page's JSON attached; equal pages give equal bytes.

    `fonts` is a folder that holds, at any depth, Noto Sans and Noto Sans Arabic, regular and bold, as TTF. Raises
    NotPrintable for an officer, RuntimeError where the fonts are missing or the typesetter so much as warns.
    """
    _refuse_unprintable(page)
    try:
        pdf, warnings = compiler(page.kind, fonts).compile_with_warnings(
            format="pdf", sys_inputs=inputs(page), pdf_standards=["a-3a", "ua-1"], timestamp=0
        )
    except typst.TypstError as error:
        if problem := _misfit(error.message) or _missing_glyph(page, error.message):
            raise problem from None
        # The message alone: the typesetter's excerpt of the source could quote a name.
        raise RuntimeError(f"the letter could not be set: {error.message}") from None
    if warnings:
        raise RuntimeError("; ".join(warning.message for warning in warnings))
    if not isinstance(pdf, bytes):
        raise RuntimeError("the typesetter gave no document")
    return pdf


@cache
def compiler(kind: str, fonts: Path) -> typst.Compiler:
    """The typesetter of one kind of letter, made once a process; it sees the templates and these fonts, no network."""
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    # Without its fonts Typst sets a blank page that passes every standard.
    if missing := FACES - {(face.family, face.weight) for face in found.fonts()}:
        raise RuntimeError(f"fonts missing: {', '.join(f'{family} {weight}' for family, weight in sorted(missing))}")
    return typst.Compiler(
        str(TEMPLATES / f"{kind}.typ"),
        root=str(TEMPLATES),
        font_paths=found,
        ignore_system_fonts=True,
        package_path="/nonexistent",
        package_cache_path="/nonexistent",
    )


def inputs(page: Page) -> dict[str, str]:
    """What the template is given: the attachment as it is, and the same page in words, ready to print."""
    return {"notice": page_json(page), "words": json.dumps(_words(page), ensure_ascii=False)}


def day_in_words(day: dt.date) -> str:
    """A day as a reader says it.

    >>> day_in_words(dt.date(2025, 9, 8))
    'Monday 8 September 2025'
    """
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def moment_in_words(moment: dt.datetime) -> str:
    """A moment as clocks in England showed it, to the minute.

    >>> moment_in_words(dt.datetime(2025, 7, 8, 17, 5, tzinfo=dt.UTC))
    'Tuesday 8 July 2025 at 6:05pm'
    """
    local = london(moment)
    return f"{day_in_words(local.date())} at {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def pounds(pence: int) -> str:
    """An amount as it is written: whole pounds without pence.

    >>> pounds(16000), pounds(7950)
    ('£160', '£79.50')
    """
    return f"£{pence // 100}" if pence % 100 == 0 else f"£{pence // 100}.{pence % 100:02d}"


def _words(page: Page) -> dict[str, Any]:
    """The page with every date, moment and amount in words, and what follows from them."""
    words: dict[str, Any] = _in_words(page.model_dump())
    for listed, spoken in zip(page.sessions, words["sessions"], strict=True):
        if listed.code not in CODES:
            raise NotPrintable("sessions.code", "is not an attendance code")
        spoken["meaning"] = CODES[listed.code].meaning
    # The labels of our sources speak to those who keep the law up to date, not to a parent.
    words["issued"] = [page.issued_on.year, page.issued_on.month, page.issued_on.day]
    words["law"] = {name: figure.on(page.issued_on) for name, figure in FIGURES.items()}
    words["first_session"] = day_in_words(min(listed.date for listed in page.sessions))
    words["last_session"] = day_in_words(max(listed.date for listed in page.sessions))
    match page:
        case PenaltyNoticePage():
            words["full_from"] = page.reduced_until and day_in_words(page.reduced_until + dt.timedelta(days=1))
            words["pay_days"] = _days_from_receipt(page, page.pay_by)
            words["reduced_days"] = page.reduced_until and _days_from_receipt(page, page.reduced_until)
            words["payment"]["qr"] = segno.make(page.payment.url, micro=False).svg_inline(border=QUIET_ZONE)
        case NoticeToImprovePage(attendance=record):
            words["attendance"]["percent"] = (
                f"{100 * record.attended / record.possible:.1f}%" if record.possible else "-"
            )
    return words


def _days_from_receipt(page: Page, last: dt.date) -> int:
    """Days from presumed receipt to the last one, both counted: receipt is day 1 (SI 2007/1867 reg 4)."""
    return (last - page.presumed_received_on).days + 1


def _in_words(value: Any, key: str = "") -> Any:
    match value:
        case dict():
            return {name: _in_words(inner, name) for name, inner in value.items()}
        case list() | tuple():
            return [_in_words(inner, key) for inner in value]
        case dt.datetime():
            return moment_in_words(value)
        case dt.date():
            return day_in_words(value)
        case int() if key.endswith("_pence"):
            return pounds(value)
        case _:
            return value


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a dumped page with the name of its field."""
    match value:
        case str():
            yield path, value
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, f"{path}.{key}" if path else key)
        case tuple() | list():
            for inner in value:
                yield from _texts(inner, path)


def _refuse_unprintable(page: Page) -> None:
    """Refuse characters that would break a line, hide, or turn the order of letters around."""
    for field, text in _texts(page.model_dump()):
        for character in text:
            if character in BIDI_CONTROLS:
                raise NotPrintable(field, f"contains a character that reorders text (U+{ord(character):04X})")
            problem = REFUSED_CATEGORIES.get(unicodedata.category(character))
            if problem and character not in JOINERS:
                raise NotPrintable(field, f"contains {problem} (U+{ord(character):04X})")


def _misfit(message: str) -> NotPrintable | None:
    """What a template says of a text for which its place on the page is too small."""
    found = re.search(r"not printable: (\S+): (.+)", message)
    return NotPrintable(found[1], found[2].rstrip('"')) if found else None


def _missing_glyph(page: Page, message: str) -> NotPrintable | None:
    """The field that holds letters for which the fonts have no shape, if that is what the typesetter complains of."""
    found = re.search(r'the text `"(.+)"` could not be displayed', message)
    if not found:
        return None
    letters = re.sub(r"\\u\{([0-9a-f]+)\}", lambda escaped: chr(int(escaped[1], 16)), found[1])
    fields = (field for field, text in _texts(page.model_dump()) if not set(letters).isdisjoint(text))
    named = ", ".join(f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip() for letter in letters)
    return NotPrintable(next(fields, page.kind), f"contains letters that our fonts cannot show ({named})")
