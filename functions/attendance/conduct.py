"""What a code of conduct asks beyond the law of the ladder: each rule is one key of the settings (docs/settings.md).

Every key's default asks nothing. What is asked and not met is refused with the code of conduct as its provision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from attendance import law
from attendance.cases import Case, Met, Notice
from attendance.codes import POSSIBLE
from attendance.facts import BY_ITSELF, Decision, Facts, Refused
from attendance.law import academic_year
from attendance.marks import CODE_ORDER, session_of
from attendance.roll import Support
from attendance.sessions import Session, monday
from attendance.settings import Officer, Settings
from attendance.standing import MarkedSession

CONSULTATION = frozenset({"meeting", "referral"})
"""The kinds of support row that record a consultation with the authority."""
_HOLIDAY = "G"


def officer_in_place(officer: Officer, decision: Decision, facts: Facts, settings: Settings) -> None:
    """Refused for a school's own officer outside that school, and for whoever does not issue notices to improve here."""
    if officer.school and {officer.school} != {facts.urn, decision.urn}:
        raise Refused(
            f"{officer.id} is an officer of school {officer.school} and decides about its pupils only",
            "authorised_officer",
        )
    issuer = settings.notice_to_improve.issued_by
    if decision.action == "issue_notice_to_improve" and (issuer == "school") != bool(officer.school):
        whose = f"school {facts.urn}" if issuer == "school" else "the authority"
        raise Refused(
            f"the code of conduct has the {issuer} issue notices to improve: an officer of {whose} decides",
            "code_of_conduct",
        )


def sender_of(decision: Decision, facts: Facts, settings: Settings) -> dict[str, str]:
    """The school as the sender of a document that its own officer, or the code of conduct in its stead, issues; else nothing."""
    officer = settings.officer(decision.by, facts.today, decision.action)
    by_itself = decision.by == BY_ITSELF and settings.notice_to_improve.issued_by == "school"
    return {"sender": facts.school.name} if by_itself or (officer and officer.school) else {}


def payment_of(settings: Settings, reference: str) -> dict[str, Any]:
    """How a notice can be paid, as its page prints it; no amount is in the link, for what is due changes with the day."""
    ways = settings.payment
    link = f"{ways.url}{'&' if '?' in ways.url else '?'}{ways.reference_as}={reference}" if ways.reference_as else None
    given = {"phone": ways.phone, "link": link}
    return {"url": ways.url, "instalments": ways.instalments} | {key: said for key, said in given.items() if said}


def name_of(settings: Settings) -> dict[str, str]:
    """What the authority calls a penalty notice, where it is not the usual name."""
    name, usual = settings.penalty_notice.name, type(settings.penalty_notice).model_fields["name"].default
    return {"called": name} if name != usual else {}


# --- A penalty notice ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """A penalty notice about to be reserved: what was decided, on which facts, for whom, listing which sessions."""

    decision: Decision
    facts: Facts
    settings: Settings
    case: Case
    person: str
    listed: Sequence[MarkedSession]

    @property
    def support(self) -> list[Support]:
        """What concerns this parent or both, up to today, oldest first."""
        rows = self.facts.assessor.view.roll.support.get(self.decision.upn, ())
        mine = (None, self.decision.parent_id)
        return [row for row in rows if row.day <= self.facts.today and row.parent_id in mine]


def before_penalty_notice(
    decision: Decision, facts: Facts, settings: Settings, case: Case, person: str, listed: Sequence[MarkedSession]
) -> None:
    """Refused where the code of conduct asks more before a penalty notice than was done; `listed` are its sessions."""
    asked = _Asked(decision, facts, settings, case, person, listed)
    for rule in _RULES:
        if because := rule(asked):
            raise Refused(because, "code_of_conduct")


def _below_threshold(asked: _Asked) -> str | None:
    allowed = asked.settings.penalty_notice.below_threshold == "allowed"
    if allowed or asked.decision.ground != "below_threshold":
        return None
    return "the code of conduct knows no penalty notice below the threshold"


def _improvement_first(asked: _Asked) -> str | None:
    if not asked.settings.notice_to_improve.required or asked.decision.ground != "support_failed":
        return None
    canonical = asked.facts.persons.canonical
    if any(
        n.kind == "notice_to_improve" and n.case == asked.case.id and n.stands and canonical(n.person) == asked.person
        and n.improvement in {"failed", "ended_early"}
        for n in asked.facts.notices
    ):  # fmt: skip
        return None
    return "the code of conduct asks for a notice to improve to this parent first, ended as failed or ended_early"


def _one_parent(asked: _Asked) -> str | None:
    canonical = asked.facts.persons.canonical
    if asked.settings.penalty_notice.recipients == "one_parent" and any(
        n.kind == "penalty_notice" and n.case == asked.case.id and n.stands and canonical(n.person) != asked.person
        for n in asked.facts.notices
    ):
        return "the code of conduct gives one parent a penalty notice for an absence, and the other has one"
    return None


def _consultation(asked: _Asked) -> str | None:
    codes = asked.settings.penalty_notice.consultation_for
    found = sorted({each.code for each in asked.listed} & set(codes))
    if not found:
        return None
    since = asked.case.weeks[0] if asked.case.weeks else monday(asked.listed[0].date)
    if any(row.kind in CONSULTATION and row.day >= since for row in asked.support):
        return None
    return (
        f"the code of conduct asks for a consultation before a notice for code {' or '.join(found)}: "
        f"no meeting or referral is recorded since {since.isoformat()}"
    )


def _continuous_holiday(asked: _Asked) -> str | None:
    """Holiday counts only in runs of so many sessions: what is left must meet the threshold still."""
    length = asked.settings.penalty_notice.holiday_continuous_sessions
    if not length or asked.decision.ground != "support_not_appropriate":
        return None
    holiday = frozenset(each.at for each in asked.listed if each.code == _HOLIDAY)
    long = frozenset(s for run in _runs(asked.facts, asked.decision.upn, holiday) if len(run) >= length for s in run)
    counting = sum(each.code != _HOLIDAY or each.at in long for each in asked.listed)
    if not holiday or counting >= law.THRESHOLD_SESSIONS.on(asked.facts.today):
        return None
    return (
        f"by the code of conduct holiday (G) counts only as {length} continuous sessions: of the {len(asked.listed)} "
        f"sessions listed {counting} count"
    )


def _not_while(asked: _Asked) -> str | None:
    latest = {(row.kind, row.parent_id): row for row in asked.support}
    kinds = asked.settings.penalty_notice.not_while
    running = sorted({row.kind for row in latest.values() if row.kind in kinds and row.outcome == "ongoing"})
    if not running or asked.decision.reason:
        return None
    return f"the code of conduct asks for the reason for a notice while this is ongoing: {', '.join(running)}"


def _panel(asked: _Asked) -> str | None:
    if not asked.settings.penalty_notice.panel or asked.decision.reason:
        return None
    return "the code of conduct has a panel advise on every penalty notice: give the day and its advice in reason"


_RULES: tuple[Callable[[_Asked], str | None], ...] = (
    _below_threshold,
    _improvement_first,
    _one_parent,
    _consultation,
    _continuous_holiday,
    _not_while,
    _panel,
)


def _runs(facts: Facts, upn: str, chosen: frozenset[Session]) -> list[list[Session]]:
    """The unbroken runs of chosen sessions among the pupil's marks at this school.

    Sessions not possible or without a mark are skipped, as for the attendance return; any other mark ends a run.
    """
    marks = facts.assessor.marks_of(upn)
    runs: list[list[Session]] = [[]]
    for number, code in zip(marks.at, marks.code, strict=True):
        session = session_of(int(number))
        if session in chosen:
            runs[-1].append(session)
        elif runs[-1] and CODE_ORDER[int(code)] in POSSIBLE:
            runs.append([])
    return [run for run in runs if run]


# --- A notice to improve ---------------------------------------------------------------------------------------------


def before_notice_to_improve(decision: Decision, facts: Facts, settings: Settings, met: Met) -> None:
    """Refused for a holiday where the code of conduct has no notice to improve for one, or only for a repeated one."""
    allowed = settings.notice_to_improve.for_holiday
    window = [each for each in met.sessions if monday(each.session.day) <= met.weeks[-1]]
    if allowed == "allowed" or any(each.code != _HOLIDAY for each in window):
        return
    year = academic_year(window[-1].session.day)
    holiday = frozenset(
        each.session for each in facts.standing.counted
        if each.code == _HOLIDAY and academic_year(each.session.day) == year
    )  # fmt: skip
    if allowed == "repeat" and len(_runs(facts, decision.upn, holiday)) > 1:
        return
    only = " but for a second one in the school year" if allowed == "repeat" else ""
    raise Refused(
        f"every session of the window is a holiday (G): the code of conduct has no notice to improve for that{only}",
        "code_of_conduct",
    )


def before_early_end(facts: Facts, settings: Settings, running: Sequence[Notice]) -> None:
    """Refused before so many school days of the improvement period as the code of conduct asks; today is the last of them."""
    wait = settings.penalty_notice.early_after_school_days
    if wait is None:
        return
    days = {session.day for session in facts.assessor.held.sessions}
    for notice in running:
        passed = sum(notice.improvement_from is not None and notice.improvement_from <= day for day in days)
        if passed < wait:
            raise Refused(
                f"the code of conduct lets a period end early from its school day {wait} on; {passed} have been held",
                "code_of_conduct",
            )
