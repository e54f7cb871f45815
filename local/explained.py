"""What `attendance explain` says of a pupil: one story over all schools, as facts; text and JSON both say these and no others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from attendance.cases import Case, Intervention, Notice
from attendance.standing import Frozen, Position
from aws.cases import Step


class SchoolSeen(Frozen):
    """A school of the pupil: from when to when, and the schools that it follows and whose registers are read as its own."""

    urn: str
    name: str
    la: str
    la_name: str
    kind: str
    starting_day: date | None
    leaving_day: date | None
    on_roll_known: bool
    in_framework: bool
    follows: tuple[str, ...]


class EntrySeen(Frozen):
    """An entry of the register: what was recorded, when (London), by whom and why; and when it was received."""

    code: str | None
    recorded_at: datetime | None
    recorded_by: str | None
    reason: str | None
    received_at: datetime
    in_force: bool


class SessionSeen(Frozen):
    """A session as it is drawn: the code in force, or `-` no mark, `.` not held, blank: not on a roll of ours."""

    date: date
    session: str
    code: str
    urn: str | None
    counts: bool
    used: bool


class Week(Frozen):
    """A school week with whose week it is and its sessions; `counted` of them count."""

    week: date
    schools: tuple[str, ...]
    sessions: tuple[SessionSeen, ...]
    counted: int


class Drawing(Frozen):
    """Ten school weeks drawn, and what they are."""

    name: str
    weeks: tuple[Week, ...]


class CountedSession(Frozen):
    """A session that counts: its code, the school that recorded it, the entry in force."""

    date: date
    session: str
    code: str
    urn: str
    entry: EntrySeen | None


class NotCounted(Frozen):
    """A session of unauthorised absence that does not count, and why."""

    date: date
    session: str
    code: str
    urn: str
    because: str


class Amendment(Frozen):
    """A session with more than one entry, the original first."""

    date: date
    session: str
    urn: str
    entries: tuple[EntrySeen, ...]
    effect: str


class NCode(Frozen):
    """A session left at N, with the last day on which it may stand."""

    replace_by: date
    overdue: bool
    date: date
    session: str
    urn: str


class Reading(Frozen):
    """Another reading of ten school weeks, and whether it would decide otherwise."""

    name: str
    met: bool
    differs: bool


class NearMatch(Frozen):
    """Two parents, by school and parent_id, who may be one person."""

    one: str
    other: str
    because: str
    said: bool | None
    """What an officer said: one person, or two; None: nothing yet."""


class CaseSeen(Frozen):
    """A case with what is worked out of it."""

    case: Case
    prosecute_by: date | None
    left: int
    """How many sessions of its ten weeks count now."""
    ask_by: date | None
    """The last day on which the school asks for a notice in time, by the code of conduct."""


class NoticeSeen(Frozen):
    """A notice with where it stands on the ladder and in money."""

    notice: Notice
    rung: str
    received_pence: int
    due_pence: int
    refund_pence: int
    last_day: date | None


class StepSeen(Frozen):
    """A decision as a record, with the officer as the settings name them."""

    step: Step
    officer: str | None


class Row(Frozen):
    """A row of a daily list about the pupil, or a return: on which list, of which day, and whether it is written."""

    list: str
    la: str
    on: date
    written: bool
    row: Mapping[str, str]


class Explained(Frozen):
    """The whole story of one pupil as at a day, as known on a day."""

    upn: str
    as_at: date
    as_known: date | None
    known_at: datetime | None
    schools: tuple[SchoolSeen, ...]
    urn: str
    """The school from which the answer is computed: the pupil's last."""
    need: int
    position: Position
    met_urn: str | None
    """The school that recorded the session at which the threshold is met; the case is its authority's."""
    sessions: tuple[CountedSession, ...]
    drawings: tuple[Drawing, ...]
    not_counted: tuple[NotCounted, ...]
    amendments: tuple[Amendment, ...]
    n_codes: tuple[NCode, ...]
    compulsory_from: date | None
    compulsory_until: date | None
    provisions: tuple[str, ...]
    framework_met: bool
    readings: tuple[Reading, ...]
    near_matches: tuple[NearMatch, ...]
    cases: tuple[CaseSeen, ...]
    notices: tuple[NoticeSeen, ...]
    interventions: tuple[Intervention, ...]
    decisions: tuple[StepSeen, ...]
    told: tuple[Row, ...]
    returns: tuple[Row, ...]

    def school(self, urn: str) -> SchoolSeen | None:
        """One of the pupil's schools."""
        return next((each for each in self.schools if each.urn == urn), None)
