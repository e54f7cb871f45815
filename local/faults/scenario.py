"""A small term that takes every path: eight children of three schools in two authorities, all made up.

Steps, each something that happens from outside: a school sends a file, an officer decides, the daily schedule fires. After each
the functions work until nothing waits.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from attendance.directory import read_directory
from attendance.events import DecisionMade
from attendance.facts import Decision
from attendance.identifiers import pupil_id, upn_check_letter
from attendance.text import LONDON
from local.inputs import ToPublish
from local.madeup.rows import csv_of
from local.publish import publish
from local.run import Doors

AUTHORITIES: Final = ("886", "926")
FIRST, SCHOOL, NEXT_SCHOOL, MOVED_SCHOOL = date(2025, 9, 8), "900001", "900002", "900003"
CLOSES, LAST = date(2025, 11, 7), date(2025, 12, 31)
STEPS_OF_SUPPORT: Final = 60
"""More than ten pages hold: the notice has a schedule."""


def _upn(n: int) -> str:
    digits = f"8012000{n:05}"
    return upn_check_letter("?" + digits) + digits


@dataclass(frozen=True)
class Child:
    """A made-up child; its surname and street are words that no log and no key could hold by chance."""

    upn: str
    surname: str
    parents: tuple[str, ...] = ("P1",)

    @property
    def street(self) -> str:
        """The street of the whole family."""
        return f"1 {self.surname} Terrace"


HOLIDAYS: Final = Child(_upn(1), "Quillonby", ("P1", "P2"))
ABSENT: Final = Child(_upn(2), "Strugglethwaite")
UNKNOWN: Final = Child(_upn(3), "Nixonthorpe")
ILL: Final = Child(_upn(4), "Illingstead")
MOVING: Final = Child(_upn(5), "Moverley")
LATE: Final = Child(_upn(6), "Midnightham")
OTHERWHERE: Final = Child(_upn(7), "Ferncastle")
MISSED: Final = Child(_upn(8), "Missingdale")
CHILDREN: Final = (HOLIDAYS, ABSENT, UNKNOWN, ILL, MOVING, LATE, OTHERWHERE, MISSED)

WORDS: Final = frozenset(
    {"Marmadukina", "Crispinette"} | {word for child in CHILDREN for word in (child.upn, child.surname, child.street)}
)
"""What must stand in no line of a log."""

_SETTINGS = """
authorities: ["{la}"]
holds_from: 2025-08-01
name: Made-up Coast County Council
address: [County Hall, Madeup, ZZ99 1CC]
contact: {{phone: "01632 960001", email: attendance@made-up.example}}
payment: {{url: "https://made-up.example/pay", instalments: false, reference_as: reference}}
officers: [{{id: o1, name: Alex Madeup, office: Attendance officer, may: [all], from: 2025-08-01}},
  {{id: o2, name: Sam Madeup, office: Income officer, may: [record_payment], from: 2025-08-01}}]
reminders: {{before_reduced_ends: 5, before_payment_ends: 4}}
notice_to_improve: {{issued_by: authority, mode: {mode}, school_days: 15}}
returns: {{attendance: monthly, sickness: at_once, new_pupil: at_once, deletion: at_once}}
"""

_WORDS = """
holds_from: 2025-08-01
phone: "01632 960123"
email: office@made-up.example
contact: {name: Robin Madeup, office: attendance lead}
support: ["Breakfast club is free from 7:45."]
letters: {4: {opening: "We miss {child}.", closing: "A call helps."}}
"""


@dataclass(frozen=True)
class Hands:
    """What schools, officers and the schedule do to a raised world."""

    doors: Doors

    def ready(self) -> None:
        """Publish the directory and the settings, as an operator does before anything is sent."""
        schools = {SCHOOL: ("886", "999"), NEXT_SCHOOL: ("886", "999"), MOVED_SCHOOL: ("926", "886")}
        rows = [
            {
                "URN": urn, "LA (code)": la, "PreviousLA (code)": before, "EstablishmentNumber": urn[-4:],
                "EstablishmentName": f"Made-up School {urn}", "TypeOfEstablishment (code)": "01",
                "Street": "1 School Lane", "Town": "Madeup", "Postcode": "ZZ99 2SC",
            }
            for urn, (la, before) in schools.items()
        ]  # fmt: skip
        modes = {"886": "on_authorisation", "926": "by_itself"}
        settings = {la: _SETTINGS.format(la=la, mode=mode) for la, mode in modes.items()}
        publish(self.doors.published, ToPublish(read_directory(_csv(rows), None), settings, {NEXT_SCHOOL: _WORDS}))

    def send(self, name: str, body: bytes, urn: str = SCHOOL) -> None:
        """Send a file as a school does."""
        self.doors.world.put_upload("886", urn, name, body)

    def decide(self, child: Child, action: str, parent_id: str | None = None, by: str = "o1", **more: Any) -> None:
        """Record a decision and have it carried out, as the API would; one a day for each child, parent and action."""
        on = datetime.now(LONDON).date()
        given = {
            "la": "886",
            "urn": SCHOOL,
            "upn": child.upn,
            "parent_id": parent_id,
            "action": action,
            "by": by,
            **more,
        }
        if given.pop("of_another", False):
            notices = self.doors.cases.of_pupil(given["la"], pupil_id(child.upn, self.doors.secret)).notices
            given["notice"] = next(notice.reference for notice in notices if notice.issuer)
        name = f"{on:%m%d}-{child.upn}-{parent_id or ''}-{action}-{by}-{more.get('ground', '')}"
        name = hashlib.sha256(name.encode()).hexdigest()[:24]
        decision = Decision.model_validate({"id": name, "row": 2, "on": on, **given})
        pupil = pupil_id(child.upn, self.doors.secret)
        self.doors.cases.decide(pupil, decision)
        event = DecisionMade(la=decision.la, pupil=pupil, decision=decision.id, correlation_id=decision.id)
        self.doors.to_notices.send(event, told="decided")


@dataclass(frozen=True)
class Step:
    """One thing that happens from outside, and when."""

    at: datetime
    what: str
    do: Callable[[Hands], None]
    day_passes: bool = False
    """Whether it is the daily schedule, which may be missed or fire twice."""
    stops_at: str | None = None
    """The door (`cases.reserved`) at which the function dies, once, the next one beginning after midnight."""


def steps() -> tuple[Step, ...]:
    """The term, step by step, in the order of its time."""
    return tuple(_steps())


def _steps() -> Iterator[Step]:
    def file(on: str, name: str, body: bytes, urn: str = SCHOOL) -> Step:
        return Step(_at(on), f"file {name}", lambda hands: hands.send(f"{on[:10]}-{name}", body, urn))

    def decided(on: str, child: Child, action: str, parent: str | None = None, **more: Any) -> Step:
        what = f"decision {action}"
        stops_at = more.pop("stops_at", None)
        return Step(_at(on), what, lambda hands: hands.decide(child, action, parent, **more), stops_at=stops_at)

    def day(on: str) -> Step:
        return Step(_at(f"{on}T18:30"), f"schedule {on}", lambda hands: hands.doors.world.day_passed(), day_passes=True)

    holiday = {"ground": "support_not_appropriate", "reason": "the marks that are missing change nothing"}
    first_marks = _first_marks()

    yield file("2025-10-03T17:00", "roll", _zip(
        pupils=_pupils([*CHILDREN[:4], MOVING], {
            ILL.upn: {"starting_day": "2025-09-08"}, MOVING.upn: {"leaving_day": "2025-10-03", "deletion_ground": "a"},
        }),
        parents=_parents([*CHILDREN[:4], MOVING], {MOVING.upn: {"email": "moverley@made-up.example"}}),
        support=_support(ABSENT, "2025-09-24", "not_engaged", STEPS_OF_SUPPORT),
    ))  # fmt: skip
    yield file("2025-10-03T17:20", "marks", _zip(marks=first_marks, calendar=_calendar()))
    yield day("2025-10-03")

    yield file("2025-10-06T17:00", "amended", _csv([
        {"upn": UNKNOWN.upn, "date": "2025-10-03", "session": "PM", "code": "I", "recorded_at": "2025-10-06T09:00",
         "recorded_by": "A", "amendment_reason": "the parent telephoned"},
    ]))  # fmt: skip
    yield file("2025-10-06T17:10", "marks-again", first_marks)
    yield file("2025-10-06T17:20", "unreadable", b"this,is,no\r\nextract,at,all\r\n")
    yield file("2025-10-06T17:30", "next-roll", _zip(
        pupils=_pupils([MOVING, LATE, MISSED], {child.upn: {"starting_day": "2025-10-06"} for child in (MOVING, LATE)}),
        parents=_parents([MOVING, LATE, MISSED], {MOVING.upn: {"parent_id": "N1", "email": "moverley@made-up.example"}}),
    ), NEXT_SCHOOL)  # fmt: skip
    yield decided("2025-10-06T18:00", HOLIDAYS, "authorise_penalty_notice", "P1", by="o2", **holiday)
    yield decided("2025-10-06T18:01", HOLIDAYS, "authorise_penalty_notice", "P1", **holiday)
    yield decided("2025-10-06T18:02", HOLIDAYS, "authorise_penalty_notice", "P2", **holiday)
    yield decided("2025-10-06T18:03", ABSENT, "issue_notice_to_improve", "P1")
    yield day("2025-10-06")

    yield file("2025-10-10T17:00", "next-marks", _zip(
        calendar=_calendar(date(2025, 10, 6)),
        marks=_marks(NEXT_SCHOOL, date(2025, 10, 6), date(2025, 10, 10), {
            MOVING: _away("O", "2025-10-06", "2025-10-07"), LATE: _away("G", "2025-10-06", "2025-10-10"),
            MISSED: _away("O", "2025-10-09", "2025-10-10"),
        }),
    ), NEXT_SCHOOL)  # fmt: skip
    yield file("2025-10-10T17:10", "expected", _csv([
        {"upn": ILL.upn, "from": "2025-10-06", "until": "2025-11-21", "evidence": "Letter from the hospital"},
    ]))  # fmt: skip
    yield file("2025-10-10T17:20", "moved-school", _zip(
        pupils=_pupils([OTHERWHERE]), parents=_parents([OTHERWHERE]), calendar=_calendar(),
        support=_support(OTHERWHERE, "2025-09-24", "declined"),
        marks=_marks(MOVED_SCHOOL, FIRST, date(2025, 10, 10), {OTHERWHERE: _away("O", "2025-09-22", "2025-09-26")}),
    ), MOVED_SCHOOL)  # fmt: skip
    yield decided("2025-10-10T18:00", MOVING, "parent_same", "N1", urn=NEXT_SCHOOL, reason=f"{SCHOOL}/P1")
    yield day("2025-10-10")

    yield file("2025-10-17T17:00", "more-marks", _marks(SCHOOL, date(2025, 10, 6), date(2025, 10, 17), {
        HOLIDAYS: _away("G", "2025-10-13", "2025-10-17"), ABSENT: _away("O", "2025-10-06", "2025-10-06"),
        ILL: _away("I", "2025-10-06", "2025-10-17"),
    }))  # fmt: skip
    yield decided("2025-10-20T09:00", HOLIDAYS, "served", "P1", until="2025-10-09")
    yield decided("2025-10-20T09:01", HOLIDAYS, "returned", "P2")
    yield decided("2025-10-20T09:02", HOLIDAYS, "record_payment", "P2", by="o2", amount_pence=8000, until="2025-10-17")
    yield decided("2025-10-20T09:03", ABSENT, "end_improvement", ground="ended_early", reason="no contact")
    yield decided("2025-10-20T09:04", ABSENT, "authorise_penalty_notice", "P1", **holiday | {"ground": "ended_early"})
    yield decided(
        "2025-10-20T09:05", ABSENT, "prepare_document", "P1", ground="attendance_contract", until="2025-11-20"
    )
    yield decided("2025-10-20T09:06", HOLIDAYS, "authorise_penalty_notice", "P1", **holiday)
    yield decided("2025-10-20T23:50", LATE, "authorise_penalty_notice", "P1", urn=NEXT_SCHOOL,
                  stops_at="cases.reserved", **holiday)  # fmt: skip
    yield decided("2025-10-21T09:00", LATE, "authorise_penalty_notice", "P1", urn=NEXT_SCHOOL, **holiday)
    yield decided("2025-10-21T09:01", HOLIDAYS, "withdraw", "P1", ground="ought_not", reason="leave was granted")
    yield decided("2025-10-21T09:02", HOLIDAYS, "release_sessions", reason="leave was granted")
    yield decided("2025-10-21T09:03", ILL, "record_elsewhere", "P1", reason="926", until="2025-10-01")
    yield decided("2025-10-21T09:04", ILL, "withdraw", "P1", ground="ought_not", reason="told by the other authority",
                  of_another=True)  # fmt: skip
    yield decided("2025-10-21T09:05", MOVING, "no_action", urn=NEXT_SCHOOL, reason="settled in by now")
    yield decided("2025-10-21T09:06", ABSENT, "record_intervention", "P1", ground="attendance_contract_offered",
                  until="2025-10-20")  # fmt: skip
    yield file("2025-10-22T17:00", "amended-after-issue", _csv([
        {"upn": LATE.upn, "date": "2025-10-10", "session": half, "code": "I", "recorded_at": "2025-10-22T09:00",
         "recorded_by": "A", "amendment_reason": "letter of the surgery"}
        for half in ("AM", "PM")
    ]), NEXT_SCHOOL)  # fmt: skip
    for urn, first in ((SCHOOL, 20), (NEXT_SCHOOL, 13), (MOVED_SCHOOL, 13)):
        yield file("2025-11-07T17:00", f"last-marks-{urn}", _marks(urn, date(2025, 10, first), CLOSES, {}), urn)
    yield day("2025-11-07")
    yield day("2025-11-14")
    yield decided("2025-11-25T09:00", ABSENT, "prepare_document", "P1", ground="case_bundle")
    yield decided("2025-11-25T09:01", ABSENT, "prepare_document", ground="certificate")
    yield decided("2025-11-26T09:00", ABSENT, "record_prosecution", "P1", ground="guilty", until="2025-11-26")
    yield day("2025-11-28")
    yield day(LAST.isoformat())


def _at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=LONDON)


# ------------------------------------------------------------------ files


def _csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    return csv_of(rows).encode()


def _zip(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv"), body)
    return packed.getvalue()


def _pupils(children: Sequence[Child], more: Mapping[str, Mapping[str, str]] | None = None) -> bytes:
    return _csv([
        {
            "upn": child.upn, "surname": child.surname, "forename": "Perpetua", "date_of_birth": "2014-05-05",
            "address_1": child.street, "postcode": "ZZ99 7QX", "starting_day": "2020-09-01",
            **(more or {}).get(child.upn, {}),
        }
        for child in children
    ])  # fmt: skip


def _parents(children: Sequence[Child], more: Mapping[str, Mapping[str, str]] | None = None) -> bytes:
    return _csv([
        {
            "upn": child.upn, "parent_id": parent, "surname": child.surname, "forename": forename,
            "relationship": "parent", "lives_with_pupil": "yes", "address_1": child.street, "postcode": "ZZ99 7QX",
            **(more or {}).get(child.upn, {}),
        }
        for child in children
        for parent, forename in zip(child.parents, ("Marmadukina", "Crispinette"), strict=False)
    ])  # fmt: skip


def _support(child: Child, until: str, outcome: str, times: int = 1) -> bytes:
    """Steps of support, one a day, the last of them on a day."""
    last, said = date.fromisoformat(until), "What was talked about, and what would help. "
    return _csv([
        {
            "upn": child.upn, "date": (last - timedelta(days=n)).isoformat(), "kind": "meeting",
            "description": said * (1 if times == 1 else 20), "outcome": outcome,
        }
        for n in range(times)
    ])  # fmt: skip


def _calendar(first: date = FIRST) -> bytes:
    return _csv([{"date": day.isoformat(), "session": "", "open": "yes"} for day in _weekdays(first, CLOSES)])


def _weekdays(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def _away(code: str, first: str, last: str) -> dict[date, str]:
    return dict.fromkeys(_weekdays(date.fromisoformat(first), date.fromisoformat(last)), code)


def _marks(urn: str, first: date, last: date, absent: Mapping[Child, Mapping[date, str]]) -> bytes:
    """A mark for each session of the children of a school: present, but for the days given with their code."""
    of = {SCHOOL: CHILDREN[:4], NEXT_SCHOOL: (MOVING, LATE, MISSED), MOVED_SCHOOL: (OTHERWHERE,)}[urn]
    return _csv([
        {"upn": child.upn, "date": day.isoformat(), "session": half, "code": absent.get(child, {}).get(day, present)}
        for child in of
        for day in _weekdays(first, last)
        for half, present in (("AM", "/"), ("PM", "\\"))
    ])  # fmt: skip


def _first_marks() -> bytes:
    """Four weeks of the first school, and a week of July: two academic years in one file."""
    last = date(2025, 10, 3)
    rows = list(csv.DictReader(io.StringIO(_marks(SCHOOL, FIRST, last, {
        HOLIDAYS: _away("G", "2025-09-29", "2025-10-03"), ABSENT: _away("O", "2025-09-22", "2025-10-03"),
        UNKNOWN: _away("O", "2025-09-29", "2025-10-03"), ILL: _away("I", "2025-09-15", "2025-10-03"),
    }).decode(), newline="")))  # fmt: skip
    for row in rows:
        if (row["upn"], row["date"], row["session"]) == (UNKNOWN.upn, "2025-10-03", "PM"):
            row["code"] = "N"
    present = {"AM": "/", "PM": "\\"}
    days = {MOVING: (FIRST, last), HOLIDAYS: (date(2025, 7, 14), date(2025, 7, 18))}
    for child, (first, until) in days.items():
        gone = _away("O", "2025-09-29", "2025-10-01") if child is MOVING else {}
        rows += [
            {"upn": child.upn, "date": day.isoformat(), "session": half, "code": gone.get(day, present[half])}
            for day in _weekdays(first, until)
            for half in ("AM", "PM")
        ]
    return _csv(rows)


def midnight_after(moment: datetime) -> datetime:
    """Five minutes into the next day in London."""
    return datetime.combine(moment.astimezone(LONDON).date() + timedelta(days=1), time(0, 5), LONDON)
