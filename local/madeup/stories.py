"""The scripted pupils of the demonstration: each shows one thing the law does, whatever the dice say of the others.

All else about them is drawn as for any pupil; their marks are present unless the story says otherwise. Schools are named by their
place in `schools.schools`, days are school days of autumn 2025 or, of who left a school then, of the end of the summer term before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from attendance.settings import Action


def _jul(day: int) -> date:
    return date(2025, 7, day)


def _sep(day: int) -> date:
    return date(2025, 9, day)


def _oct(day: int) -> date:
    return date(2025, 10, day)


def _nov(day: int) -> date:
    return date(2025, 11, day)


def _dec(day: int) -> date:
    return date(2025, 12, day)


@dataclass(frozen=True)
class Absent:
    """A code on every school day from the first to the last, in both sessions or in one."""

    first: date
    last: date
    code: str
    half: Literal["AM", "PM"] | None = None


@dataclass(frozen=True)
class Amended:
    """A mark that the school changes on a later day, with its reason."""

    day: date
    half: Literal["AM", "PM"]
    code: str
    on: date
    reason: str


@dataclass(frozen=True)
class Step:
    """A step of support, reported on the day it was taken."""

    day: date
    kind: str
    outcome: str
    description: str


@dataclass(frozen=True)
class Expected:
    """An illness expected to last, reported on `told`."""

    told: date
    first: date
    until: date
    evidence: str


@dataclass(frozen=True)
class Decided:
    """A decision of an officer; `parent` is 1 or 2, None where the action is the case's."""

    on: date
    action: Action
    by: str
    parent: int | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A school of the pupil; without days, from earlier years on and to the end.

    A school that was left in the summer before sends the end of that term with its first extracts.
    """

    school: int
    starting_day: date | None = None
    leaving_day: date | None = None
    ground: str | None = None
    """Of the deletion, a letter of SI 2024/208 reg 9(1)."""


@dataclass(frozen=True)
class Story:
    """One scripted pupil."""

    says: str
    """What it shows, in a sentence without a name."""
    places: tuple[Place, ...]
    year_group: int
    absent: tuple[Absent, ...] = ()
    amended: tuple[Amended, ...] = ()
    support: tuple[Step, ...] = ()
    expected: tuple[Expected, ...] = ()
    decided: tuple[Decided, ...] = ()
    pupil: Mapping[str, str] = field(default_factory=dict)
    """What the pupil's row says otherwise than drawn."""
    apart: bool = False
    """The second parent lives elsewhere."""

    @property
    def days(self) -> frozenset[date]:
        """The days on which something of the story happens."""
        return frozenset(
            {each.on for each in self.decided}
            | {each.last for each in self.absent}
            | {each.on for each in self.amended}
            | {each.told for each in self.expected}
        )


_HOLIDAY: Final = {"ground": "support_not_appropriate"}

STORIES: Final = (
    Story(
        "Three holidays in one term: a first notice to each parent, one of them paid on day 20 at £80; "
        "to the other a second at £160 without a reduction; a third is refused.",
        (Place(0),),
        year_group=4,
        absent=tuple(Absent(*week, "G") for week in ((_sep(8), _sep(12)), (_oct(6), _oct(10)), (_nov(10), _nov(14)))),
        decided=(
            Decided(_sep(15), "authorise_penalty_notice", "a1", 1, _HOLIDAY),
            Decided(_sep(15), "authorise_penalty_notice", "a1", 2, _HOLIDAY),
            Decided(_oct(7), "record_payment", "a2", 2, {"amount_pence": "8000", "until": "2025-10-06"}),
            Decided(_oct(13), "authorise_penalty_notice", "a1", 1, _HOLIDAY),
            Decided(_nov(17), "authorise_penalty_notice", "a1", 1, _HOLIDAY),
        ),
    ),
    Story(
        "Support is declined and, after the school's referral, a notice to improve is issued; absence goes on, "
        "the period fails, and a penalty notice follows.",
        (Place(4),),
        year_group=9,
        absent=(
            Absent(_sep(8), _sep(12), "O"),
            Absent(_sep(30), _sep(30), "O"),
            Absent(_oct(7), _oct(8), "O"),
            Absent(_oct(14), _oct(14), "O"),
        ),
        support=(
            Step(_sep(9), "conversation", "not_engaged", "Telephone call about the first absences"),
            Step(_sep(11), "early_help", "declined", "Offer of an early help assessment"),
        ),
        decided=(
            Decided(_sep(15), "issue_notice_to_improve", "b1", 1),
            Decided(_sep(15), "refer", "b2"),
            Decided(_sep(16), "issue_notice_to_improve", "b1", 1),
            Decided(_oct(21), "end_improvement", "b1", more={"ground": "failed"}),
            Decided(_oct(22), "authorise_penalty_notice", "b1", 1, {"ground": "improvement_failed"}),
        ),
    ),
    Story(
        "A notice to improve that works: no further unauthorised absence in 30 school days, and the case is settled as improved.",
        (Place(1),),
        year_group=8,
        absent=(Absent(_sep(8), _sep(10), "O"), Absent(_sep(11), _sep(16), "U", "AM")),
        support=(
            Step(_sep(12), "meeting", "engaged_not_improved", "Meeting with the family; a morning call agreed"),
        ),
        decided=(
            Decided(_sep(17), "issue_notice_to_improve", "a1", 1),
            Decided(_nov(10), "end_improvement", "a1", more={"ground": "improved"}),
        ),
    ),
    Story(
        "Code N replaced in time: the threshold was met only provisionally, and the case lapses.",
        (Place(1),),
        year_group=10,
        absent=(Absent(_sep(22), _sep(26), "O"), Absent(_sep(26), _sep(26), "N", "PM")),
        amended=(Amended(_sep(26), "PM", "I", _sep(30), "Parent telephoned: the child was ill"),),
    ),
    Story(
        "Code N never replaced: a penalty notice is refused until the school says what the absence was.",
        (Place(4),),
        year_group=7,
        absent=(Absent(_oct(6), _oct(10), "O"), Absent(_oct(10), _oct(10), "N", "PM")),
        support=(Step(_oct(9), "letter", "not_engaged", "Letter asking the family to a meeting"),),
        decided=(
            Decided(_oct(20), "refer", "b2"),
            Decided(_oct(21), "authorise_penalty_notice", "b1", 1, {"ground": "support_failed"}),
        ),
    ),
    Story(
        "An amendment from U to I, with its reason, leaves nine sessions: the case lapses, and the register keeps both entries.",
        (Place(1),),
        year_group=7,
        absent=(Absent(_nov(3), _nov(14), "U", "AM"),),
        amended=(Amended(_nov(12), "AM", "I", _nov(17), "Note from the surgery: treated that morning"),),
    ),
    Story(
        "A penalty notice withdrawn, because it ought not to have been issued.",
        (Place(1),),
        year_group=8,
        absent=(Absent(_sep(22), _sep(26), "G"),),
        decided=(
            Decided(_sep(29), "authorise_penalty_notice", "a1", 1, _HOLIDAY),
            Decided(_oct(10), "withdraw", "a1", 1, {"ground": "ought_not", "reason": "The family had been granted leave"}),
        ),
    ),
    Story(
        "Someone without the right tries to authorise, and is refused; the authorised officer does it the day "
        "after, and the day of receipt is recorded.",
        (Place(4),),
        year_group=8,
        absent=(Absent(_nov(10), _nov(14), "G"),),
        decided=(
            Decided(_nov(17), "refer", "b2"),
            Decided(_nov(17), "authorise_penalty_notice", "b2", 1, _HOLIDAY),
            Decided(_nov(18), "authorise_penalty_notice", "b1", 1, _HOLIDAY),
            Decided(_nov(26), "served", "b3", 1, {"until": "2025-11-25"}),
        ),
        pupil={"forename": "يوسف"},
    ),
    Story(
        "A protected address: the notice to the parent who lives elsewhere is refused until an officer says that "
        "the school's address is printed.",
        (Place(2),),
        year_group=5,
        absent=(Absent(_oct(13), _oct(17), "G"),),
        decided=(
            Decided(_oct(20), "authorise_penalty_notice", "a1", 2, _HOLIDAY),
            Decided(
                _oct(21), "authorise_penalty_notice", "a1", 2,
                {**_HOLIDAY, "address_as": "school", "reason": "no address is to be printed"},
            ),
        ),
        pupil={"address_protected": "yes"},
        apart=True,
    ),
    Story(
        "Support comes first: a penalty notice is refused because nothing was offered yet, and the school offers it.",
        (Place(2),),
        year_group=3,
        absent=(Absent(_nov(17), _nov(21), "O"),),
        support=(Step(_nov(26), "early_help", "ongoing", "Early help assessment begun with the family"),),
        decided=(
            Decided(_nov(24), "authorise_penalty_notice", "a1", 1, {"ground": "support_failed"}),
        ),
    ),
    Story(
        "An independent school: the national framework does not cover it, so there is no case and no notice.",
        (Place(5),),
        year_group=9,
        absent=(Absent(_oct(13), _oct(17), "G"),),
        decided=(Decided(_oct(20), "authorise_penalty_notice", "b1", 1, _HOLIDAY),),
    ),
    Story(
        "A move of school, and of authority: six sessions at the first school and four at the second meet the threshold together.",
        (Place(0, leaving_day=_oct(10), ground="a"), Place(3, starting_day=_oct(13))),
        year_group=2,
        absent=(Absent(_oct(6), _oct(8), "O"), Absent(_oct(20), _oct(21), "O")),
        support=(Step(_oct(22), "conversation", "ongoing", "Talk with the family about settling in"),),
    ),
    Story(
        "Fifteen school days of illness: a sickness return, counted.",
        (Place(3),),
        year_group=5,
        absent=(Absent(_sep(29), _oct(17), "I"),),
    ),
    Story(
        "A hospital letter on the third day says six weeks: a sickness return at once, on what is expected.",
        (Place(4),),
        year_group=10,
        absent=(Absent(_nov(3), _dec(12), "I"),),
        expected=(Expected(_nov(5), _nov(3), _dec(12), "Letter from the hospital, seen by the school"),),
    ),
    Story(
        "Ten continuous days without authorisation: an attendance return at the end of the month.",
        (Place(1),),
        year_group=9,
        absent=(Absent(_nov(3), _nov(14), "O"),),
        support=(Step(_nov(7), "home_visit", "not_engaged", "Home visit, nobody came to the door"),),
    ),
    Story(
        "A pupil who starts in the middle of the term: a new pupil return.",
        (Place(0, starting_day=_oct(6)),),
        year_group=3,
    ),
    Story(
        "Parents who write that they will educate the child at home: a deletion return, ground f.",
        (Place(4, leaving_day=_oct(17), ground="f"),),
        year_group=8,
    ),
    Story(
        "A move of school, and of authority, over the summer: four sessions in July and six in September meet the threshold "
        "together; then the first school amends a mark of July, and the case lapses.",
        (Place(3, leaving_day=_jul(18), ground="a"), Place(1, starting_day=_sep(3))),
        year_group=7,
        absent=(
            Absent(_jul(10), _jul(11), "O"),
            Absent(_sep(16), _sep(16), "O"),
            Absent(_sep(22), _sep(23), "U", "AM"),
            Absent(_sep(25), _sep(25), "O"),
        ),
        amended=(Amended(_jul(11), "PM", "I", _oct(6), "Letter from the surgery, found when the file was passed on"),),
        support=(Step(_sep(24), "meeting", "ongoing", "Meeting with the family about the way to school"),),
    ),
)  # fmt: skip
