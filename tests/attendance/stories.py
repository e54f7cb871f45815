"""A pupil's story told day by day in memory: the register as it becomes, the cases that follow, the decisions of officers.

The steps of a story are rows of a table; `Story.step` does one and `Story.shown` says how things stand after it. What is stored and
sent between functions is not played here: only the rules are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
import yaml
from builders import LA, PUPIL, URN, School, counted, facts, marked, moment, parent_row, said, sessions, support_rows
from tables import cases

from attendance.afterwards import expired
from attendance.cases import Case, Intervention, Notice, follow, pupil_history
from attendance.decisions import decide
from attendance.facts import Decision, Facts, Outcome, Persons, Place, Refusal
from attendance.identifiers import person_id, pupil_id
from attendance.ladder import rung_of_notice
from attendance.law import PROVISIONS, academic_year, academic_year_days
from attendance.money import discharged, money
from attendance.people import Person
from attendance.positions import Assessor
from attendance.roll import Row
from attendance.sessions import Session, monday
from attendance.settings import Settings
from attendance.standing import Carried
from attendance.told import from_case
from local.given import read_conduct

SECRET = b"made up"
ID = pupil_id(PUPIL, SECRET)
OPEN = "2024-09-02..2028-07-21"
HOLIDAYS = (
    ("10-27", "10-31"), ("12-22", "12-31"), ("01-01", "01-02"), ("02-16", "02-20"), ("03-30", "04-10"), ("05-25", "05-29"),
    ("07-21", "08-31"),
)  # fmt: skip
CLOSED = " ".join(f"{year}-{first}..{year}-{last}" for year in range(2024, 2029) for first, last in HOLIDAYS)
CONDUCT = """
authorities: ["886"]
holds_from: 2024-09-01
name: Made-up County Council
address: [County Hall, Madeup, MU1 1AA]
contact: {phone: "01632 960000", email: attendance@madeup.example}
payment: {url: "https://madeup.example/pay"}
officers:
- {id: o1, name: Alex Madeup, office: Attendance officer, may: [all], from: 2024-09-01, until: 2028-12-31}
- {id: o2, name: Sam Madeup, office: Clerk, may: [record_payment], from: 2025-09-01}
- {id: h1, name: Cleo Madeup, office: Headteacher, may: [all], from: 2024-09-01, school: "100001"}
- {id: h2, name: Dee Madeup, office: Headteacher, may: [all], from: 2024-09-01, school: "100002"}
"""
EVENTS = (
    "marks",
    "support",
    "pupil",
    "parents",
    "calendar",
    "settings",
    "elsewhere",
    "carried",
    "school",
    "leaves",
    "authority",
    "expire",
    "look",
)
"""What happens without a decision; `look` is a day on which nothing does.

`leaves` tells the authority of the case that the school belongs to another now; `authority` goes on with that one.
"""


def conduct(**keys: object) -> Settings:
    """The made-up code of conduct with some of its keys set."""
    (settings,) = read_conduct(CONDUCT, "made up")
    return settings.model_copy(update=keys)


@dataclass
class Story:
    """Everything known of one pupil, as it changes from day to day."""

    school: School = field(default_factory=lambda: School(open=OPEN, closed=CLOSED))
    marks: dict[Session, str] = field(default_factory=dict)
    settings: Settings | None = field(default_factory=conduct)
    cases: dict[int, Case] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    elsewhere: tuple[Notice, ...] = ()
    la: str = LA
    school_la: str = LA
    before: dict[str, Case] = field(default_factory=dict)
    """The cases under the code of the authority that the school left."""
    carried: tuple[Carried, ...] = ()
    persons: Persons = field(default_factory=Persons)
    latest: str = ""
    record: Mapping[str, object] = field(default_factory=dict)
    printed: Mapping[str, object] = field(default_factory=dict)
    interventions: tuple[Intervention, ...] = ()
    last: Outcome = field(default_factory=Outcome)
    """What the latest decision that was allowed gave."""

    def facts(self, today: date) -> Facts:
        """What a decision of the day rests on."""
        roll = self.school.roll()
        people = [
            Person(ID, URN, p.parent_id, p.surname, p.forename, date_of_birth=p.date_of_birth)
            for p in roll.parents.get(PUPIL, ())
        ]
        unclear = self.persons.unclear([(person_id(ID, p.urn, p.parent_id, SECRET), p) for p in people])
        cases = tuple(case for _, case in sorted(self.cases.items()) if case.state != "forgotten")
        every = (*self.notices.values(), *self.elsewhere)
        history = pupil_history(cases, every, frozenset(n.issuer for n in every if n.issuer), bool(unclear))
        read_since = academic_year_days(academic_year(today) - 2)[0]  # as aws.view does: no register is older
        begins = max(date.fromisoformat(OPEN[:10]), read_since)
        school = replace(self.school, has_settings=self.settings is not None, open=f"{begins}{OPEN[10:]}")
        marks = {session: code for session, code in self.marks.items() if session.day >= read_since}
        assessor = Assessor(school.view(marks, today, history, self.carried), today)
        return Facts(
            today=today, known_at=moment(f"{today}T18:00+00:00"), la=self.la, urn=URN, pupil=ID,
            school=Place("Made-up School", ("School Lane", "MU1 2BB")), settings=self.settings, assessor=assessor,
            standing=assessor.standing(PUPIL), cases=cases, notices=tuple(self.notices.values()), elsewhere=self.elsewhere,
            persons=self.persons, unclear=unclear, evidence=lambda listed: " ".join(map(str, listed)), secret=SECRET,
            before=tuple(self.before.values()), school_la=self.school_la,
        )  # fmt: skip

    def step(self, row: Mapping[str, str]) -> Outcome | Refusal | None:
        """Do what a row of a table says on its day, then follow the cases."""
        today = date.fromisoformat(row["on"])
        if row["action"] in EVENTS:
            self.last = Outcome()
            self._happens(row["action"], row["details"])
            self._follow(today)
            return None
        self._follow(today)
        given = facts(row["details"])
        picked = tuple(str(s) for s in sessions(given.pop("sessions", "").replace(",", " ")))
        decision = Decision.model_validate(
            {
                "by": "o1", "urn": URN, **given, "id": "d", "row": 2, "on": today, "la": self.la, "upn": PUPIL, "sessions": picked,
                "parent_id": row["parent"] or None, "action": row["action"],
                "notice": self.latest if given.get("notice") == "latest" else given.get("notice"),
            }
        )  # fmt: skip
        outcome = decide(decision, self.facts(today))
        self.last = outcome if isinstance(outcome, Outcome) else Outcome()
        if isinstance(outcome, Outcome):
            self._apply(outcome)
            self._follow(today)
        return outcome

    def shown(self, today: date) -> dict[str, str]:
        """How things stand: the fields of the latest notice and its record, the cases, the position."""
        known = self.facts(today)
        notice, position = self.notices.get(self.latest), known.standing.position
        owed = money(notice, today) if notice else None
        rows = [*self.last.rows]
        for case in known.cases:
            rows += from_case(known.assessor, case, known.notices)
        made = self.last.made
        cases = [case for _, case in sorted(self.cases.items()) if case.state != "forgotten"]
        fields: dict[str, object] = {
            **{name: value for name, value in self.record.items() if name != "provisions"},
            **{name: value for name, value in (notice or ()) if value is not None or name not in self.record},
            "listed": len(notice.sessions) if notice else 0,
            "listed_from": notice.sessions[0].at if notice and notice.sessions else None,
            "listed_until": notice.sessions[-1].at if notice and notice.sessions else None,
            "paid": discharged(notice) if notice else None,
            **{name: self.printed.get(name) for name in ("sender", "called")},
            "child_at": dict(self.printed.get("child", {})).get("address", [""])[0],  # type: ignore[call-overload]
            "cases": [case.state for case in cases],
            "left_behind": [case.state for case in self.before.values()],
            "settled_by": cases[-1].settled_by if cases else None,
            "route": cases[-1].proposal.route if cases else None,
            "met_at": cases[-1].met_at if cases else None,
            "considered": len(cases[-1].considered) if cases else 0,
            "provisional": cases[-1].provisional if cases else None,
            "amended": [case.amended_after_issue for case in cases],
            "case_prosecute_by": cases[-1].prosecute_by if cases else None,
            "rung": rung_of_notice(notice, today) if notice else None,
            "received": owed.received if owed else None,
            "due": owed.due if owed else None,
            "last_day": owed.last_day if owed else None,
            "refund": self.last.withdrawn.refund_pence if self.last.withdrawn else owed.refund if owed else None,
            "warnings": [text.partition(":")[0] for text in self.last.warnings],
            "warned": " ".join(self.last.warnings),
            "told": [f"{row.kind}:{row.row['what']}" for row in rows],
            "on": sorted({row.made_due_on for row in rows}),
            "to_do": [row.row["what_to_do"] for row in rows],
            "moved": [f"{move.was}>{move.became}" for move in made.moves] if made else [],
            "said_by": [c.said_by for c in made.authorisation.considered] if made and made.authorisation else [],
            "answers": [c.answer for c in made.authorisation.considered] if made and made.authorisation else [],
            "interventions": [each.kind for each in self.interventions],
            "position_met": position.met, "count": position.count, "flags": position.flags, "blockers": position.blockers,
        }  # fmt: skip
        return {name: said(value).replace(" ", "_") for name, value in fields.items()}

    def _happens(self, what: str, details: str) -> None:
        match what:
            case "marks":
                self.marks |= marked(details)
            case "support":
                self.school = replace(self.school, support=(*self.school.support, *_support(details)))
            case "pupil":
                self.school = replace(self.school, pupil={**self.school.pupil, **facts(details)})
            case "parents":
                each = (piece.split(maxsplit=1) for piece in details.split(";"))
                rows = tuple(parent_row(name, **facts(rest[0] if rest else "")) for name, *rest in each)
                self.school = replace(self.school, parents=rows)
            case "school":
                self.school = replace(self.school, framework=facts(details)["framework"] == "yes")
            case "leaves":
                self.school_la = details
            case "authority":
                self.la = self.school_la = details
                self.before = {case.id: case for case in self.cases.values()}
                self.elsewhere += tuple(self.notices.values())
                self.cases, self.notices = {}, {}
            case "calendar":
                self.school = replace(self.school, calendar=details)
            case "settings":
                self.settings = None if details == "none" else _conduct(facts(details))
            case "expire":
                notice = self.notices[self.latest]
                case = next(each for each in self.cases.values() if each.id == notice.case)
                self.cases[case.n] = expired(notice, case, tuple(self.notices.values()))
                self.notices[self.latest] = notice.model_copy(update={"standing": "expired", "improvement": None})
            case "elsewhere":
                parent, day, la = details.split()
                self.elsewhere += (
                    Notice(
                        reference=f"{la}ELSEWHERE", kind="penalty_notice", la=la, urn="100009", case=None, pupil=ID,
                        person=person_id(ID, URN, parent, SECRET), parent_id=parent, attempt=0, standing="stands",
                        issued_on=date.fromisoformat(day), offence_from=date.fromisoformat(day),
                    ),
                )  # fmt: skip
            case "carried":
                weeks, absent = details.split(";", 1)
                mondays = tuple(sorted({monday(s.day) for s in sessions(weeks)}))
                self.carried = (Carried("100002", LA, mondays, counted(absent, "100002")),)

    def _follow(self, today: date) -> None:
        known = self.facts(today)
        support = known.assessor.view.roll.support.get(PUPIL, ())
        every = (*self.before.values(), *(case for _, case in sorted(self.cases.items())))
        if self.school_la != self.la:
            return  # the school is the other authority's to follow
        for case in follow(
            every, known.every_notice, known.standing, support, la=self.la, urn=URN, pupil=ID, today=today
        ):
            if case.la == self.la:
                self.cases[case.n] = case
            else:
                self.before[case.id] = case

    def _apply(self, outcome: Outcome) -> None:
        for case in outcome.cases:
            self.cases[case.n] = case
        if outcome.reservation:
            notice = outcome.reservation.notice.model_copy(update={"standing": "stands"})
            assert notice.reference not in self.notices, "no two notices share a reference"
            self.record, self.printed = outcome.reservation.record, outcome.reservation.printed
            self.notices[notice.reference], self.latest = notice, notice.reference
        for notice in outcome.notices:
            self.notices[notice.reference], self.latest = notice, notice.reference
        if outcome.intervention:
            self.interventions += (outcome.intervention,)
        self.persons = Persons((*self.persons.verdicts, *outcome.verdicts))


def _support(text: str) -> list[Row]:
    """Support rows as `support_rows` reads them, the kind after a colon: `2025-10-13 ongoing:early_help p2`; else a meeting."""
    rows = []
    for row in support_rows(text):
        outcome, _, kind = str(row["outcome"]).partition(":")
        rows.append({**row, "outcome": outcome, "kind": kind or row["kind"]})
    return rows


def _conduct(given: dict[str, str]) -> Settings:
    """The made-up code with keys as the file names them (`penalty_notice.panel=true`), and three by their short names."""
    document = yaml.safe_load(CONDUCT)
    for path in given.keys() - {"referral", "class", "school_days"}:
        *outer, key = path.split(".")
        inner = document
        for name in outer:
            inner = inner.setdefault(name, {})
        inner[key] = yaml.safe_load(given[path])
    (settings,) = read_conduct(yaml.safe_dump(document), "made up")
    if "referral" in given:
        settings = settings.model_copy(update={"referral": given["referral"]})
    if "class" in given:
        post = settings.post.model_copy(update={"post_class": given["class"]})
        settings = settings.model_copy(update={"post": post})
    if "school_days" in given:
        period = settings.notice_to_improve.model_copy(update={"school_days": int(given["school_days"])})
        settings = settings.model_copy(update={"notice_to_improve": period})
    return settings


def agrees(story: Story, outcome: Outcome | Refusal | None, row: Mapping[str, str]) -> None:
    """Hold a step against its row: allowed, or refused for the provision named; and how things stand after it."""
    because, expected = row["because"], facts(row["gives"])
    says = expected.pop("says", "")
    wanted, _, provision = row["outcome"].partition(":")
    if wanted == "refused":
        assert isinstance(outcome, Refusal), because
        assert outcome.provision == PROVISIONS[provision].citation, (because, outcome)
        assert says.replace("_", " ") in outcome.because.replace("_", " "), (because, outcome)
    else:
        assert not isinstance(outcome, Refusal), (because, outcome)
        assert (outcome is None) == (wanted == ""), because
    shown = story.shown(date.fromisoformat(row["on"]))
    assert {name: shown[name] for name in expected} == expected, because


def told(name: str) -> list[object]:
    """The stories of a table as pytest parameters: the rows of one name, in their order."""
    rows: dict[str, list[dict[str, str]]] = {}
    for case in cases(name):
        (row,) = case.values  # type: ignore[attr-defined]
        rows.setdefault(row["story"], []).append(row)
    return [pytest.param(steps, id=story) for story, steps in rows.items()]
