"""The part of the story that is a record: cases, documents, decisions, who was told, returns (see `local.saying`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attendance.cases import Case, Notice
from attendance.facts import Made
from attendance.sessions import monday
from attendance.standing import MarkedSession
from attendance.text import pounds
from local.explained import Amendment, CaseSeen, Explained, NoticeSeen, Row, StepSeen
from local.words import (
    ACTIONS,
    GROUNDS,
    IMPROVED,
    INTERVENTIONS,
    LISTS,
    RUNGS,
    counted,
    day,
    listed,
    moment,
    session,
)

# ------------------------------------------------------------------ cases and notices


def cases(story: Explained) -> Iterator[str]:
    """Each case: its state, its weeks, what is proposed, until when it can be prosecuted."""
    for each in story.cases:
        yield from _case(story, each)


def _case(story: Explained, each: CaseSeen) -> Iterator[str]:
    case = each.case
    yield f"Case {case.n} of authority {case.la}, school {case.urn}: {_state(case)}"
    if case.state == "lapsed":
        yield f"  {_lapsed(story, each)}"
        return
    at = (
        f"met at {day(case.met_at.date)} {case.met_at.session}"
        if case.met_at
        else "opened below the threshold by an officer"
    )
    at += ", provisionally" if case.provisional else ""
    yield f"  {at}; it considers {_span(case.considered)}"
    if case.weeks:
        yield f"  its ten school weeks: those of {', '.join(week.isoformat() for week in case.weeks)}"
    if case.state == "gathering":
        yield f"  proposed: {case.proposal.route.replace('_', ' ')}. {case.proposal.reason}"
    if case.referred:
        yield "  the school has referred it"
    if case.amended_after_issue:
        yield "  the register was amended after a document was issued: an officer must look at it again"
    if each.prosecute_by:
        yield f"  prosecute by {day(each.prosecute_by)}: proceedings for its first session must begin by that day"


def _state(case: Case) -> str:
    opened = f"opened {day(case.opened_on)}"
    match case.state:
        case "settled":
            by = (case.settled_by or "").replace("_", " ")
            return f"{opened}, settled {day(case.settled_on)} by {by}" if case.settled_on else f"{opened}, settled"
        case "lapsed":
            return f"{opened}, lapsed {day(case.lapsed_on)}" if case.lapsed_on else f"{opened}, lapsed"
        case _:
            return f"{opened}, still open"


def _lapsed(story: Explained, each: CaseSeen) -> str:
    gone = [a for a in story.amendments if _no_longer(a) and monday(a.date) in each.case.weeks]
    without = f" without {listed([session(a) for a in gone])} (see Amendments)" if gone else ""
    return (
        f"the threshold is no longer met{without}: {each.left} of its sessions still count. It stays on record, counts as never "
        "having considered anything, and has nothing to prosecute."
    )


def _span(sessions: Sequence[MarkedSession]) -> str:
    """How many sessions, from which to which."""
    ends = f", from {session(sessions[0])} to {session(sessions[-1])}" if sessions else ""
    return counted(len(sessions), "session") + ends


def _no_longer(amendment: Amendment) -> bool:
    return amendment.effect.endswith("no longer")


def notices(story: Explained) -> Iterator[str]:
    """Each document: where it stands, amounts, days, payments, what is paid back."""
    for each in story.notices:
        yield from _notice(each)


def _notice(each: NoticeSeen) -> Iterator[str]:
    notice = each.notice
    kind = notice.kind.replace("_", " ").capitalize()
    number = f", number {notice.sequence} to this parent for this child in three years" if notice.sequence else ""
    yield (
        f"{kind} {notice.reference} to parent {notice.parent_id} of school {notice.urn}, issued {day(notice.issued_on)}{number}: "
        f"{RUNGS[each.rung]}"
    )
    if notice.issuer:
        yield f"  issued elsewhere, by {notice.issuer}, and recorded by an officer of authority {notice.la}"
        return
    for line in (*_period(notice), *_amounts(each)):
        yield f"  {line}"
    if notice.sessions:
        yield f"  lists {_span(notice.sessions)}" + (", released: they may count again" if notice.released else "")
    if notice.prosecute_by:
        yield f"  prosecute by {day(notice.prosecute_by)}: proceedings must begin by that day"
    if notice.retain_until:
        yield f"  kept until {day(notice.retain_until)}"


def _period(notice: Notice) -> Iterator[str]:
    if notice.improvement_from and notice.improvement_until:
        ended = f"; it ended as {IMPROVED[notice.improvement]}" if notice.improvement in IMPROVED else ""
        yield f"period for improving from {day(notice.improvement_from)} to {day(notice.improvement_until)}{ended}"


def _amounts(each: NoticeSeen) -> Iterator[str]:
    notice = each.notice
    if notice.served_on:
        yield f"received {day(notice.served_on)}"
    elif notice.returned_on:
        yield f"the letter came back on {day(notice.returned_on)}: the days for paying or improving have not begun"
    elif notice.presumed_received_on:
        yield f"presumed received {day(notice.presumed_received_on)}"
    if notice.amount_pence and notice.pay_by:
        reduced = notice.reduced_amount_pence
        early = (
            f"{pounds(reduced)} until {day(notice.reduced_until)}, "
            if reduced and notice.reduced_until
            else "no lower amount, "
        )
        yield f"{early}{pounds(notice.amount_pence)} until {day(notice.pay_by)}"
    for payment in notice.payments:
        yield f"{pounds(payment.pence)} paid {day(payment.paid_on)}"
    if each.due_pence:
        last = f" until {day(each.last_day)}" if each.last_day else ""
        yield (
            f"{pounds(each.due_pence)} more{last} would discharge it"
            if each.received_pence
            else f"{pounds(each.due_pence)}{last} would discharge it"
        )
    if notice.withdrawn_on and notice.withdrawn_ground:
        yield f"withdrawn {day(notice.withdrawn_on)}: {GROUNDS[notice.withdrawn_ground]}"
        held = (
            "an officer released its sessions"
            if notice.released
            else "its sessions stay used until an officer releases them"
        )
        yield held
    if each.refund_pence:
        yield f"{pounds(each.refund_pence)} is to be paid back"


def interventions(story: Explained) -> Iterator[str]:
    """The steps beside notices that officers recorded."""
    for each in story.interventions:
        to = f", parent {each.parent_id} of school {each.urn}" if each.parent_id else ""
        reason = f"; {each.reason}" if each.reason else ""
        yield f"{day(each.on)}: {INTERVENTIONS[each.kind]}{to}{reason}"


# ------------------------------------------------------------------ decisions, lists, returns


def decisions(story: Explained) -> Iterator[str]:
    """Each decision as a record, the refused ones with their provision."""
    names = {each.case.id: f"case {each.case.n} of authority {each.case.la}" for each in story.cases}
    for each in story.decisions:
        yield from _decision(each, names)


def _decision(each: StepSeen, names: Mapping[str, str]) -> Iterator[str]:
    step, decision = each.step, each.step.decision
    to = f" to parent {decision.parent_id}" if decision.parent_id else ""
    ground = f", ground {GROUNDS.get(decision.ground, decision.ground)}" if decision.ground else ""
    by = f"{decision.by} ({each.officer})" if each.officer else decision.by
    yield f"{day(decision.on)}, school {decision.urn}, by {by}: {ACTIONS[decision.action]}{to}{ground}: {_OUTCOMES[step.outcome]}"
    if step.because:
        under = f" ({step.provision})" if step.provision else ""
        yield f"  because {step.because}{under}"
    if decision.reason:
        yield f"  reason given: {decision.reason}"
    if step.made:
        yield from (f"  {line}" for line in _made(step.made, names))


_OUTCOMES: Final[Mapping[str | None, str]] = {
    "done": "done",
    "refused": "REFUSED, and nothing changed",
    "expired": "expired, and nothing changed",
    None: "still to be carried out",
}


def _made(made: Made, names: Mapping[str, str]) -> Iterator[str]:
    yield f"on what was known at {moment(made.known_at)}, under {made.provision}"
    for move in made.moves:
        about = names.get(move.about, f"notice {move.about}")
        yield f'{about}: from "{RUNGS[move.was]}" to "{RUNGS[move.became]}"'
    for warning in made.warnings:
        yield f"WARNING {warning}"
    if made.authorisation:
        for considered in made.authorisation.considered:
            said = "the officer" if considered.said_by == "officer" else "the record, the officer gave no words"
            yield f"{considered.question} {considered.answer} [{said}]"


def told(story: Explained) -> Iterator[str]:
    """What stood on daily lists about the pupil."""
    yield from (_row(story, each) for each in story.told if each.written)


def to_come(story: Explained) -> Iterator[str]:
    """What will stand there if nothing changes."""
    yield from (_row(story, each) for each in story.told if not each.written)


def _row(story: Explained, each: Row) -> str:
    names = {c.case.id: f"case {c.case.n}" for c in story.cases}
    row = each.row
    about = names.get(row["about"], row["about"])
    home = f"authority {each.list.removeprefix('home_authority_')}, where the home is"
    to = LISTS.get(each.list, home).format(urn=row["urn"], la=each.la)
    return (
        f"{day(each.on)}, {to}: {row['what']} ({about}): {row['because'].rstrip('.')}. What to do: {row['what_to_do']}."
    )


def returns(story: Explained) -> Iterator[str]:
    """The returns of regulation 13 about the pupil."""
    for each in story.returns:
        facts = [f"{name.replace('_', ' ')} {each.row[name]}" for name in _RETURNED if each.row.get(name)]
        kind, made = each.list.replace("_", " "), "made" if each.written else "due, to be made"
        yield f"{day(each.on)}, school {each.row['urn']} to authority {each.la}: {kind} return {made}: {', '.join(facts)}"


_RETURNED: Final = ("from", "until", "sessions", "days", "basis", "evidence", "starting_day", "leaving_day", "ground")
