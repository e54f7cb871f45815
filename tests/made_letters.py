"""Made-up letters: the records and printed facts of a first notice, a second one and a notice to improve, and how a PDF reads."""

import io
import re
import unicodedata
from datetime import date, timedelta
from functools import cache
from typing import Any

import pypdf

from notices.kinds import page_of
from notices.typesetting import Page

UPN = "B801200005001"

RECORD = {
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
    "window": [(date(2025, 9, 1) + timedelta(weeks=week)).isoformat() for week in (0, 1, 2, 3, 4, 5, 6, 7, 9, 10)],
    "main_reason": "holiday",
    "authorised_by": {"id": "o1", "name": "Alex Madeup", "office": "Attendance officer"},
    "provisions": ["EA 1996 s.444A", "SI 2007/1867 reg 4"],
    "support": [
        {"date": "2025-09-22", "what": "Letter about attendance", "outcome": "No answer"},
        {"date": "2025-10-13", "what": "Meeting with the head of year", "outcome": "Attendance did not improve"},
    ],
    "evidence_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "register_sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "pdf_sha256": None,
    "settings_version": "3c5e0f1a2b4d6e7f",
    "software": "attendance 0.2.0",
}
FIRST = RECORD | {
    "kind": "penalty_notice",
    "sequence": 1,
    "amount_pence": 16000,
    "reduced_amount_pence": 8000,
    "reduced_until": "2025-12-08",
    "pay_by": "2025-12-15",
    "prosecute_by": "2026-04-06",
    "ground": "support_not_appropriate",
}
SECOND = FIRST | {"sequence": 2, "reduced_amount_pence": None, "reduced_until": None, "ground": "improvement_failed"}
IMPROVE = RECORD | {
    "kind": "notice_to_improve",
    "improvement_from": "2025-11-19",
    "improvement_until": "2026-01-15",
    "target": "No further unauthorised absence",
}
PRINTED: dict[str, Any] = {
    "authority": {
        "name": "Made-up County Council",
        "address": ["County Hall", "1 Made-up Street", "Madeup", "MU1 1AA"],
        "phone": "01632 960000",
        "email": "attendance@madeup.example",
    },
    "recipient": {"name": "Mrs Jo Madeup", "address": ["Flat 2", "14 Long Road", "Madeup", "MU2 7QX"]},
    "child": {"name": "Sam Madeup", "address": ["9 Other Street", "Madeup", "MU3 1ZZ"]},
    "school": "St Made-up’s Primary School",
}
ALSO_PRINTED: dict[str, dict[str, Any]] = {
    "penalty_notice": {"payment": {"url": "https://madeup.example/pay", "instalments": False}},
    "notice_to_improve": {
        "attendance": {
            "since": "2025-09-01",
            "until": "2025-11-13",
            "possible": 98,
            "attended": 84,
            "authorised": 3,
            "unauthorised": 11,
        }
    },
}


def page(record: dict[str, Any], **changed: Any) -> Page:
    return page_of(record, **(PRINTED | ALSO_PRINTED[record["kind"]] | changed))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


@cache
def lines_of(pdf: bytes) -> list[str]:
    """The text of a letter line by line, without the foot of each page."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return [
        line for one in pages for line in one.extract_text().splitlines() if not re.search(r" Page \d+ of \d+$", line)
    ]


def text_of(pdf: bytes) -> str:
    return plain(" ".join(lines_of(pdf)))
