"""The documents that are looked at: one of each kind, each with hard names, and the cases at the edges."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from local.madeup import documents as made
from notices.letters import Letter
from notices.typesetting import Page, page_json

CHILD: Final = "Sam Madeup"
PARENT: Final = "Mrs Jo Madeup"
NAMES: Final[Mapping[str, tuple[str, str]]] = {
    # An envelope needs a Latin letter in its first line: what has none is refused (test_addresses.py).
    "arabic": ("محمد علي", "Fatima محمد"),
    "sixty letters": ("Wolfeschlegelsteinhausenbergerdorff-" + "W" * 24, "W" * 60),
    "one word": ("Sukarno", "Sukarno"),
    "apostrophes": ("Ni’ma D’Arcy", "Seán O'Brien-O’Neill"),
    "accents": ("Żółkiewska-Dvořáková Siân Llŷr", "Ọláńrewájú Gökçe İnönü Şık"),
}
"""What is hard about a name: (a child's, a parent's)."""


def renamed(page: Page, child: str, parent: str) -> Page:
    """The same document about people of other names, wherever it names them."""
    text = page_json(page).replace(CHILD, json.dumps(child)[1:-1]).replace(PARENT, json.dumps(parent)[1:-1])
    return type(page).model_validate_json(text)


def school_days(count: int, first: date = date(2025, 9, 1)) -> list[date]:
    """The first days of a year without holidays, weekends left out."""
    days = (first + timedelta(days=n) for n in range(2 * count))
    return [day for day in days if day.weekday() < 5][:count]


def sessions(count: int, code: str = "O") -> list[dict[str, str]]:
    """So many sessions of absence, from the first."""
    halves = [(day, half) for day in school_days(count) for half in ("AM", "PM")][:count]
    return [{"date": day.isoformat(), "session": half, "code": code} for day, half in halves]


YEAR: Final = [
    {"date": day.isoformat(), "am": "/" if n % 9 else "O", "pm": "\\" if n % 7 else None}
    for n, day in enumerate(school_days(190))
]
"""A year of 380 sessions, some absent, some without a mark."""
STEPS: Final = [
    {"date": day.isoformat(), "what": "A long talk about what makes mornings hard " * 2, "outcome": "Agreed to meet"}
    for day in school_days(25)
]
NO_ONE: Final[Mapping[str, tuple[()]]] = {"severe": (), "persistent": (), "near": ()}


def _of(page: Page) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(page_json(page))
    return data


def _entries() -> Iterator[dict[str, Any]]:
    for n, each in enumerate(sessions(380)):
        one = {
            **each, "recorded_at": f"{each['date']}T08:55:00Z", "recorded_by": "office", "received_at": f"{each['date']}T17:00:00Z",
            "amendment_reason": "", "in_force": True,
        }  # fmt: skip
        if n % 5 == 0:
            yield {**one, "code": "N", "in_force": False}
            one |= {"amendment_reason": "no reason was given, although the school asked the parent twice"}
        yield {**one, "recorded_at": None, "recorded_by": "", "code": None} if n % 50 == 49 else one


def _pupils(count: int, **changed: Any) -> list[dict[str, Any]]:
    one = _of(made.support_pack())["persistent"][0]
    return [one | {"name": f"{CHILD} {n}", "upn": f"B8012000{n:05}", "year": YEAR} | changed for n in range(count)]


def _returned(count: int, told: list[str]) -> list[dict[str, Any]]:
    address = "Flat 3, 14 Very Long Road Name Indeed, Madeup Wood, Madeupshire, MU3 1ZZ"
    return [{"upn": f"B8012000{n:05}", "name": CHILD, "address": address, "told": told} for n in range(count)]


EDGES: Final[Mapping[str, Page]] = {
    "first notice below the threshold, without support": made.notice(
        {**made.FIRST, "window": [], "provisions": [], "ground": "below_threshold"}, support=[]
    ),
    "second notice of 240 sessions in a long hand": renamed(
        made.notice(
            {**made.SECOND, "sessions": sessions(240)},
            payment={"url": "https://madeup.example/" + "a" * 120, "instalments": True},
            recipient={"name": PARENT, "address": [*(f"Line {number} gÅ" for number in range(4)), "MU2 7QX"]},
        ),
        *NAMES["sixty letters"],
    ),
    "first notice by its own name, from a school, payable by phone and by link": made.notice(
        made.FIRST, called="Fixed Penalty Notice", sender="Made-up School", payment={
            "url": "https://madeup.example/pay", "instalments": False, "phone": "01632 960001",
            "link": f"https://madeup.example/pay?reference={made.RECORD['reference']}",
        },
    ),
    "notice to improve from a school, without support": made.notice(made.IMPROVE, sender="Made-up School", support=[]),
    "first notice with a schedule": made.notice(made.FIRST, schedule=True),
    "notice to improve with a schedule": made.notice(made.IMPROVE, schedule=True),
    "schedule of 380 sessions and much support": made.schedule(sessions=sessions(380), support=STEPS * 3),
    "schedule without support": made.schedule(support=[]),
    "notice to improve after much support": made.notice(made.IMPROVE, support=STEPS),
    "withdrawal with nothing received": made.withdrawal(ground="not_prosecuting", received_pence=0, refund_pence=0),
    "withdrawal for errors, paid back before": made.withdrawal(ground="material_error", refund_pence=0, post="second"),
    "reminder after a payment in part, by link": made.reminder(
        owed_pence=3000, received_pence=5000, payment={
            "url": "https://madeup.example/pay", "instalments": True, "phone": "01632 960001",
            "link": f"https://madeup.example/pay?reference={made.RECORD['reference']}",
        },
    ),
    "early letter after nine sessions, with much help": made.early_letter(
        level=9, missed=9, days=sessions(9, "U"), support=["A sentence about help that goes on for a while. " * 2] * 5
    ),
    "new pupil return": made.return_cover(
        returned="new_pupil", columns=["Starting day"], pupils=_returned(1, ["2025-11-03"])
    ),
    "deletion return": made.return_cover(
        returned="deletion", columns=["Leaving day", "Ground"], pupils=_returned(1, ["2025-11-03", "a"])
    ),
    "sickness return of 200 pupils": made.return_cover(
        pupils=_returned(200, ["2025-11-03", "2025-12-12", "21", "expected", "letter of the hospital’s consultant"])
    ),
    "certificate of 380 sessions, of a protected child": made.certificate(
        days=YEAR, parent=None, child={"name": CHILD, "date_of_birth": None, "address": []}
    ),
    "bundle with a year of entries": made.case_bundle(
        year=YEAR, entries=list(_entries()), sessions=sessions(60), support=STEPS,
        steps=_of(made.case_bundle())["steps"] * 30, notices=[
            *_of(made.case_bundle())["notices"],
            {
                "reference": "926K7Q2M9XDT", "kind": "notice_to_improve", "issued_on": "2025-10-01", "to": PARENT,
                "what": "3 November 2025 to 5 December 2025", "became": "ended early", "issuer": "Elsewhere Council",
            },
        ],
    ),
    "bundle of a case with nothing but its absence": made.case_bundle(
        notices=[], steps=[], support=[], entries=[], exhibits=[], window=[], met_on=None, year=[], provisions=["EA 1996 s.444(1)"],
        child={"name": CHILD, "date_of_birth": None, "address": []},
    ),
    "contract without support or review": made.attendance_contract(support=[], review_on=None),
    "contract after much support": made.attendance_contract(support=STEPS),
    "pack of 60 pupils": made.support_pack(
        severe=_pupils(20), persistent=_pupils(30, cohorts=[]), near=_pupils(10, case="", support="")
    ),
    "pack of a school without concern": made.support_pack(**NO_ONE, weeks=[], codes=[], cohorts=[], phase=""),
}  # fmt: skip
"""The cases that stretch a document, or leave out all that it can."""

SET: Final = made.pages()
DOCUMENTS: Final[Mapping[str, Page]] = {
    **SET,
    **EDGES,
    **{f"{kind}, {what}": renamed(page, *names) for kind, page in SET.items() for what, names in NAMES.items()},
}
LETTERS: Final = [name for name, page in DOCUMENTS.items() if isinstance(page, Letter)]
"""The documents that are posted."""
SHEETS: Final = [name for name in DOCUMENTS if name not in LETTERS]
"""The documents that are not."""
