"""What a row of each kind of extract may say: the one definition of columns, from which schemas and checks are made (design 5.1).

One pydantic model per kind, its fields in the order of the columns. A field's type says how its value is read (`Upn`, `Day`,
`Flag` ...); a field without a default is a column that the file must have. JSON Schema and CSVW come from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from attendance.extracts import Kind

type Reading = Literal["text", "upn", "date", "session", "code", "time", "minutes", "flag", "choice", "urn", "la"]
"""How the text of a value is understood."""

FLAG_YES: Final = ("yes", "y", "true", "1")
FLAG_NO: Final = ("no", "n", "false", "0")
DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
"""How a day is written."""
_OFFSET: Final = r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
TIME: Final = rf"({DAY})(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{1,9}})?)?{_OFFSET})?"
"""How a time is written: RFC 3339, and less of it."""
_FLAG: Final = "|".join(
    "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in word)
    for word in (*FLAG_YES, *FLAG_NO)
)


@dataclass(frozen=True)
class _Read:
    """How a column is read, and whether its value may be blank although the column must be there."""

    reading: Reading
    choices: tuple[str, ...] = ()
    blank_allowed: bool = False


type Text = Annotated[str, _Read("text")]
type TextOrBlank = Annotated[str, _Read("text", blank_allowed=True)]
type Upn = Annotated[str, _Read("upn"), Field(pattern="^[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]$")]
type Day = Annotated[str, _Read("date"), Field(pattern=f"^{DAY}$", json_schema_extra={"format": "date"})]
type DayOrBlank = Annotated[str, _Read("date", blank_allowed=True), Field(pattern=f"^({DAY})?$")]
type Moment = Annotated[str, _Read("time"), Field(pattern=f"^{TIME}$")]
type Flag = Annotated[str, _Read("flag", ("yes", "no")), Field(pattern=f"^({_FLAG})$")]
type Half = Annotated[Literal["AM", "PM"], _Read("session", ("AM", "PM"))]
type HalfOrBoth = Annotated[Literal["AM", "PM", ""], _Read("session", ("AM", "PM"), blank_allowed=True)]
type Minutes = Annotated[str, _Read("minutes"), Field(pattern="^[0-9]{1,3}$")]
type Urn = Annotated[str, _Read("urn"), Field(pattern="^[0-9]{6}$")]
type La = Annotated[str, _Read("la"), Field(pattern="^[0-9]{3}$")]

_SUPPORT_KINDS: Final = (
    "conversation",
    "letter",
    "meeting",
    "home_visit",
    "early_help",
    "attendance_contract",
    "referral",
    "formal_warning",
    "leave_requested",
    "leave_refused",
    "other",
)
_OUTCOMES: Final = ("engaged", "engaged_not_improved", "not_engaged", "declined", "ongoing", "not_applicable")


class _Row(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="allow", populate_by_name=True)


class AttendanceRow(_Row):
    """One mark of one pupil for one session, or its amendment."""

    upn: Upn = Field(description="Unique pupil number, 13 characters.")
    date: Day = Field(description="The day of the session.")
    session: Half = Field(description="Morning or afternoon.")
    code: Annotated[str, _Read("code")] = Field(
        description="Attendance code, exactly as in the table of codes; `-` or blank, with amendment_reason and "
        "recorded_by, says that there is no mark."
    )
    note: Text | None = Field(None, description="Nature of the activity or cause; asked for with B, K and Y7.")
    minutes_late: Minutes | None = Field(None, description="Whole minutes after the start of the session.")
    recorded_at: Moment | None = Field(None, description="When the entry was made in the register.")
    recorded_by: Text | None = Field(None, description="Who made the entry: name and title.")
    amendment_reason: Text | None = Field(None, description="Why an earlier entry was changed.")
    extracted_at: Moment | None = Field(None, description="When the extract was taken.")


class PupilRow(_Row):
    """A pupil as the admission register has them."""

    upn: Upn = Field(description="Unique pupil number, 13 characters.")
    surname: Text = Field(description="Surname.")
    forename: TextOrBlank = Field(description="First forename; blank if the pupil has a single name.")
    date_of_birth: DayOrBlank = Field(description="Date of birth; blank if not known.")
    address_1: TextOrBlank = Field(description="First line of the address at which the pupil normally lives.")
    postcode: TextOrBlank = Field(description="Postcode of that address.")
    starting_day: Day = Field(description="First day on the roll (SI 2024/208 reg 8).")
    former_upn: Upn | None = Field(None, description="The earlier, for example temporary, UPN.")
    middle_names: Text | None = Field(None, description="Further forenames.")
    sex: Text | None = Field(None, description="Sex as the school records it.")
    address_2: Text | None = Field(None, description="Second line of the address.")
    address_3: Text | None = Field(None, description="Third line of the address.")
    address_4: Text | None = Field(None, description="Fourth line of the address.")
    leaving_day: Day | None = Field(None, description="Last day on the roll.")
    deletion_ground: Text | None = Field(None, description="Ground of deletion, a letter of SI 2024/208 reg 9(1).")
    year_group: Text | None = Field(None, description="Year group.")
    boarder: Flag | None = Field(None, description="Whether the pupil boards.")
    dual_registered_urn: Urn | None = Field(None, description="URN of the other school where the pupil is registered.")
    mobile_child: Flag | None = Field(None, description="Whether a parent travels for a trade or business (code T).")
    part_time_timetable_until: Day | None = Field(
        None, description="Last day of an agreed part-time timetable (code C2)."
    )
    social_worker: Flag | None = Field(None, description="Whether the pupil has a social worker.")
    youth_offending_worker: Flag | None = Field(None, description="Whether the pupil has a youth offending worker.")
    looked_after: Flag | None = Field(None, description="Whether an authority looks after the pupil.")
    sen: Text | None = Field(None, description="Special educational needs provision as the school records it.")
    fsm: Flag | None = Field(None, description="Whether the pupil is eligible for free school meals.")
    address_protected: Flag | None = Field(None, description="Whether the address must not be disclosed.")
    home_la: La | None = Field(None, description="Code of the authority in whose area the pupil lives.")
    withdrawn_on: Day | None = Field(None, description="The day on which a row entered by mistake was withdrawn.")
    withdrawn_reason: Text | None = Field(None, description="Why it was withdrawn.")
    extracted_at: Moment | None = Field(None, description="When the extract was taken.")


class ParentRow(_Row):
    """A parent (EA 1996 s.576) of one pupil."""

    upn: Upn = Field(description="Unique pupil number of the child.")
    parent_id: Text = Field(description="The school's own identifier of the parent, the same in every extract.")
    surname: Text = Field(description="Surname.")
    relationship: Text = Field(description="Relationship to the pupil.")
    lives_with_pupil: Flag = Field(description="Whether the pupil normally lives with this parent.")
    address_1: TextOrBlank = Field(description="First line of the usual or last known address.")
    postcode: TextOrBlank = Field(description="Postcode of that address.")
    title: Text | None = Field(None, description="Title.")
    forename: Text | None = Field(None, description="Forename.")
    address_2: Text | None = Field(None, description="Second line of the address.")
    address_3: Text | None = Field(None, description="Third line of the address.")
    address_4: Text | None = Field(None, description="Fourth line of the address.")
    date_of_birth: Day | None = Field(None, description="Date of birth.")
    email: Text | None = Field(None, description="E-mail address.")
    preferred_language: Text | None = Field(None, description="Language in which the parent reads.")
    address_protected: Flag | None = Field(None, description="Whether the address must not be disclosed.")
    do_not_send: Flag | None = Field(None, description="Whether nothing may be sent to this parent.")
    until: Day | None = Field(None, description="Last day on which the person was a parent of the pupil.")
    withdrawn_on: Day | None = Field(None, description="The day on which a row entered by mistake was withdrawn.")
    withdrawn_reason: Text | None = Field(None, description="Why it was withdrawn.")
    extracted_at: Moment | None = Field(None, description="When the extract was taken.")


class SupportRow(_Row):
    """One step of support that was offered, and what came of it."""

    upn: Upn = Field(description="Unique pupil number, 13 characters.")
    date: Day = Field(description="The day of the step.")
    kind: Annotated[str, _Read("choice", _SUPPORT_KINDS), Field(json_schema_extra={"enum": list(_SUPPORT_KINDS)})] = (
        Field(description="What was done.")
    )
    description: Text = Field(description="What it was about, in the school's words.")
    outcome: Annotated[str, _Read("choice", _OUTCOMES), Field(json_schema_extra={"enum": list(_OUTCOMES)})] = Field(
        description="What came of it."
    )
    parent_id: Text | None = Field(None, description="The parent with whom; blank for all.")
    extracted_at: Moment | None = Field(None, description="When the extract was taken.")


class AbsenceExpectedRow(_Row):
    """An absence through illness that is expected to last."""

    upn: Upn = Field(description="Unique pupil number, 13 characters.")
    from_: Day = Field(alias="from", description="First day.")
    until: Day = Field(description="Last day expected.")
    evidence: Text = Field(description="What the expectation rests on.")
    extracted_at: Moment | None = Field(None, description="When the extract was taken.")


class CalendarRow(_Row):
    """Whether the school is open for a session."""

    date: Day = Field(description="The day.")
    session: HalfOrBoth = Field(description="Morning or afternoon; blank means both.")
    open: Flag = Field(description="Whether the school is open.")
    reason: Text | None = Field(None, description="Why it is closed.")
    extracted_at: Moment | None = Field(None, description="When the extract was taken.")


MODELS: Final[Mapping[Kind, type[_Row]]] = MappingProxyType(
    {
        "attendance": AttendanceRow,
        "pupils": PupilRow,
        "parents": ParentRow,
        "support": SupportRow,
        "absences_expected": AbsenceExpectedRow,
        "calendar": CalendarRow,
    }
)

# The first set of which a header holds all columns says what the file is (design 5.1).
_SIGNS: Final[tuple[tuple[frozenset[str], Kind], ...]] = (
    (frozenset({"open"}), "calendar"),
    (frozenset({"evidence", "from"}), "absences_expected"),
    (frozenset({"outcome"}), "support"),
    (frozenset({"parent_id"}), "parents"),
    (frozenset({"relationship"}), "parents"),
    (frozenset({"code"}), "attendance"),
    (frozenset({"session"}), "attendance"),
    (frozenset({"date_of_birth"}), "pupils"),
    (frozenset({"starting_day"}), "pupils"),
)


@dataclass(frozen=True)
class Column:
    """A column of a kind of extract: its name, how it is read, whether it and its values must be there."""

    name: str
    reading: Reading
    required: bool
    blank_allowed: bool
    choices: tuple[str, ...]
    description: str


def _columns(model: type[_Row]) -> tuple[Column, ...]:
    return tuple(_column(field.alias or name, field) for name, field in model.model_fields.items())


def _column(name: str, field: Any) -> Column:
    read = _read_of(field)
    return Column(
        name=name,
        reading=read.reading,
        required=field.is_required(),
        blank_allowed=read.blank_allowed or not field.is_required(),
        choices=read.choices,
        description=field.description,
    )


def _read_of(field: Any) -> _Read:
    """The `_Read` of a field, wherever pydantic keeps it: beside the field or inside the (optional) alias of its type."""
    waiting: list[Any] = [*field.metadata, field.annotation]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, _Read):
            return each
        waiting += [*getattr(each, "__metadata__", ()), *getattr(each, "__args__", ())]
        if hasattr(each, "__value__"):
            waiting.append(each.__value__)
    raise TypeError(f"the type of {field!r} does not say how it is read")


COLUMNS: Final[Mapping[Kind, tuple[Column, ...]]] = MappingProxyType(
    {kind: _columns(model) for kind, model in MODELS.items()}
)
"""The columns of each kind, in the order of the contract, `extracted_at` last."""


def kind_of(header: frozenset[str]) -> Kind | None:
    """What a file with these columns is, or None; its name says nothing.

    >>> kind_of(frozenset({"upn", "date", "session", "code"}))
    'attendance'
    """
    return next((kind for signs, kind in _SIGNS if signs <= header), None)
