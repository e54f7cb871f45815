"""Extracts of made-up schools for the tests of the flow: a register week by week, a roll, a calendar, settings, a directory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from attendance.identifiers import upn_check_letter
from local.madeup.rows import csv_of as rows_as_text

FIRST_DAY = date(2025, 9, 8)
"""A Monday: the first day of the made-up term."""


def upn(n: int) -> str:
    """The n-th made-up pupil's UPN, check letter and all."""
    digits = f"8012000{n:05}"
    return upn_check_letter("?" + digits) + digits


def csv_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """The rows as an extract; the columns are those of any row, in the order in which they turn up."""
    return rows_as_text(rows).encode()


def weekdays(first: date, last: date) -> list[date]:
    """Monday to Friday, both ends included."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


@dataclass(frozen=True)
class Child:
    """A pupil of the tests; every word of it that names them is one that no log or key could hold by chance."""

    upn: str
    surname: str = "Quillonby"
    forename: str = "Perpetua"
    born: str = "2014-05-05"
    street: str = "17 Zephyrine Terrace"
    postcode: str = "ZZ99 7QX"
    parents: tuple[str, ...] = ("P1",)
    row: Mapping[str, str] = field(default_factory=dict)
    parent_row: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> frozenset[str]:
        """What must stand in no log line, key, message or event."""
        parents = {"Marmadukina", "Crispinette"}
        return frozenset({self.upn, self.surname, self.forename, self.born, self.street, self.postcode} | parents)


def pupils(*children: Child) -> bytes:
    """An extract of the admission register."""
    return csv_of(
        [
            {
                "upn": child.upn, "surname": child.surname, "forename": child.forename, "date_of_birth": child.born,
                "address_1": child.street, "postcode": child.postcode, "starting_day": "2020-09-01", **child.row,
            }
            for child in children
        ]
    )  # fmt: skip


def parents(*children: Child) -> bytes:
    """An extract of the parents; the first of a child is Marmadukina, the second Crispinette."""
    return csv_of(
        [
            {
                "upn": child.upn, "parent_id": parent_id, "surname": child.surname, "forename": forename,
                "relationship": "parent", "lives_with_pupil": "yes", "address_1": child.street, "postcode": child.postcode,
                **child.parent_row,
            }
            for child in children
            for parent_id, forename in zip(child.parents, ("Marmadukina", "Crispinette"), strict=False)
        ]
    )  # fmt: skip


def marks(
    child: Child, first: date, last: date, absent: Mapping[date, str] | None = None, **more: str
) -> list[dict[str, str]]:
    """A mark for each session from the first day to the last: present, but for the days given with their code."""
    absent = absent or {}
    return [
        {"upn": child.upn, "date": day.isoformat(), "session": half, "code": absent.get(day, present), **more}
        for day in weekdays(first, last)
        for half, present in (("AM", "/"), ("PM", "\\"))
    ]


def away(first: date, last: date, code: str = "G") -> dict[date, str]:
    """A code for every weekday from the first to the last."""
    return dict.fromkeys(weekdays(first, last), code)


def calendar(first: date, last: date) -> bytes:
    """A calendar that is open on every weekday."""
    return csv_of([{"date": day.isoformat(), "session": "", "open": "yes"} for day in weekdays(first, last)])


def support(child: Child, day: date, outcome: str) -> bytes:
    """One step of support and what came of it."""
    return csv_of(
        [
            {
                "upn": child.upn,
                "date": day.isoformat(),
                "kind": "meeting",
                "description": "What would help",
                "outcome": outcome,
            }
        ]
    )


def settings(la: str = "886", **changed: str) -> str:
    """The settings of an authority in which officer o1 may do anything and o2 only record payments."""
    given = {
        "authorities": f'["{la}"]',
        "holds_from": "2025-08-01",
        "name": "Made-up Coast County Council",
        "address": "[County Hall, Madeup, ZZ99 1CC]",
        "contact": '{phone: "01632 960001", email: attendance@made-up.example}',
        "payment": '{url: "https://made-up.example/pay", instalments: false}',
        "officers": "[{id: o1, name: Alex Madeup, office: Attendance officer, may: [all], from: 2025-08-01}, "
        "{id: o2, name: Sam Madeup, office: Income officer, may: [record_payment], from: 2025-08-01}]",
        **changed,
    }
    return "".join(f"{key}: {value}\n" for key, value in given.items())


def letters(**changed: str) -> str:
    """A school's early letters in its own words, at 4, 7 and 9 sessions."""
    given = {
        "holds_from": "2025-08-01",
        "phone": '"01632 960123"',
        "email": "office@made-up.example",
        "contact": "{name: Robin Madeup, office: attendance lead}",
        "support": "[Breakfast club is free from 7:45., 'Ask us about the bus for {child}.']",
        "letters": "{"
        + ", ".join(
            f"{n}: {{opening: 'We miss {{child}} ({n}).', closing: 'A call helps more than a letter.'}}"
            for n in (4, 7, 9)
        )
        + "}",
        **changed,
    }
    return "".join(f"{key}: {value}\n" for key, value in given.items())


def directory(schools: Mapping[str, str], kind: str = "01", previous_la: str = "999") -> bytes:
    """A directory in the layout of GIAS: the authority of each URN; every school a community school unless said otherwise."""
    return csv_of(
        [
            {
                "URN": urn, "LA (code)": la, "PreviousLA (code)": previous_la,
                "EstablishmentNumber": urn[-4:], "EstablishmentName": f"Made-up School {urn}",
                "TypeOfEstablishment (code)": kind, "Street": "1 School Lane", "Town": "Madeup", "Postcode": "ZZ99 2SC",
            }
            for urn, la in schools.items()
        ]
    )  # fmt: skip


def links(*successions: tuple[str, str]) -> bytes:
    """The links of GIAS for pairs of predecessor and successor."""
    return csv_of([{"URN": new, "LinkURN": old, "LinkType": "Predecessor"} for old, new in successions])


def decisions(rows: Iterable[Mapping[str, str]]) -> bytes:
    """A decisions.csv."""
    blank = dict.fromkeys(("on", "la", "urn", "upn", "parent_id", "action", "by", "ground", "reason"), "")
    return csv_of([{**blank, **row} for row in rows])
