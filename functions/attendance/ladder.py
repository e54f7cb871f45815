"""The ladder as a state machine: where a parent stands in a case, where a notice stands, and what may move either (law.md 5, 6).

Nothing here is stored: a rung is read off the case and the notices. `decisions.decide` holds every decision against WAYS, and
docs/law.md draws the same table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from attendance.cases import FAILED_SUPPORT, Case, Notice
from attendance.facts import Facts, Move, Outcome, Persons
from attendance.money import money
from attendance.roll import Support

BEFORE: Final = ("threshold_met", "referred", "support", "support_failed", "below_threshold")
"""Where a parent stands in a case before any document."""
PERIOD: Final = ("improving", "period_over", "improved", "improvement_failed", "ended_early")
"""Where a notice to improve stands."""
OWING: Final = ("issued", "served", "returned", "part_paid")
PAID: Final = ("paid_early", "paid", "overpaid")
OUT: Final = (*OWING, *PAID, "unpaid")
"""Where a penalty notice stands that is out and neither withdrawn nor prosecuted."""
PROSECUTED: Final = ("prosecuted_guilty", "prosecuted_not_guilty", "prosecuted_discontinued")


STAYS: Final = ()
"""The ends of a way that records something and moves nothing."""


@dataclass(frozen=True)
class Way:
    """One kind of move: by which action (or `day`, `school`: what happens by itself), from where, to where, under which rule."""

    action: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    provision: str

    def allows(self, move: Move) -> bool:
        """Whether a move is of this way."""
        return move.was in self.begins and (
            move.became in self.ends or (self.ends == STAYS and move.became == move.was)
        )


ENDED: Final = ("improved", "improvement_failed", "ended_early")
WAYS: Final = (
    Way("school", ("not_met",), ("threshold_met", "support", "support_failed"), "threshold"),
    Way("school", BEFORE, ("support", "support_failed"), "support_first"),
    Way("school", BEFORE, ("lapsed",), "threshold"),
    Way("refer", ("threshold_met", "support"), ("referred",), "referral"),
    Way("refer", ("referred", "support_failed", *PERIOD), STAYS, "referral"),
    Way("issue_notice_to_improve", (*BEFORE, *ENDED), ("improving",), "notice_to_improve"),
    Way("day", ("improving",), ("period_over",), "improvement_period"),
    Way("end_improvement", ("improving", "period_over"), ("improved", "ended_early"), "early_end"),
    Way("end_improvement", ("period_over",), ("improvement_failed",), "improvement_period"),
    Way("authorise_penalty_notice", ("not_met", *BEFORE, *PERIOD), ("authorised",), "authorised_officer"),
    Way("authorise_penalty_notice", ("no_action", "withdrawn"), ("authorised",), "authorised_officer"),
    Way("day", ("authorised",), ("issued", "expired"), "particulars"),
    Way("served", OUT, OUT, "payment_period"),
    Way("served", PERIOD, PERIOD, "improvement_period"),
    Way("returned", (*OWING, "unpaid"), ("returned",), "service"),
    Way("returned", (*PAID, *PERIOD), STAYS, "service"),
    Way("record_payment", OUT, ("returned", "part_paid", "unpaid", *PAID), "payment_period"),
    Way("record_payment", PROSECUTED, STAYS, "records"),
    Way("day", ("issued", "served", "part_paid"), ("unpaid",), "duty_to_withdraw"),
    Way("withdraw", (*OUT, "prosecuted_not_guilty", "prosecuted_discontinued"), ("withdrawn",), "withdrawal"),
    Way("record_prosecution", ("unpaid", *PROSECUTED), PROSECUTED, "proceedings"),
    Way("release_sessions", ("withdrawn",), STAYS, "used_sessions"),
    Way("no_action", (*BEFORE, *PERIOD), ("no_action",), "threshold"),
)
"""Every move the ladder knows. What is not here is refused, with the provision of the action."""


def rung_of_notice(notice: Notice, today: date) -> str:
    """Where a notice stands on a day."""
    if notice.standing == "expired":
        return "expired"
    if notice.standing == "withdrawn":
        return "withdrawn"
    if notice.kind == "notice_to_improve":
        if notice.improvement == "running":
            return "period_over" if notice.improvement_until and today >= notice.improvement_until else "improving"
        return "improvement_failed" if notice.improvement == "failed" else notice.improvement or "improving"
    if notice.standing == "reserved":
        return "authorised"
    if notice.prosecution:
        return f"prosecuted_{notice.prosecution}"
    paid = money(notice, today)
    if paid.state in PAID:
        return paid.state
    if notice.returned_on:
        return "returned"
    if notice.pay_by and today > notice.pay_by:
        return "unpaid"
    return "part_paid" if paid.received else "served" if notice.served_on else "issued"


def rung(
    case: Case | None,
    person: str | None,
    notices: Sequence[Notice],
    persons: Persons,
    support: Sequence[Support],
    today: date,
) -> str:
    """Where a parent (None: any) stands in a case: by their own documents, else by what settled the case, else by support."""
    if case is None:
        return "not_met"
    mine = [
        n for n in notices
        if n.case == case.id and (person is None or persons.canonical(n.person) == person) and n.standing != "expired"
    ]  # fmt: skip
    for kind in ("penalty_notice", "notice_to_improve"):
        if of_kind := [n for n in mine if n.kind == kind]:
            return rung_of_notice(max(of_kind, key=lambda n: (n.issued_on, n.attempt, n.reference)), today)
    if case.state == "lapsed" or case.settled_by == "no_action":
        return case.settled_by or "lapsed"
    if case.met_at is None:
        return "below_threshold"
    if any(step.outcome in FAILED_SUPPORT for step in support):
        return "support_failed"
    if case.referred:
        return "referred"
    return "support" if support else "threshold_met"


def moves(action: str, facts: Facts, outcome: Outcome) -> tuple[Move, ...]:
    """What a decision moves: each notice that changed, the parent a document was reserved for, else the case."""
    today = facts.today
    before = {n.reference: n for n in facts.notices}
    if outcome.reservation:
        new = outcome.reservation.notice
        case = next((c for c in facts.cases if c.id == new.case), None)
        support = facts.assessor.view.roll.support.get(facts.standing.position.upn, ())
        was = rung(case, new.person, facts.notices, facts.persons, support, today)
        return (Move(about=new.reference, was=was, became=rung_of_notice(new, today)),)
    changed = [
        Move(about=n.reference, was=rung_of_notice(before[n.reference], today), became=rung_of_notice(n, today))
        for n in outcome.notices if n.reference in before
    ]  # fmt: skip
    if changed or action not in {"refer", "no_action"}:
        return tuple(changed)
    support = facts.assessor.view.roll.support.get(facts.standing.position.upn, ())
    known = {c.id: c for c in facts.cases}
    return tuple(
        Move(
            about=c.id, was=rung(known.get(c.id), None, facts.notices, facts.persons, support, today),
            became="no_action" if c.settled_by == "no_action" else rung(c, None, facts.notices, facts.persons, support, today),
        )
        for c in outcome.cases
    )  # fmt: skip


def against_the_ladder(action: str, made: Iterable[Move]) -> Move | None:
    """The first move that no way of the ladder allows this action; None if all are allowed."""
    ways = [way for way in WAYS if way.action == action]
    return next((m for m in made if not any(way.allows(m) for way in ways)), None)


def provision_of(action: str) -> str:
    """The rule under which an action is taken."""
    return next((way.provision for way in WAYS if way.action == action), "records")


_GROUPS: Final = {
    "before_any_document": BEFORE, "notice_to_improve": PERIOD, "out": OUT, "prosecuted": PROSECUTED,
}  # fmt: skip


def drawn() -> str:
    """The ladder as a Mermaid diagram: what happens by itself is called `day` or `school`, every other arrow is an action."""
    lines = ["stateDiagram-v2", "    [*] --> not_met"]
    for group, rungs in _GROUPS.items():
        lines += [f"    state {group} {{", *(f"        {rung}" for rung in rungs), "    }"]
    arrows = []
    for way in WAYS:
        for begin in _grouped(way.begins):
            arrows += [
                f"    {begin} --> {end}: {way.action}" for end in ([begin] if way.ends == STAYS else _grouped(way.ends))
            ]
    return "\n".join([*lines, *dict.fromkeys(arrows)])


def _grouped(rungs: tuple[str, ...]) -> list[str]:
    """The names of whole groups, then of the rungs that make none."""
    whole = [name for name, members in _GROUPS.items() if set(members) <= set(rungs)]
    taken = {member for name in whole for member in _GROUPS[name]}
    return [*whole, *(rung for rung in rungs if rung not in taken)]


def ways_table() -> str:
    """Every way as a row of a Markdown table: the action, from where, to where, the rule."""
    lines = ["| by | from | to | rule |", "| --- | --- | --- | --- |"]
    for way in WAYS:
        ends = ", ".join(way.ends) or "stays"
        lines.append(f"| `{way.action}` | {', '.join(way.begins)} | {ends} | `{way.provision}` |")
    return "\n".join(lines)
