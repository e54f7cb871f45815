"""How a pupil stands: what a position says and what it was counted from, apart from what counts (`attendance.positions`).

What only reads positions, or the cases that rest on them, needs no arrays.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import NamedTuple, TypedDict

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

from attendance import law
from attendance.law import academic_year, academic_year_days
from attendance.sessions import Session

# In the order in which they are listed; the first nine are hard: an authorisation is refused (design 5.3).
HARD_BLOCKERS = (
    "SETTINGS_MISSING", "PUPIL_UNKNOWN", "AGE_UNKNOWN", "NO_PARENT", "NO_ADDRESS", "ADDRESS_PROTECTED", "PARENT_UNCLEAR",
    "SCHOOL_CONFLICT", "N_UNRESOLVED",
)  # fmt: skip
SOFT_BLOCKERS = (
    "MARKS_MISSING",
    "NOT_ON_ROLL",
    "CODE_AGAINST_AGE",
    "SUPPORT_MISSING",
    "HISTORY_UNKNOWN",
    "CALENDAR_UNKNOWN",
)
NEAR_THRESHOLD = range(7, 10)
"""So many countable sessions in the window are near the threshold: support comes first, while there is time [our own reading]."""
FLAGS = ("WINDOW_READING_DIFFERS", "REPEATED_BELOW_THRESHOLD", "AMENDED_AFTER_ISSUE", "WEEK_DOUBTFUL")


class Frozen(BaseModel):
    """A value that does not change after it is made."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    def __eq__(self, other: object) -> bool:
        """By what is declared: pydantic's own comparison, which asks after extra and private fields, takes ten times as long."""
        return type(other) is type(self) and self.__dict__ == other.__dict__


class MarkedSession(Frozen):
    """A session with the code recorded for it."""

    date: date
    session: str
    code: str

    @property
    def at(self) -> Session:
        """The session itself."""
        return Session(self.date, self.session)


class MetAt(Frozen):
    """The session at which the threshold was met."""

    date: date
    session: str


class Window(Frozen):
    """Ten school weeks (their Mondays, oldest first) and the countable sessions in them."""

    weeks: tuple[date, ...]
    sessions: tuple[MarkedSession, ...]


class BestWindow(Window):
    """The window that holds most countable sessions."""

    count: int


class Position(Frozen):
    """How one pupil stands as at a day: the contract of `positions/{urn}.json` (design 5.3)."""

    upn: str
    count: int
    window: Window
    best: BestWindow
    met: bool
    met_at: MetAt | None
    provisional: bool
    request_ready: bool
    blockers: tuple[str, ...]
    flags: tuple[str, ...]
    to_go: int
    drops_on: date | None
    illness_days: int
    continuous_unauthorised_sessions: int
    possible: int
    attended: int
    authorised: int
    unauthorised: int
    persistent: bool
    severe: bool


class Positions(Frozen):
    """The positions of a school as at a day: the contract of `positions/{urn}.json` (design 5.3)."""

    urn: str
    as_at: date
    known_at: datetime | None
    pupils: tuple[Position, ...]


class Counted(NamedTuple):
    """A session that could count towards the threshold, with its code and the school that recorded it."""

    session: Session
    code: str
    urn: str

    @property
    def marked(self) -> MarkedSession:
        """The session as it is printed and stored."""
        return _marked(self.session, self.code)


@lru_cache(maxsize=16384)  # of a school's year there are some hundred sessions with a few codes each
def _marked(session: Session, code: str) -> MarkedSession:
    return MarkedSession(date=session.day, session=session.half, code=code)


@dataclass(frozen=True)
class Carried:
    """What another school of the pupil keeps for us: its last ten school weeks and the countable sessions in them."""

    urn: str
    la: str
    weeks: tuple[date, ...]
    sessions: tuple[Counted, ...]


@dataclass(frozen=True)
class PupilHistory:
    """What the cases and notices of one pupil mean for the position.

    `used_by_case` holds, per case, the sessions listed in its penalty notices that stand or were withdrawn but not released
    (design 4.4, Used); `amended` says that a case with documents no longer meets the threshold it rests on.
    """

    used_by_case: Mapping[str, frozenset[Session]] = field(default_factory=dict)
    recorded_from: frozenset[str] = frozenset()
    unclear_parents: bool = False
    amended: bool = False

    @property
    def used(self) -> frozenset[Session]:
        """Every session used by some case."""
        return frozenset().union(*self.used_by_case.values())


class Threshold(NamedTuple):
    """Where the threshold is first met after a day by all that a pupil's sessions count, and whether only codes N make it so."""

    after: date
    met_at: Session | None
    provisional: bool


class _Window(TypedDict):
    weeks: list[str]
    sessions: list[dict[str, str]]


class _Stored(TypedDict):
    """What is read of a stored position without making it."""

    window: _Window
    flags: list[str]


@dataclass(frozen=True)
class Standing:
    """A pupil's position with all that a case needs to reason further."""

    upn: str
    """Whose it is."""
    stored: str
    """The position as it is stored: JSON, the keys in order."""
    counted: tuple[Counted, ...]
    weeks: tuple[date, ...]
    conflict: bool
    met: bool = False
    """Whether the threshold is met."""
    count: int = 0
    """How many sessions count in the window."""
    threshold: Threshold | None = None
    """None where notices used some of the sessions: then each case sees another."""

    @cached_property
    def position(self) -> Position:
        """The position itself: of most pupils nobody asks more than what is stored."""
        return Position.model_validate_json(self.stored)

    @cached_property
    def _window(self) -> _Window:
        stored: _Stored = from_json(self.stored)
        return stored["window"]

    @property
    def window_begins(self) -> date:
        """The first Monday of the window."""
        return date.fromisoformat(self._window["weeks"][0])

    @property
    def in_window(self) -> frozenset[Session]:
        """The sessions that count in the window."""
        return frozenset(
            Session(date.fromisoformat(each["date"]), each["session"]) for each in self._window["sessions"]
        )


def window_size(week: date) -> int:
    """How many school weeks make a window; before the framework there was none, and its first figure serves."""
    return law.THRESHOLD_WEEKS.on(max(week, law.SCHEME_START))


def sessions_needed(day: date) -> int:
    """How many countable sessions meet the threshold."""
    return law.THRESHOLD_SESSIONS.on(max(day, law.SCHEME_START))


def out_of_sight(today: date) -> date:
    """The last day of the academic year before the last: a threshold met up to then is no longer looked at (design 5.3, met)."""
    return academic_year_days(academic_year(today) - 2)[1]


def window_ending(weeks: Sequence[date], week: date) -> tuple[date, ...]:
    """The ten school weeks ending with `week` (fewer at the beginning of what is known)."""
    upto = bisect_right(weeks, week)
    return tuple(weeks[max(0, upto - window_size(week)) : upto])
