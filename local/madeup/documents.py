"""One made-up document of each kind: what `attendance documents` renders and the tests of documents read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from attendance.notice_record import SOFTWARE
from notices.kinds import page_of
from notices.letters import NoticePage
from notices.schedules import schedule_of
from notices.typesetting import Page

UPN: Final = "B801200005001"
SHA: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_MONDAYS: Final = [date(2025, 9, 1) + timedelta(weeks=week) for week in (0, 1, 2, 3, 4, 5, 6, 7, 9, 10)]

RECORD: Final[Mapping[str, Any]] = {
    "reference": "886K7Q2M9XDT",
    "la": "886",
    "urn": "118000",
    "upn": UPN,
    "parent_id": "parent-77",
    "case": "ABCDEFGHIJKLMNOPQRSTUVWXYZ-886-1",
    "issued_on": "2025-11-14",
    "as_at": "2025-11-13",
    "known_at": "2025-11-13T18:00:00Z",
    "posted_on": "2025-11-14",
    "post": "first",
    "presumed_received_on": "2025-11-18",
    "sessions": [
        {"date": f"2025-10-{day:02}", "session": session, "code": code}
        for day, code in ((6, "G"), (7, "O"), (8, "U"), (9, "N"), (10, "G"))
        for session in ("AM", "PM")
    ],
    "window": [monday.isoformat() for monday in _MONDAYS],
    "main_reason": "holiday",
    "authorised_by": {"id": "o1", "name": "Alex Madeup", "office": "Attendance officer"},
    "provisions": ["EA 1996 s.444A", "SI 2007/1867 reg 4"],
    "evidence_sha256": SHA,
    "register_sha256": SHA,
    "pdf_sha256": None,
    "settings_version": "3c5e0f1a2b4d6e7f",
    "software": SOFTWARE,
}
FIRST: Final[Mapping[str, Any]] = {
    **RECORD,
    "kind": "penalty_notice",
    "sequence": 1,
    "amount_pence": 16000,
    "reduced_amount_pence": 8000,
    "reduced_until": "2025-12-08",
    "pay_by": "2025-12-15",
    "prosecute_by": "2026-04-06",
    "ground": "support_not_appropriate",
}
SECOND: Final[Mapping[str, Any]] = {
    **FIRST, "sequence": 2, "reduced_amount_pence": None, "reduced_until": None, "ground": "improvement_failed",
}  # fmt: skip
IMPROVE: Final[Mapping[str, Any]] = {
    **RECORD,
    "kind": "notice_to_improve",
    "improvement_from": "2025-11-19",
    "improvement_until": "2026-01-15",
    "target": "No further unauthorised absence",
}
AUTHORITY: Final[Mapping[str, Any]] = {
    "name": "Made-up County Council",
    "address": ["County Hall", "1 Made-up Street", "Madeup", "MU1 1AA"],
    "phone": "01632 960000",
    "email": "attendance@madeup.example",
}
RECIPIENT: Final[Mapping[str, Any]] = {
    "name": "Mrs Jo Madeup",
    "address": ["Flat 2", "14 Long Road", "Madeup", "MU2 7QX"],
}
SCHOOL: Final = "St Made-up’s Primary School"
SCHOOL_ADDRESS: Final = ("School Lane", "Madeup", "MU3 2AB")
SUPPORT: Final = (
    {"date": "2025-09-22", "what": "Letter about attendance", "outcome": "No answer"},
    {"date": "2025-10-13", "what": "Meeting with the head of year", "outcome": "Attendance did not improve"},
)
PRINTED: Final[Mapping[str, Any]] = {
    "authority": AUTHORITY,
    "recipient": RECIPIENT,
    "child": {"name": "Sam Madeup", "address": ["9 Other Street", "Madeup", "MU3 1ZZ"]},
    "school": SCHOOL,
    "support": SUPPORT,
}
PAYMENT: Final[Mapping[str, Any]] = {"url": "https://madeup.example/pay", "instalments": False}
ATTENDANCE: Final[Mapping[str, Any]] = {
    "since": "2025-09-01",
    "until": "2025-11-13",
    "possible": 98,
    "attended": 84,
    "authorised": 2,
    "unauthorised": 12,
}
ALSO_PRINTED: Final[Mapping[str, Mapping[str, Any]]] = {
    "penalty_notice": {"payment": PAYMENT},
    "notice_to_improve": {"attendance": ATTENDANCE},
}
_OF: Final = {"la": "886", "urn": "118000", "settings_version": "3c5e0f1a2b4d6e7f", "software": SOFTWARE}
_OFFICER: Final = {"id": "o1", "name": "Alex Madeup", "office": "Attendance officer"}


def notice(record: Mapping[str, Any], **changed: Any) -> Page:
    """The page of a made-up notice, with what its page prints beside the record."""
    return page_of(record, **{**PRINTED, **ALSO_PRINTED[record["kind"]], **changed})


def withdrawal(**changed: Any) -> Page:
    """A made-up withdrawal of a notice that was paid."""
    record = {
        **_OF, "kind": "withdrawal", "reference": RECORD["reference"], "post": "first", "issued_on": "2025-11-14",
        "withdrawn_on": "2025-12-03", "ground": "ought_not", "received_pence": 8000, "refund_pence": 8000,
        "withdrawn_by": _OFFICER, "provisions": ["SI 2007/1867 reg 8", "SI 2007/1867 reg 9"],
    }  # fmt: skip
    printed = {"authority": AUTHORITY, "recipient": RECIPIENT, "child": "Sam Madeup", "school": SCHOOL}
    return page_of({**record, **printed, **changed})


def reminder(**changed: Any) -> Page:
    """A made-up reminder before the last day for the lower amount."""
    record = {
        **_OF, "kind": "reminder", "reference": RECORD["reference"], "post": "first", "issued_on": "2025-11-14",
        "written_on": "2025-12-01", "last": "reduced", "owed_pence": 8000, "until": "2025-12-08", "amount_pence": 16000,
        "pay_by": "2025-12-15", "received_pence": 0, "payment": PAYMENT,
    }  # fmt: skip
    printed = {"authority": AUTHORITY, "recipient": RECIPIENT, "child": "Sam Madeup", "school": SCHOOL}
    return page_of({**record, **printed, **changed})


def early_letter(**changed: Any) -> Page:
    """A made-up early letter for four sessions."""
    record = {
        "kind": "early_letter", "reference": "118000-4-7Q2M9X", "post": "first", "level": 4, "missed": 4, "since": "2025-09-01",
        "written_on": "2025-10-08", "days": RECORD["sessions"][:4], "child": "Sam Madeup", "recipient": RECIPIENT,
        "school": {
            "name": SCHOOL, "address": SCHOOL_ADDRESS, "phone": "01632 960123", "email": "office@madeup-school.example",
        },
        "opening": "We are glad to have Sam Madeup with us and we miss Sam Madeup when the chair is empty.",
        "support": ["Talk to us about mornings, transport or worries at school.", "Breakfast club is free from 7:45."],
        "closing": "A short call often solves more than a letter. We would like to hear from you.",
        "contact": "Robin Madeup, attendance lead", "software": SOFTWARE,
    }  # fmt: skip
    return page_of({**record, **changed})


def return_cover(**changed: Any) -> Page:
    """A made-up cover of a sickness return of two pupils."""
    record = {
        "kind": "return_cover", "returned": "sickness", "la": "886", "urn": "118000", "authority": AUTHORITY["name"],
        "authority_address": AUTHORITY["address"], "school": SCHOOL, "school_address": SCHOOL_ADDRESS, "dated": "2025-12-31",
        "written_at": "2025-12-31T18:30:00Z", "columns": ["From", "Until", "Days", "Basis", "Evidence"],
        "pupils": [
            {
                "upn": UPN, "name": "Sam Madeup", "address": "9 Other Street, Madeup, MU3 1ZZ",
                "told": ["2025-09-15", "2025-10-08", "15", "counted", ""],
            },
            {
                "upn": "C801200005002", "name": "Siân Llŷr Ŵyn", "address": "1 Long Road, Madeup, MU3 1ZY",
                "told": ["2025-11-03", "2025-12-12", "21", "expected", "hospital letter"],
            },
        ],
        "file": "sickness-118000-2025-12-31.csv", "file_sha256": SHA, "provisions": ["SI 2024/208 reg 13"], "software": SOFTWARE,
    }  # fmt: skip
    return page_of({**record, **changed})


def _year(until: date, absent: Mapping[date, str]) -> list[dict[str, Any]]:
    """The school days from 1 September, weekends and a half-term left out, present but for the days given."""
    days = [date(2025, 9, 1) + timedelta(days=n) for n in range((until - date(2025, 9, 1)).days + 1)]
    closed = [date(2025, 10, 27) + timedelta(days=n) for n in range(5)]
    return [
        {
            "date": day.isoformat(),
            "am": absent.get(day, "#" if day in closed else "/"),
            "pm": absent.get(day, "#" if day in closed else "\\"),
        }
        for day in days
        if day.weekday() < 5
    ]


YEAR: Final = _year(
    date(2025, 11, 13),
    {
        **{date(2025, 10, day): code for day, code in ((6, "G"), (7, "O"), (8, "U"), (9, "N"), (10, "G"))},
        date(2025, 9, 17): "I",
        date(2025, 11, 6): "O",
    },
)
_CHILD: Final = {
    "name": "Sam Madeup",
    "date_of_birth": "2015-03-04",
    "address": ["9 Other Street", "Madeup", "MU3 1ZZ"],
}
_PARENT: Final = {"name": RECIPIENT["name"], "address": RECIPIENT["address"], "relationship": "mother"}


def certificate(**changed: Any) -> Page:
    """A made-up certificate of the last sixty sessions."""
    record = {
        **_OF, "kind": "certificate", "authority": AUTHORITY["name"], "school": SCHOOL, "school_address": SCHOOL_ADDRESS,
        "head": "Dr Kim Madeup, head teacher", "child": _CHILD, "parent": _PARENT, "attendance": ATTENDANCE, "days": YEAR[-30:],
        "known_at": "2025-11-13T18:00:00Z", "written_on": "2025-11-14", "register_sha256": SHA,
    }  # fmt: skip
    return page_of({**record, **changed})


def case_bundle(**changed: Any) -> Page:
    """A made-up bundle of a case whose notice was not paid."""
    entry = {"recorded_at": "2025-10-06T08:55:00Z", "recorded_by": "office", "received_at": "2025-10-10T17:00:00Z"}
    record = {
        **_OF, "kind": "case_bundle", "case": RECORD["case"], "authority": AUTHORITY, "school": SCHOOL, "child": _CHILD, "upn": UPN,
        "parent": _PARENT, "offence_from": "2025-10-06", "offence_until": "2025-10-10", "prosecute_by": "2026-04-06",
        "sessions": RECORD["sessions"], "window": RECORD["window"], "met_on": "2025-10-10", "attendance": ATTENDANCE, "year": YEAR,
        "notices": [
            {
                "reference": RECORD["reference"], "kind": "penalty_notice", "issued_on": "2025-11-14", "to": RECIPIENT["name"],
                "what": "£80 until 8 December 2025, £160 until 15 December 2025", "became": "not paid", "issuer": None,
            }
        ],
        "steps": [
            {
                "on": "2025-11-14", "action": "Authorise penalty notice", "by": "Alex Madeup, Attendance officer",
                "provision": "EA 1996 s.444A", "came": "The notice was issued.", "reason": "",
                "considered": ["Support sufficient: a holiday, support was not appropriate"],
            }
        ],
        "support": SUPPORT,
        "entries": [
            {
                **entry, "date": "2025-10-06", "session": "AM", "code": "N", "amendment_reason": "", "in_force": False,
            },
            {
                **entry, "date": "2025-10-06", "session": "AM", "code": "G", "recorded_at": "2025-10-09T15:10:00Z",
                "amendment_reason": "holiday, leave was refused", "in_force": True,
            },
        ],
        "exhibits": [{"name": f"notices/{RECORD['reference']}.pdf", "sha256": SHA}],
        "known_at": "2025-12-17T18:00:00Z", "written_on": "2025-12-17", "prepared_by": _OFFICER,
        "provisions": ["EA 1996 s.444(1)"], "evidence_sha256": SHA, "register_sha256": SHA,
    }  # fmt: skip
    return page_of({**record, **changed})


def attendance_contract(**changed: Any) -> Page:
    """A made-up form of an attendance contract."""
    record = {
        "kind": "attendance_contract", "la": "886", "urn": "118000", "authority": AUTHORITY["name"], "school": SCHOOL,
        "child": "Sam Madeup", "parent": RECIPIENT["name"], "written_on": "2025-10-15", "review_on": "2025-12-01",
        "attendance": ATTENDANCE, "support": SUPPORT, "means": "No further unauthorised absence", "software": SOFTWARE,
    }  # fmt: skip
    return page_of({**record, **changed})


def schedule(**changed: Any) -> Page:
    """A made-up schedule, as it comes with a notice too long for the post."""
    long = notice(FIRST, schedule=True, **changed)
    if not isinstance(long, NoticePage):
        raise TypeError("a schedule of what is no notice")
    return schedule_of(long)


def support_pack(**changed: Any) -> Page:
    """A made-up pack of a small school's termly meeting."""
    concern = {
        "name": "Sam Madeup", "upn": UPN, "year_group": "5", "possible": 98, "attended": 84, "authorised": 2, "unauthorised": 12,
        "count": 12, "cohorts": ["Special educational needs"], "case": "notice to improve proposed",
        "support": "meeting on 13 October 2025: attendance did not improve", "year": YEAR,
    }  # fmt: skip
    near = {
        **concern,
        "name": "Żółkiewska-Dvořáková Siân",
        "upn": "C801200005002",
        "attended": 90,
        "authorised": 0,
        "unauthorised": 8,
        "count": 8,
        "case": "",
        "cohorts": [],
        "year": _year(date(2025, 11, 13), dict.fromkeys((date(2025, 10, day) for day in (6, 7, 8, 9)), "O")),
    }
    record = {
        **_OF, "kind": "support_pack", "authority": AUTHORITY["name"], "school": SCHOOL, "phase": "Primary",
        "as_at": "2025-11-13", "known_at": "2025-11-13T18:00:00Z", "pupils": 210, "attendance": {
            "since": "2025-09-01", "until": "2025-11-13", "possible": 20580, "attended": 19200, "authorised": 900,
            "unauthorised": 480,
        },
        "weeks": [
            {"monday": monday.isoformat(), "possible": 2100, "attended": 1990 - 12 * n, "unauthorised": 30 + 5 * n}
            for n, monday in enumerate(_MONDAYS)
        ],
        "cohorts": [
            {"name": "All pupils", "pupils": 210, "possible": 20580, "attended": 19200, "persistent": 1, "severe": 0},
            {"name": "Looked after", "pupils": 4, "possible": 392, "attended": 370, "persistent": 0, "severe": 0},
        ],
        "codes": [["I", 620], ["O", 310], ["G", 120], ["U", 50]],
        "severe": [], "persistent": [concern], "near": [near],
    }  # fmt: skip
    return page_of({**record, **changed})


def pages() -> dict[str, Page]:
    """One made-up document of each kind, by a name that says which."""
    return {
        "notice-to-improve": notice(IMPROVE),
        "penalty-notice-first": notice(FIRST),
        "penalty-notice-second": notice(SECOND),
        "schedule-to-a-notice": schedule(),
        "withdrawal": withdrawal(),
        "reminder-lower-amount": reminder(),
        "reminder-last-day": reminder(last="full", owed_pence=8000, received_pence=8000, until="2025-12-15"),
        "early-letter-4": early_letter(),
        "sickness-return-cover": return_cover(),
        "attendance-return-cover": return_cover(
            returned="attendance", columns=["From", "Until", "Sessions"],
            pupils=[
                {
                    "upn": UPN, "name": "Sam Madeup", "address": "9 Other Street, Madeup, MU3 1ZZ",
                    "told": ["2025-10-06", "2025-10-17", "20"],
                }
            ],
            file="attendance-118000-2025-10-17.csv",
        ),
        "certificate-of-attendance": certificate(),
        "case-bundle": case_bundle(),
        "attendance-contract": attendance_contract(),
        "support-meeting-pack": support_pack(),
    }  # fmt: skip
