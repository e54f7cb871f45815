"""The fifteen grounds on which a name is deleted (regulation 9(1)), each checked against what register and roll show.

A check never says that a deletion is lawful: much of every ground is known to the school alone, and `unseen` says what. Nothing
here stops a return; what is found is put to an officer and the school.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal

from attendance import law
from attendance.ages import compulsory_until, of_compulsory_age
from attendance.codes import ATTENDED, AUTHORISED, CODES, SHOWS_SESSION_HELD, UNAUTHORISED
from attendance.law import PROVISIONS, academic_year
from attendance.marks import CODE_ORDER, session_of
from attendance.positions import Assessor
from attendance.returns import class_number, school_year
from attendance.roll import Pupil
from attendance.service import is_working_day
from attendance.sessions import Session
from attendance.standing import Frozen

type Problem = Literal[
    "RETROSPECTIVE",
    "GROUND_MISSING",
    "GROUND_UNKNOWN",
    "DUAL_REGISTERED",
    "NOT_IN_NURSERY",
    "NOT_DUAL_REGISTERED",
    "LEAVE_MISSING",
    "LEAVE_TOO_RECENT",
    "ABSENCE_TOO_SHORT",
    "KEPT_AWAY",
    "ENQUIRIES_MISSING",
    "ENQUIRIES_NOT_AGREED",
    "NOT_DETAINED",
    "AGE_UNKNOWN",
    "STILL_OF_AGE",
    "NOT_A_BOARDER",
    "SCHOOL_TYPE",
    "NOT_EXCLUDED",
]
"""The closed list of what may speak against a deletion; the wording beside it may change, its meaning may not."""

type Enquiries = Literal["not_located", "agreed", "not_agreed"]
"""What came of the joint enquiries of school and authority: the pupil was not found, or was, and both agreed or did not."""


@dataclass(frozen=True)
class Ground:
    """One of the closed list of grounds, in our words."""

    letter: str
    words: str
    label: str
    """How sure the ground is: [V] its condition was read, [U] its wording was not."""
    unseen: str
    """What of it neither register nor roll shows."""

    @property
    def provision(self) -> str:
        """Where it stands."""
        return f"SI 2024/208 reg 9(1)({self.letter})"


_NO_ORDER = "that no school attendance order names this school"
_NO_RETURN = "that there is no reasonable ground to believe that the pupil will attend again"
_NO_CAUSE = "that there is no reasonable ground to believe that sickness or an unavoidable cause keeps the pupil away"
_ALL: Final = (
    Ground("a", "registered at another school", "[V]", f"the other registration; {_NO_ORDER}; a mobile child's main school"),
    Ground("b", "nursery education completed and not continuing at the school", "[V]", _NO_RETURN),
    Ground(
        "c", "registered at another school too, which consents", "[V]",
        f"the consent of every other school; {_NO_ORDER}; {_NO_RETURN}; a mobile child's main school",
    ),
    Ground("d", "the school attendance order now names another school", "[V]", "the order"),
    Ground("e", "the school attendance order was revoked", "[V]", "the order"),
    Ground("f", "the parent gave written notice of education otherwise than at school", "[V]", "the parent's notice"),
    Ground("g", "no longer lives a reasonable distance away", "[V]", "how far away the pupil lives now"),
    Ground("h", "not returned after a leave of absence", "[V]", f"the leave as granted; {_NO_CAUSE}"),
    Ground("i", "continuously absent for at least 20 school days", "[V]", _NO_CAUSE),
    Ground("j", "detained under a sentence of detention", "[U]", "the sentence, and how long it lasts"),
    Ground("k", "died", "[V]", ""),
    Ground(
        "l", "over compulsory school age and not continuing into the sixth form", "[V]",
        "that the pupil does not continue into the sixth form",
    ),
    Ground("m", "boarder whose fees are unpaid", "[V]", "the fees"),
    Ground("n", "ceased to be a pupil at an independent or non-maintained special school", "[V]", "how the pupil ceased to be one"),
    Ground("o", "permanently excluded", "[V]", "the exclusion, and that nothing can change it any more"),
)  # fmt: skip

GROUNDS: Final[Mapping[str, Ground]] = MappingProxyType({ground.letter: ground for ground in _ALL})
"""The closed list: SI 2024/208 reg 9(1)(a) to (o)."""

_OTHER_AGE = (
    "Not of compulsory school age on the leaving day: the grounds are those of regulation 9(3), which we have not read [U]. "
    "The ground is not checked."
)


class DeletionProblem(Frozen):
    """Something that register or roll says against a deletion."""

    problem: Problem
    ground: str
    """The letter; blank if none is given or it is none."""
    words: str
    """The ground in words."""
    wrong: str
    to_do: str
    provision: str


def read_ground(text: str | None) -> str | None:
    """The letter of a ground as schools write it, or None if it names none.

    >>> read_ground("I"), read_ground("9(1)(i)"), read_ground("(i)"), read_ground("p"), read_ground("8(1)(h)")
    ('i', 'i', 'i', None, None)
    """
    found = re.fullmatch(r"(?:9\(1\))?\(?([a-z])\)?", "".join((text or "").split()).lower())
    return found[1] if found and found[1] in GROUNDS else None


def unseen(pupil: Pupil) -> str:
    """What the school alone can know of a deletion, in a sentence; blank if there is nothing."""
    if not _letters_apply(pupil):
        return _OTHER_AGE
    letter = read_ground(pupil.deletion_ground)
    return f"Not checked here: {GROUNDS[letter].unseen}." if letter and GROUNDS[letter].unseen else ""


def deletion_problems(
    assessor: Assessor, upn: str, pupil: Pupil, enquiries: Enquiries | None, school_type: str | None
) -> tuple[DeletionProblem, ...]:
    """All that speaks against a pupil's deletion this academic year; none for a pupil who has not left by as-at.

    `enquiries`: what came of the joint enquiries (None: none are recorded). `school_type`: the code of Get Information about
    Schools (None: not known). That a name was deleted for a day that had passed shows only in the marks after it: the roll keeps
    the row sent last, which may repeat a leaving day that was given in time.
    """
    day = pupil.leaving_day
    if day is None or day > assessor.as_at or day < law.SCHEME_START or academic_year(day) != assessor.year:
        return ()
    leaver = _Leaver(assessor, upn, pupil, day, enquiries, (school_type or "").lstrip("0"))
    letter = read_ground(pupil.deletion_ground)
    ground = GROUNDS.get(letter or "")
    found = [*_marked_afterwards(leaver)]
    if _letters_apply(pupil):
        check = _CHECKS.get(letter) if letter else _no_ground
        found += check(leaver) if check else ()
    return tuple(
        DeletionProblem(
            problem=each.problem,
            ground=letter or "",
            words=ground.words if ground else "",
            wrong=each.wrong,
            to_do=each.to_do,
            provision=each.provision or (ground.provision if ground else PROVISIONS["deletion_ground"].citation),
        )
        for each in found
    )


def _letters_apply(pupil: Pupil) -> bool:
    """Whether the pupil is of compulsory school age on the leaving day (birth date unknown: taken so)."""
    born, day = pupil.date_of_birth, pupil.leaving_day
    return born is None or day is None or of_compulsory_age(born, day)


# --- What the register shows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    problem: Problem
    wrong: str
    to_do: str
    provision: str = ""


@dataclass(frozen=True)
class _Absence:
    """The sessions before a pupil left in which the register has certain codes and no other, and what ended them, going back."""

    days: tuple[date, ...]
    """The school days that lie in it whole."""
    sessions: tuple[Session, ...]
    before: Session | None
    """The last session held that is not in it; None: there is none."""
    code: str | None
    """The code of that session; None: it has no mark."""

    @property
    def says(self) -> str:
        """What ended it."""
        if self.before is None:
            return "nothing is known of the time before"
        return f"{self.before} has {self.code}" if self.code else f"{self.before} has no mark"


@dataclass(frozen=True)
class _Leaver:
    """A pupil who left, and what is known of it."""

    assessor: Assessor
    upn: str
    pupil: Pupil
    day: date
    enquiries: Enquiries | None
    school_type: str

    @cached_property
    def marks(self) -> Mapping[Session, str]:
        """The pupil's codes up to as-at."""
        marks = self.assessor.marks_of(self.upn)
        pairs = zip(marks.at, marks.code, strict=True)
        return {session_of(int(n)): CODE_ORDER[int(code)] for n, code in pairs}

    def absent(self, codes: frozenset[str]) -> _Absence:
        """The sessions held up to the leaving day, back to the last with another code or with none."""
        inside: list[Session] = []
        before = None
        for session in reversed(self.assessor.held.sessions):
            if session.day > self.day:
                continue
            if self.marks.get(session) not in codes:
                before = session
                break
            inside.append(session)
        whole = {session.day for session in inside} - ({before.day} if before else set())
        return _Absence(tuple(sorted(whole)), tuple(inside), before, self.marks.get(before) if before else None)


_WITHDRAW = "Withdraw the leaving day, or give the ground that applies."


def _marked_afterwards(leaver: _Leaver) -> Iterator[_Found]:
    later = [s for s, code in leaver.marks.items() if s.day > leaver.day and code in SHOWS_SESSION_HELD]
    if later:
        yield _Found(
            "RETROSPECTIVE",
            f"{len(later)} sessions after the leaving day {leaver.day} have a mark, the last of them {max(later)}",
            "Give the day on which the name was deleted, or correct the marks; a name is not deleted for a day that has passed.",
            PROVISIONS["deletion_day"].citation,
        )


def _no_ground(leaver: _Leaver) -> Iterator[_Found]:
    text = (leaver.pupil.deletion_ground or "").strip()
    if text:
        yield _Found("GROUND_UNKNOWN", f"{text!r} is no ground", "Give the letter of the ground, a to o.")
    elif not school_year(leaver.assessor).leaves_from_the_top(
        leaver.pupil
    ):  # no return is asked for, and none tells a ground
        yield _Found("GROUND_MISSING", "no ground is given", "Give the letter of the ground, a to o.")


# --- Ground by ground ------------------------------------------------------------------------------------------------


def _registered_elsewhere(leaver: _Leaver) -> Iterator[_Found]:
    other = leaver.pupil.dual_registered_urn
    if other:
        yield _Found(
            "DUAL_REGISTERED",
            f"the roll gives {other} as a school at which the pupil is registered as well, by agreement",
            "If the other school consents to the deletion the ground is c; if the agreement has ended, take it off the roll.",
        )


def _left_nursery(leaver: _Leaver) -> Iterator[_Found]:
    place = class_number(leaver.pupil)
    if place is None or place >= 0:
        given = (
            f"the roll gives year group {leaver.pupil.year_group}"
            if leaver.pupil.year_group
            else "no year group is given"
        )
        yield _Found("NOT_IN_NURSERY", f"{given}, no nursery class", _WITHDRAW)


def _dual_registered(leaver: _Leaver) -> Iterator[_Found]:
    if not leaver.pupil.dual_registered_urn:
        yield _Found(
            "NOT_DUAL_REGISTERED", "the roll names no other school at which the pupil is registered",
            "Give the other school (dual_registered_urn), or the ground that applies.",
        )  # fmt: skip


_LEAVE: Final = frozenset(code.code for code in CODES.values() if code.category == "leave of absence" and code.possible)
_UNABLE: Final = frozenset(code.code for code in CODES.values() if code.category == "unable to attend")
_LATE: Final = "U"  # absent when the register was taken, and yet at school that session
_AWAY: Final = UNAUTHORISED - {_LATE}  # reg 9(1)(i): G, N and O
_NOT_BACK: Final = _AWAY | (AUTHORISED - _LEAVE) | _UNABLE
_KEPT_AWAY: Final = frozenset({"I"}) | _UNABLE


def _not_back_after_leave(leaver: _Leaver) -> Iterator[_Found]:
    absence = leaver.absent(_NOT_BACK)
    need = law.LEAVE_RETURN_DAYS.on(leaver.day)
    if absence.code not in _LEAVE:
        yield _Found("LEAVE_MISSING", f"the register shows no leave before the absence: {absence.says}", _WITHDRAW)
    elif len(absence.days) < need:
        yield _Found(
            "LEAVE_TOO_RECENT",
            f"{len(absence.days)} school days have passed since the leave ended on {absence.before}, not {need}",
            _WITHDRAW,
        )
    yield from _kept_away(leaver, absence)
    yield from _enquired(leaver)


def _continuously_absent(leaver: _Leaver) -> Iterator[_Found]:
    absence = leaver.absent(_AWAY)
    need = law.DELETION_ABSENCE_DAYS.on(leaver.day)
    if len(absence.days) < need:
        yield _Found(
            "ABSENCE_TOO_SHORT",
            f"{len(absence.days)} school days up to the leaving day have G, N or O in every session, not {need}: {absence.says}",
            _WITHDRAW,
        )
    yield from _kept_away(leaver, absence)
    yield from _enquired(leaver)


def _kept_away(leaver: _Leaver, absence: _Absence) -> Iterator[_Found]:
    """Marks or evidence in the absence that are themselves ground to believe that sickness or a cause keeps the pupil away."""
    said = [f"{s} has {leaver.marks[s]}" for s in sorted(absence.sessions) if leaver.marks[s] in _KEPT_AWAY]
    since = min((s.day for s in absence.sessions), default=leaver.day)
    said += [
        f"illness was expected from {row.first} until {row.until}"
        for row in leaver.assessor.view.roll.expected.get(leaver.upn, ())
        if row.first <= leaver.day and row.until >= since and row.known_on <= leaver.assessor.as_at
    ]
    if said:
        yield _Found(
            "KEPT_AWAY",
            f"sickness or an unavoidable cause may keep the pupil away: {said[0]}",
            "Find out whether it still does; if so the name stays.",
        )


def _enquired(leaver: _Leaver) -> Iterator[_Found]:
    """Joint enquiries come first; who is found is deleted only if school and authority agree (R8)."""
    if leaver.enquiries is None:
        yield _Found(
            "ENQUIRIES_MISSING", "joint reasonable enquiries are not recorded",
            "Enquire together, school and authority, where the pupil is; the authority records what came of it.",
            PROVISIONS["joint_enquiries"].citation,
        )  # fmt: skip
    elif leaver.enquiries == "not_agreed":
        yield _Found(
            "ENQUIRIES_NOT_AGREED", "the pupil was found, and school and authority do not agree that no return is to be expected",
            "The name stays until both agree.", PROVISIONS["joint_enquiries"].citation,
        )  # fmt: skip


def _detained(leaver: _Leaver) -> Iterator[_Found]:
    last = leaver.absent(frozenset())
    if last.code != "Y5":
        yield _Found(
            "NOT_DETAINED", f"the last session held before the deletion shows no detention (Y5): {last.says}", _WITHDRAW
        )


def _over_age(leaver: _Leaver) -> Iterator[_Found]:
    """Of compulsory age on the leaving day, the pupil must be over it when the school next meets [U]."""
    born = leaver.pupil.date_of_birth
    if born is None:
        yield _Found("AGE_UNKNOWN", "no date of birth is given", "Give the date of birth.")
    elif compulsory_until(born) >= (next_day := _next_met(leaver)):
        yield _Found(
            "STILL_OF_AGE",
            f"compulsory school age lasts until {compulsory_until(born)}, and the school meets again on {next_day}",
            _WITHDRAW,
        )


def _next_met(leaver: _Leaver) -> date:
    """The first day after the leaving day on which the school meets; where nothing is known, the next working day."""
    held = leaver.assessor.held
    later = [s.day for s in (*held.sessions, *held.open_ahead) if s.day > leaver.day]
    day = leaver.day + timedelta(days=1)
    while not later and not is_working_day(day):
        day += timedelta(days=1)
    return min(later, default=day)


def _fees_unpaid(leaver: _Leaver) -> Iterator[_Found]:
    if not leaver.pupil.boarder:
        yield _Found("NOT_A_BOARDER", "the roll does not say that the pupil boards", _WITHDRAW)
    if leaver.school_type in law.INDEPENDENT_TYPES.on(leaver.day):
        yield _Found(
            "SCHOOL_TYPE", "the ground is for a maintained school or an academy, and this school is neither",
            "Give the ground that applies; for such a school that is n.",
        )  # fmt: skip


def _ceased(leaver: _Leaver) -> Iterator[_Found]:
    if leaver.school_type and leaver.school_type not in law.INDEPENDENT_TYPES.on(leaver.day):
        yield _Found(
            "SCHOOL_TYPE",
            "the ground is for an independent or a non-maintained special school, and this school is neither",
            _WITHDRAW,
        )


_AT_SCHOOL: Final = frozenset(code for code in ATTENDED if CODES[code].statistical_class == "present") | {_LATE}


def _excluded(leaver: _Leaver) -> Iterator[_Found]:
    """Since the pupil was last at the school some session has E; other provision may have followed it."""
    away = leaver.absent(frozenset(CODES) - _AT_SCHOOL)
    if not any(leaver.marks[session] == "E" for session in away.sessions):
        yield _Found(
            "NOT_EXCLUDED",
            f"no session since the pupil was last at school shows an exclusion (E): {away.says}",
            _WITHDRAW,
        )


_CHECKS: Final[Mapping[str, Callable[[_Leaver], Iterator[_Found]]]] = MappingProxyType(
    {
        "a": _registered_elsewhere,
        "b": _left_nursery,
        "c": _dual_registered,
        "h": _not_back_after_leave,
        "i": _continuously_absent,
        "j": _detained,
        "l": _over_age,
        "m": _fees_unpaid,
        "n": _ceased,
        "o": _excluded,
    }
)
"""The grounds of which something can be known here; of d to g and k nothing can."""
