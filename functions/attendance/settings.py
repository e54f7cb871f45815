"""An authority's settings: its code of conduct as data, refused at load where they are outside the law (design 7)."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from attendance.bounds import Problem, outside_the_law
from attendance.law import PROVISIONS
from attendance.text import canonical_json

Action = Literal[
    "refer",
    "issue_notice_to_improve",
    "authorise_penalty_notice",
    "end_improvement",
    "served",
    "returned",
    "record_payment",
    "withdraw",
    "release_sessions",
    "record_prosecution",
    "record_elsewhere",
    "record_intervention",
    "parent_same",
    "parent_different",
    "prepare_document",
    "no_action",
]
"""What an officer may do: the actions of decisions.csv (design 5.3)."""

type Schedule = Literal["monthly", "half_termly", "termly", "at_once"]
type SupportKind = Literal[
    "conversation", "letter", "meeting", "home_visit", "early_help", "attendance_contract", "referral", "formal_warning",
    "leave_requested", "leave_refused", "other",
]  # fmt: skip
"""What a support row may be (design 5.1)."""


RULE: Final = "code_of_conduct"
"""The provision under which an authority gives its settings."""


class SettingsRefused(ValueError):
    """The settings do not hold: every problem with its key, its provision and what to do."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{source}: {problem}" for problem in problems))


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("the address of a payment page begins with https://")
    if any("amount" in name.casefold() for name, _ in AnyUrl(url).query_params()):
        # What is due rises after day 21, and a printed code cannot.
        raise ValueError("the address of a payment page holds no amount: the page works out what is due that day")
    return url


def _digits(code: object) -> object:
    """YAML reads the code of an authority or a school without quotes as a number; it means the same."""
    return str(code) if isinstance(code, int) and not isinstance(code, bool) else code


type Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
type AuthorityCode = Annotated[str, BeforeValidator(_digits), StringConstraints(pattern=r"^[0-9]{3}$")]
type Urn = Annotated[str, BeforeValidator(_digits), StringConstraints(pattern=r"^[0-9]{6}$")]
type AtLeastOne = Annotated[int, Field(ge=1)]
type DaysBefore = Annotated[int, Field(ge=1, le=14)]
"""Days before a last day: a letter must reach the parent before it, and not with the notice itself."""


def _later[T](default: T) -> T:
    """A key that came later: left at its default it is no part of the version, so that settings from before it keep theirs."""
    field: T = Field(default=default, exclude_if=lambda value: value == default)
    return field


def _group_later[T: BaseModel](group: type[T]) -> T:
    """The same of a group of keys, all at their defaults; none is made before somebody asks, for a model is built then."""
    field: T = Field(default_factory=group, exclude_if=lambda value: value == group())
    return field


class Given(BaseModel):
    """Something given as settings: what is not declared is refused, and nothing is taken for what it is not."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, strict=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )


class Contact(Given):
    """How a parent reaches the authority about a notice."""

    phone: Line
    email: Line


class PaymentWays(Given):
    """How a notice is paid."""

    url: Annotated[Line, AfterValidator(_https)]
    instalments: bool = False
    ways: Annotated[tuple[Literal["online", "phone", "post"], ...], Field(min_length=1)] = _later(("online",))
    phone: Line | None = _later(None)
    reference_as: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] | None = _later(None)
    """The name under which the payment page takes the reference in its address, so that the code to scan fills it in."""


class Officer(Given):
    """A named person and what the authority lets them do, from the first day to the last.

    `school`: the one school whose head, or whom whose head, authorised; without it they are of the authority.
    """

    id: Line
    name: Line
    office: Line
    may: Annotated[tuple[Literal[Action, "all"], ...], Field(min_length=1)]
    from_: date = Field(alias="from")
    until: date | None = None
    school: Urn | None = _later(None)

    def holds(self, action: Action, day: date) -> bool:
        """Whether this officer may do that on that day."""
        return self.from_ <= day <= (self.until or date.max) and ("all" in self.may or action in self.may)


class NoticeToImprove(Given):
    """Who issues notices to improve, when, for how long, and what improvement means."""

    issued_by: Literal["school", "authority"] = "authority"
    mode: Literal["on_authorisation", "by_itself"] = "on_authorisation"
    school_days: int = 30
    means: Line = "No further unauthorised absence"
    required: bool = _later(False)
    for_holiday: Literal["allowed", "repeat", "never"] = _later("allowed")


class PenaltyNotice(Given):
    """What the authority asks before a penalty notice beyond the law, and what it calls the document."""

    name: Line = "Penalty Notice"
    below_threshold: Literal["allowed", "not_allowed"] = "allowed"
    recipients: Literal["each_parent", "one_parent"] = "each_parent"
    early_after_school_days: AtLeastOne | None = None
    holiday_continuous_sessions: AtLeastOne | None = None
    consultation_for: tuple[Literal["G", "N", "O", "U"], ...] = ()
    not_while: tuple[SupportKind, ...] = ()
    panel: bool = False


class Request(Given):
    """How long a school may take to ask for a notice, and from when that runs."""

    within: AtLeastOne
    unit: Literal["school_days", "working_days", "weeks"] = "school_days"
    from_: Literal["return_to_school", "detection"] = Field(default="return_to_school", alias="from")


class Certificate(Given):
    """What the school's certificate of attendance covers: so many sessions, or school years with the present one."""

    last: AtLeastOne = 60
    unit: Literal["sessions", "school_years"] = "sessions"


class CrossBorder(Given):
    """Where other authorities ask about earlier notices."""

    email: Line


class Postage(Given):
    """How documents are sent: the class of post, and the day of posting."""

    post_class: Literal["first", "second", "hand"] = Field(default="first", alias="class")
    when: Literal["same_day", "next_working_day"] = "same_day"


class Reminders(Given):
    """How many days before a last day for payment the parent is reminded; a blank one: not at all."""

    before_reduced_ends: DaysBefore | None = None
    before_payment_ends: DaysBefore | None = None


class Returns(Given):
    """When each return of a school is due."""

    attendance: Schedule = "at_once"
    sickness: Schedule = "at_once"
    new_pupil: Schedule = "at_once"
    deletion: Schedule = "at_once"


class Override(Given):
    """A bound of the guidance that an authority sets aside, with its reason and who approved it."""

    key: Line
    reason: Line
    approved_by: Line


class Settings(Given):
    """The code of conduct of an authority, or of a group of them, from a day on."""

    authorities: Annotated[tuple[AuthorityCode, ...], Field(min_length=1)]
    holds_from: date
    name: Line
    address: Annotated[tuple[Line, ...], Field(min_length=1)]
    contact: Contact
    payment: PaymentWays
    officers: tuple[Officer, ...]
    referral: Literal["required", "not_required"] = "not_required"
    notice_to_improve: NoticeToImprove = Field(default_factory=NoticeToImprove)
    post: Postage = Field(default_factory=Postage)
    request_deadline_school_days: int = Field(default=10, ge=1)
    returns: Returns = Field(default_factory=Returns)
    illness_half_days: Literal["days", "halves"] = "days"
    retention_years: int = 7
    overrides: tuple[Override, ...] = ()
    considerations: Literal["recorded", "required"] = _later("recorded")
    penalty_notice: PenaltyNotice = _group_later(PenaltyNotice)
    request: Request | None = _later(None)
    response_working_days: AtLeastOne = _later(10)
    certificate: Certificate = _group_later(Certificate)
    returns_per_illness: Literal["one_return", "each_period"] = _later("one_return")
    cross_border: CrossBorder | None = _later(None)
    reminders: Reminders = _group_later(Reminders)

    @property
    def asks_within(self) -> Request:
        """How long a school may take to ask: as `request` says, else school days from the return."""
        return self.request or Request(within=self.request_deadline_school_days)

    @cached_property
    def version(self) -> str:
        """Sixteen characters that name exactly these settings, whatever the layout of the file."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json", by_alias=True)).encode()).hexdigest()[:16]

    def officer(self, by: str, day: date, action: Action) -> Officer | None:
        """The officer of that id if they may do that on that day."""
        return next((officer for officer in self.officers if officer.id == by and officer.holds(action, day)), None)


def load(text: str, source: str) -> list[Settings]:
    """The settings of a text as it is published, by the day from which they hold; SettingsRefused if any is unlawful.

    The text is JSON, a list of documents (`attendance publish` makes it of YAML); `source` names it in messages.
    """
    loaded = [_lawful(each, place) for each, place in read_given(Settings, text, source, RULE)]
    _refuse_ambiguous(loaded, source)
    return sorted(loaded, key=lambda settings: settings.holds_from)


def read_given[G: Given](model: type[G], text: str, source: str, rule: str) -> list[tuple[G, str]]:
    """Every document of a text as what it should be, with its place in messages; SettingsRefused names each wrong key.

    `rule`: the provision that a text of this kind is given under.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        why = "it is not a list of documents in JSON, as attendance publish writes them"
        raise SettingsRefused(source, [malformed("file", why, rule)])
    if not found:
        raise SettingsRefused(source, [malformed("file", "there are no settings in it", rule)])
    return [
        (_one(model, document, place := f"{source}, document {n}", rule), place)
        for n, document in enumerate(found, start=1)
    ]


def in_force(settings: Iterable[Settings], la: str, day: date) -> Settings | None:
    """The settings that hold for an authority that day: of those begun, the last; None if there are none."""
    begun = [each for each in settings if la in each.authorities and each.holds_from <= day]
    _refuse_ambiguous(begun, f"settings of authority {la}")
    return max(begun, key=lambda each: each.holds_from, default=None)


def _one[G: Given](model: type[G], document: object, source: str, rule: str) -> G:
    try:
        return model.model_validate_json(json.dumps(document))
    except ValidationError as fault:
        problems = [
            malformed(".".join(map(str, error["loc"])) or "file", error["msg"], rule) for error in fault.errors()
        ]
        raise SettingsRefused(source, problems) from None


def _lawful(settings: Settings, source: str) -> Settings:
    if problems := list(outside_the_law(settings)):
        raise SettingsRefused(source, problems)
    return settings


def malformed(key: str, why: str, rule: str) -> Problem:
    """What is wrong with a key of a file as such, whatever the law says."""
    return Problem(key, why, PROVISIONS[rule].citation, "docs/settings.md lists the keys and what each may be.")


def _refuse_ambiguous(settings: Sequence[Settings], source: str) -> None:
    times = Counter((la, each.holds_from) for each in settings for la in each.authorities)
    problems = [
        Problem(
            "holds_from",
            f"two settings of authority {la} hold from {day}",
            PROVISIONS[RULE].citation,
            "Give one settings document for each authority and day.",
        )
        for (la, day), count in sorted(times.items())
        if count > 1
    ]
    if problems:
        raise SettingsRefused(source, problems)
