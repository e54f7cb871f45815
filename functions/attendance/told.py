"""Who else is told, and of which day: the daily lists in an authority's bucket (WTISA para 52; the national framework).

A row of a list is kept and written as a return is: once, on its day, under a key made from its cause, so that a day twice or a day
missed is the same. The lists are `officer` (time limits and what an amendment means), `school`, `social_worker`,
`youth_offending_worker`, `virtual_school_head`, and `home_authority_{la}`, which holds that authority's own pupils alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from attendance import law
from attendance.cases import Case, Notice
from attendance.codes import POSSIBLE
from attendance.deletions import Enquiries, deletion_problems
from attendance.due import Return
from attendance.law import PROVISIONS
from attendance.marks import at, session_of
from attendance.money import discharged, money
from attendance.positions import Assessor
from attendance.returns import corrections, every_mark_this_year, term_end, this_year
from attendance.roll import Pupil
from attendance.service import amounts, working_days_after
from attendance.sessions import Session
from attendance.settings import Reminders

_NAMED: Final = 20  # UPNs written out in one row
UNEXPLAINED: Final = frozenset({"N", "O"})
_N: Final = frozenset({"N"})
SEEN_BY_THE_SCHOOL: Final = ("school", "social_worker", "youth_offending_worker", "virtual_school_head")
"""The lists of which the school gets a copy: what it must mend, and whom it must tell."""


N_OVERDUE: Final = "N_OVERDUE"
"""What a row for the school says of a code N that stands longer than it may."""


REMINDER: Final = "reminder"
"""The list of letters that remind a parent of a last day; each row brings its letter."""


SUPPORT_PACK: Final = "support_pack"
"""The list of packs for the termly meetings with a school; each row brings its pack."""


def home_list(la: str) -> str:
    """The list of a home authority."""
    return f"home_authority_{la}"


def told(
    list_: str, urn: str, upn: str, pupil: Pupil | None, since: str, on: date, what: str, about: str, because: str,
    what_to_do: str, provision: str, follows: str = "register",
) -> Return:  # fmt: skip
    """One row of a daily list."""
    return Return(
        kind=list_, urn=urn, upn=upn, since=since, made_due_on=on, follows=follows,
        row={
            "urn": urn, "upn": upn, "surname": pupil.surname if pupil else "", "forename": pupil.forename if pupil else "",
            "on": on.isoformat(), "what": what, "about": about, "because": because, "what_to_do": what_to_do,
            "provision": PROVISIONS[provision].citation,
        },
    )  # fmt: skip


# --- What the register says ----------------------------------------------------------------------------------------------


def from_register(assessor: Assessor) -> Iterator[Return]:
    """What a school's register says to others: unexplained absence, and N codes whose five school days are over."""
    roll, not_known = assessor.view.roll, every_mark_this_year(assessor, _N)
    watched = set().union(*map(roll.flagged, ("social_worker", "youth_offending_worker", "looked_after")))
    for upn in assessor.with_marks(UNEXPLAINED):
        if upn in watched:
            yield from _unexplained(assessor, upn, roll.pupils[upn])
        if upn in not_known:
            yield from _overdue(assessor, upn, roll.pupils.get(upn), not_known[upn])
    yield from _missing(assessor)


def overdue_codes(assessor: Assessor) -> Iterator[tuple[str, list[tuple[Session, date]]]]:
    """Each pupil with sessions left at N this academic year, and the day from which each is overdue, passed or to come."""
    for upn, sessions in every_mark_this_year(assessor, _N).items():
        if sessions:
            yield upn, [(session, n_overdue_on(assessor, session.day)) for session in sessions]


def _missing(assessor: Assessor) -> Iterator[Return]:
    """A row for the school for each session held at which pupils on the roll have no mark, when an N would be overdue (E29).

    A missing mark is a gap and never an absence; boarders need none (reg 10(1)).
    """
    first, today = law.academic_year_days(assessor.year)[0], assessor.as_at
    begin = at(Session(first, "AM"))
    lacking: dict[int, list[str]] = {}
    for upn in assessor.with_gaps():
        pupil = assessor.view.roll.pupils.get(upn)
        if pupil is None or pupil.boarder:
            continue
        always = pupil.on_roll(first) and pupil.on_roll(today)
        for number in assessor.unmarked(upn).tolist():
            if number >= begin and (always or pupil.on_roll(session_of(number).day)):
                lacking.setdefault(number, []).append(upn)
    for lacks, upns in sorted(lacking.items()):
        session = session_of(lacks)
        yield told(
            "school", assessor.view.urn, "", None, f"marks_missing {session}", n_overdue_on(assessor, session.day),
            "MARKS_MISSING", str(session),
            f"pupils on the roll without a mark: {len(upns)} ({' '.join(sorted(upns)[:_NAMED])})",
            "send their marks; the session blocks a request until then", "register_entry",
        )  # fmt: skip


def from_years(urn: str, years: Iterable[int], retention_years: int) -> Iterator[Return]:
    """A row for officers on the day after the time of retention of each register (reg 7): erasing is a person's decision."""
    for year in years:
        last = law.months_after(law.academic_year_days(year)[1], 12 * retention_years)
        yield told(
            "officer", urn, "", None, f"register {year}", last + timedelta(days=1), "RETAINED_UNTIL",
            f"register of {year}/{(year + 1) % 100:02}", f"entries of that year were kept until {last.isoformat()}",
            "decide whether the register and its parts are erased; entries made later are kept as long from their day",
            "retention",
        )  # fmt: skip


def from_terms(assessor: Assessor, recorded: Iterable[Return]) -> Iterator[Return]:
    """A row for officers on the last day of each term in which the school met: the pack of its meeting is written with it.

    What is `recorded` and not yet written stays due, also when its day was missed.
    """
    yield from recorded
    day = term_end(assessor.as_at)
    if assessor.held.sessions and term_end(assessor.held.sessions[-1].day) == day:
        yield told(
            SUPPORT_PACK, assessor.view.urn, "", None, day.isoformat(), day, "SUPPORT_MEETING", f"term to {day.isoformat()}",
            "the pack of the meeting lies in packs/ under the name of this list", "hold the meeting with the school",
            "support_meeting",
        )  # fmt: skip


def _unexplained(assessor: Assessor, upn: str, pupil: Pupil) -> Iterator[Return]:
    """A row for each worker of the pupil on the first day of each episode of N or O, however many sessions it has.

    An episode goes on until a possible session with another code; sessions not possible or without a mark are passed over.
    """
    lists = [
        name for name, flagged in (
            ("social_worker", pupil.social_worker), ("youth_offending_worker", pupil.youth_offending_worker),
            ("virtual_school_head", pupil.looked_after),
        ) if flagged
    ]  # fmt: skip
    absent = False
    for session, code in this_year(assessor, upn, pupil) if lists else ():
        if code in UNEXPLAINED and not absent:
            for name in lists:
                yield told(
                    name, assessor.view.urn, upn, pupil, session.day.isoformat(), session.day, "unexplained absence",
                    str(session), f"code {code} on {session}", "tell the worker of this pupil", "unexplained_absence",
                )  # fmt: skip
        absent = code in UNEXPLAINED or (absent and code not in POSSIBLE)


def _overdue(assessor: Assessor, upn: str, pupil: Pupil | None, sessions: Iterable[Session]) -> Iterator[Return]:
    """A row for the school for each session left at N, on the first day after its five school days."""
    for session in sessions:
        day = n_overdue_on(assessor, session.day)
        yield told(
            "school", assessor.view.urn, upn, pupil, f"n_overdue {session}", day, N_OVERDUE, str(session),
            f"code N of {session} was not replaced within {law.N_DAYS.on(session.day)} school days",
            "enter the reason; if it cannot be established, enter O", "n_code",
        )  # fmt: skip


def n_overdue_on(assessor: Assessor, day: date) -> date:
    """The day after the last day on which an N of `day` may stand: five school days after it, the school's calendar deciding.

    Where the calendar does not reach, every working day is taken as a school day: the row follows the register until it is due.
    """
    number, school_days = law.N_DAYS.on(max(day, law.SCHEME_START)), assessor.school_days_in_order
    after = bisect_right(school_days, day)
    known = school_days[after : after + number]
    if len(known) == number:
        return known[-1] + timedelta(days=1)
    return working_days_after(max(day, assessor.known_until), number - len(known)) + timedelta(days=1)


def from_roll(assessor: Assessor, enquiries: Mapping[str, Enquiries], school_type: str | None) -> Iterator[Return]:
    """What speaks against deletions of this academic year: to the school, and to officers where both must agree (reg 9)."""
    urn = assessor.view.urn
    for upn, day in sorted(assessor.view.roll.days("leaving_day").items()):
        if day > assessor.as_at:
            continue
        pupil = assessor.view.roll.pupils[upn]
        for problem in deletion_problems(assessor, upn, pupil, enquiries.get(upn), school_type):
            for name in ("school", "officer") if problem.problem.startswith("ENQUIRIES") else ("school",):
                row = told(
                    name, urn, upn, pupil, f"deletion {day.isoformat()} {problem.problem}", day,
                    f"DELETION_{problem.problem}", f"ground {problem.ground or '(none)'}", problem.wrong, problem.to_do,
                    "deletion_ground",
                )  # fmt: skip
                yield row.model_copy(update={"row": {**row.row, "provision": problem.provision}})


def from_returns(assessor: Assessor, written: Sequence[Return], due_now: Sequence[Return]) -> Iterator[Return]:
    """What the register no longer bears out of returns that were written, for officers: a return never changes (E61)."""
    for each in corrections(written, due_now, assessor.as_at):
        provision: Mapping[str, str] = {
            "attendance": "attendance_return", "sickness": "sickness_return", "new_pupil": "new_pupil_return",
            "deletion": "deletion_return",
        }  # fmt: skip
        yield told(
            "officer", each.urn, each.upn, assessor.view.roll.pupils.get(each.upn), f"correction {each.kind} {each.since}",
            assessor.as_at, "RETURN_CORRECTED", f"{each.kind} return of {each.since}", each.says,
            "correct what was made of the return", provision[each.kind],
        )  # fmt: skip


def late_return(assessor: Assessor, due: Return, found_on: date) -> Return:
    """What the school is told of a return that was found only after its last day."""
    provision = "new_pupil_return" if due.kind == "new_pupil" else "deletion_return"
    return told(
        "school", due.urn, due.upn, assessor.view.roll.pupils.get(due.upn), f"late {due.kind} {due.since}", found_on, "RETURN_LATE",
        f"{due.kind.replace('_', ' ')} return of {due.since}",
        f"it was due by {due.due_by.isoformat() if due.due_by else ''} and the roll came later",
        "send the roll on the day on which a name is entered or deleted", provision,
    )  # fmt: skip


# --- What cases say ------------------------------------------------------------------------------------------------------


def from_case(
    assessor: Assessor, case: Case, notices: Sequence[Notice], siblings: Sequence[str] = ()
) -> Iterator[Return]:
    """What a case says to others while it is as it is: opened, running out of time, amended after a document was issued.

    `siblings`: the UPNs with a case of pupils to whom this school gives the same parent (field.md E43).
    """
    pupil, urn = assessor.view.roll.pupils.get(case.upn), assessor.view.urn
    if case.state == "lapsed":
        return
    if case.met_at is not None:
        when = f"met at {case.met_at.date.isoformat()} {case.met_at.session}"
        opened, route = "a case opened", case.proposal.route.replace("_", " ")
        if case.state == "gathering":
            yield told(
                "officer", urn, case.upn, pupil, f"opened {case.id}", case.opened_on, opened, case.id,
                f"{when}; {case.proposal.reason}{_beside(siblings)}", f"decide; proposed: {route}", "threshold",
            )  # fmt: skip
        if pupil and pupil.looked_after:
            yield told(
                "virtual_school_head", urn, case.upn, pupil, f"opened {case.id}", case.opened_on, opened, case.id, when,
                "tell the virtual school head", "unexplained_absence",
            )  # fmt: skip
        if (home := home_of(assessor, pupil)) is not None:
            yield told(
                home_list(home), urn, case.upn, pupil, f"opened {case.id}", case.opened_on, opened, case.id, when,
                "say what support there is, and which penalty notices were issued in the last three years", "home_authority",
            )  # fmt: skip
    if case.state == "gathering" and (prosecute_by := case.prosecute_by) is not None:
        alert = prosecute_by - timedelta(days=law.PROSECUTION_ALERT_DAYS.on(prosecute_by))
        yield told(
            "officer", urn, case.upn, pupil, f"prosecute_by {case.id}", alert, "PROSECUTE_BY", case.id,
            f"the first session can be prosecuted until {prosecute_by.isoformat()}", "decide before that day", "time_limit",
        )  # fmt: skip
    for notice in notices:
        if case.amended_after_issue and notice.case == case.id and notice.stands:
            yield _amended(assessor, case, notice, pupil)


def _beside(siblings: Sequence[str]) -> str:
    return (
        f" The school gives the same parent for {', '.join(siblings)}, who have a case: decide alike."
        if siblings
        else ""
    )


def siblings_among(assessor: Assessor, upns: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Of each of some pupils those to whom the school gives the same parent, by the school's own identifier of the parent.

    Nobody is compared across pupils by us (design 4.6).
    """
    parents = assessor.view.roll.parents
    of = {upn: {parent.parent_id for parent in parents.get(upn, ())} for upn in upns}
    children: dict[str, set[str]] = {}
    for upn, names in of.items():
        for name in names:
            children.setdefault(name, set()).add(upn)
    return {upn: sorted(set().union(*map(children.__getitem__, names)) - {upn}) for upn, names in of.items()}


def home_of(assessor: Assessor, pupil: Pupil | None) -> str | None:
    """The authority of the home if it is another than the school's."""
    return pupil.home_la if pupil and pupil.home_la and pupil.home_la != assessor.view.la else None


def _amended(assessor: Assessor, case: Case, notice: Notice, pupil: Pupil | None) -> Return:
    """What an officer is told when the register no longer bears out a document: by how far it has gone (field.md E33, E34)."""
    by = (
        ""
        if notice.la == assessor.view.la
        else f"authority {notice.la} issued it before the school was ours; tell it to: "
    )
    if notice.kind == "notice_to_improve":
        because, what = "the improvement period rests on it", "end the period as improved, or record no action"
    elif notice.prosecution:
        because = f"proceedings ended: {notice.prosecution.replace('_', ' ')}"
        what = "tell the authority's solicitor: only a court can set a conviction aside; no record is deleted"
    elif received := money(notice, assessor.as_at).received:
        because = f"£{received / 100:.2f} was paid"
        what = f"withdraw on the ground ought_not, and pay back £{received / 100:.2f}"
    else:
        because, what = "nothing was paid", "withdraw on the ground ought_not"
    return told(
        "officer", assessor.view.urn, case.upn, pupil, f"amended {notice.reference}", assessor.as_at, "AMENDED_AFTER_ISSUE",
        notice.reference, f"the threshold it rests on is no longer met; {because}", by + what, "amended_after_issue",
    )  # fmt: skip


# --- What notices say ----------------------------------------------------------------------------------------------------


def from_notice(notice: Notice, upn: str, pupil: Pupil | None, reminders: Reminders) -> Iterator[Return]:
    """The time limits of a notice as it is now, each a row for officers on its day; a change of the notice makes them anew.

    A reminder is a row too: the letter is written when the row is.
    """

    def limit(name: str, day: date, because: str, what_to_do: str, provision: str, list_: str = "officer") -> Return:
        since = f"{name} {notice.reference} {day.isoformat()}"
        return told(
            list_, notice.urn, upn, pupil, since, day, name.upper(), notice.reference, because, what_to_do, provision,
            follows="notice",
        )  # fmt: skip

    if notice.issuer is not None or notice.standing == "expired":
        return
    if notice.retain_until:
        yield limit(
            "retained_until", notice.retain_until + timedelta(days=1), "its time of retention is over",
            "decide whether the document and its record are erased", "retention",
        )  # fmt: skip
    if not notice.stands:
        return
    if notice.returned_on is not None:
        yield limit(
            "returned", notice.returned_on, "the letter came back: the days for paying or improving have not begun",
            "find the address and serve it, or withdraw it", "service",
        )  # fmt: skip
    if notice.kind == "notice_to_improve":
        if notice.improvement == "running" and notice.improvement_until:
            yield limit(
                "improvement_over", notice.improvement_until + timedelta(days=1),
                f"the improvement period ended on {notice.improvement_until.isoformat()}",
                "end it as improved or failed", "improvement_period",
            )  # fmt: skip
        return
    if discharged(notice) or notice.prosecution:
        return
    for name, before, last in (
        ("reduced", reminders.before_reduced_ends, notice.reduced_until),
        ("full", reminders.before_payment_ends, notice.pay_by),
    ):
        if before and last and notice.returned_on is None:
            yield limit(
                name, last - timedelta(days=before), f"it can be paid until {last.isoformat()} and is not paid",
                "post the letter in reminders/ that bears this reference and day; none lies there if the last day had passed or "
                "only an officer writes to this parent", "payment_period", REMINDER,
            )  # fmt: skip
    if notice.reduced_until and notice.returned_on is None:
        yield limit(
            "reduced_amount_over", notice.reduced_until + timedelta(days=1),
            f"£{(notice.reduced_amount_pence or 0) // 100} could be paid until {notice.reduced_until.isoformat()}",
            f"£{(notice.amount_pence or 0) // 100} is due; remind the parent", "payment_period",
        )  # fmt: skip
    if notice.pay_by and notice.returned_on is None:
        yield limit(
            "unpaid", notice.pay_by + timedelta(days=1),
            f"it could be paid until {notice.pay_by.isoformat()} and was not",
            "prosecute for the offence, or withdraw on the ground not_prosecuting", "duty_to_withdraw",
        )  # fmt: skip
    if notice.prosecute_by:
        yield limit(
            "prosecute_by", notice.prosecute_by - timedelta(days=law.PROSECUTION_ALERT_DAYS.on(notice.prosecute_by)),
            f"proceedings must begin by {notice.prosecute_by.isoformat()}", "begin proceedings, or withdraw", "time_limit",
        )  # fmt: skip


def wrong_tariff(withdrawn: Notice, second: Notice, upn: str, pupil: Pupil | None, today: date) -> Return:
    """What an officer is told when a first notice is withdrawn after a second was issued (field.md E50)."""
    reduced = amounts(1, second.offence_from or second.issued_on)[1] or 0
    received_on = second.served_on or second.presumed_received_on or second.issued_on
    until = received_on + timedelta(days=law.REDUCED_DAYS.on(received_on) - 1)
    early = sum(p.pence for p in second.payments if p.paid_on <= until)
    if early > reduced:
        what = f"pay back £{(early - reduced) / 100:.2f}"
    elif today <= until:
        what = f"accept £{reduced // 100} until {until.isoformat()} and tell the parent, or withdraw it and issue anew"
    else:
        what = "nothing was paid in time for the reduced amount: decide whether to withdraw it and issue anew"
    return told(
        "officer", second.urn, upn, pupil, f"second_tariff {second.reference} {withdrawn.reference}", today,
        "SECOND_TARIFF_WRONG", second.reference,
        f"{withdrawn.reference} was withdrawn: this notice was the first, and £{reduced // 100} was due until "
        f"{until.isoformat()}",
        what, "second_after_withdrawal", follows="step",
    )  # fmt: skip


def step_for_home(
    home: str, urn: str, upn: str, pupil: Pupil | None, step: str, on: date, what: str, about: str
) -> Return:
    """What the authority of the home is told of a step in a case: that it was taken, and no document."""
    return told(
        home_list(home), urn, upn, pupil, f"step {step}", on, what, about, "a step was taken in the case", "for information",
        "home_authority", follows="step",
    )  # fmt: skip
