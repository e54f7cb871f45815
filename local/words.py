"""The words of `attendance explain`: for what the record keeps by name, each its word, and how days and amounts are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, Protocol

ACTIONS: Final[Mapping[str, str]] = {
    "refer": "the school refers the case",
    "issue_notice_to_improve": "issue a notice to improve",
    "authorise_penalty_notice": "authorise a penalty notice",
    "end_improvement": "end the period for improving",
    "served": "record the day on which it was received",
    "returned": "record that the letter came back",
    "record_payment": "record a payment",
    "withdraw": "withdraw a penalty notice",
    "release_sessions": "release the sessions of withdrawn notices",
    "record_prosecution": "record how a prosecution ended",
    "record_elsewhere": "record a notice issued elsewhere",
    "record_intervention": "record a step beside notices",
    "parent_same": "say that two parents are one person",
    "parent_different": "say that two parents are two persons",
    "no_action": "settle the case without a notice",
}
"""What a decision does."""

RUNGS: Final[Mapping[str, str]] = {
    "not_met": "threshold not met",
    "threshold_met": "threshold met, no support recorded yet",
    "referred": "referred by the school",
    "support": "support is under way",
    "support_failed": "support has not worked",
    "below_threshold": "opened below the threshold",
    "lapsed": "lapsed",
    "no_action": "settled without a notice",
    "improving": "the period for improving is running",
    "period_over": "the period for improving is over, and an officer has to end it",
    "improved": "improved",
    "improvement_failed": "not improved",
    "ended_early": "the period for improving was ended early",
    "authorised": "authorised, and not written yet",
    "expired": "expired: it was never written",
    "issued": "issued, nothing paid yet",
    "served": "received, nothing paid yet",
    "returned": "the letter came back",
    "part_paid": "paid in part",
    "paid_early": "paid in time at the lower amount",
    "paid": "paid in time",
    "overpaid": "paid in time, and too much",
    "unpaid": "not paid in time: it is prosecuted or withdrawn",
    "withdrawn": "withdrawn",
    "prosecuted_guilty": "prosecuted, found guilty",
    "prosecuted_not_guilty": "prosecuted, found not guilty",
    "prosecuted_discontinued": "prosecuted, and the proceedings discontinued",
}
"""Where a parent or a notice stands."""

GROUNDS: Final[Mapping[str, str]] = {
    "support_not_appropriate": "support is not appropriate",
    "support_failed": "support has failed",
    "improvement_failed": "the period for improving failed",
    "ended_early": "ended early",
    "below_threshold": "below the threshold",
    "improved": "improved",
    "failed": "failed",
    "ought_not": "it ought not to have been issued",
    "wrong_person": "it ought not to have been issued to this person",
    "material_error": "it has a material error",
    "not_prosecuting": "it is unpaid, and there will be no prosecution",
    "guilty": "guilty",
    "not_guilty": "not guilty",
    "discontinued": "discontinued",
    "excluded_pupil": "an excluded pupil in a public place",
}
"""The grounds of decisions."""

IMPROVED: Final[Mapping[str | None, str]] = {
    "improved": "improved",
    "failed": "not improved",
    "ended_early": "ended early",
}

INTERVENTIONS: Final[Mapping[str, str]] = {
    "attendance_contract_offered": "an attendance contract was offered",
    "attendance_contract_accepted": "an attendance contract was accepted",
    "supervision_order_instead": "an education supervision order was made instead of a prosecution",
    "supervision_order_as_well": "an education supervision order was made as well as a prosecution",
    "parenting_order_granted": "a court made a parenting order",
    "parenting_order_implemented": "a parenting order was carried out",
    "parenting_order_no_provision": "a parenting order could not be carried out: there was no provision",
    "parenting_order_breached": "a parenting order was breached",
    "case_management": "case management began",
    "case_management_improved": "case management ended, attendance improved",
    "case_management_ended": "case management ended",
    "prosecution": "a prosecution without a notice",
    "enquiries_not_located": "joint enquiries: the pupil was not found",
    "enquiries_agreed": "joint enquiries: school and authority agree",
    "enquiries_not_agreed": "joint enquiries: school and authority do not agree",
}

LISTS: Final[Mapping[str, str]] = {
    "officer": "the officers of authority {la}",
    "school": "school {urn}",
    "social_worker": "the social worker",
    "youth_offending_worker": "the youth offending team worker",
    "virtual_school_head": "the virtual school head",
}
"""Who reads which daily list; the list of a home authority bears its code."""

READINGS: Final[Mapping[str, str]] = {
    "school_days": "Read as 50 school days",
    "full_weeks": "Read as ten weeks that each have all ten sessions held",
}

FLAGS: Final[Mapping[str, str]] = {
    "WINDOW_READING_DIFFERS": "Another reading of ten school weeks would decide otherwise, see Other readings",
    "REPEATED_BELOW_THRESHOLD": "Not met, but absence is repeated: an officer may look below the threshold",
    "AMENDED_AFTER_ISSUE": "The register was amended after a document was issued: an officer must look at it again",
    "WEEK_DOUBTFUL": "A week in which very few pupils have marks decides: ask the school whether it met",
}


class HasSession(Protocol):
    """Anything with a day and a half of it."""

    @property
    def session(self) -> str: ...
    @property
    def date(self) -> date: ...


def day(of: date) -> str:
    """A day as people write it.

    >>> day(date(2025, 9, 5))
    'Fri 5 Sep 2025'
    """
    return f"{of:%a} {of.day} {of:%b %Y}"


def moment(at: datetime) -> str:
    """A moment, by the clock that it is given in."""
    return f"{day(at.date())} {at:%H:%M}"


def session(each: HasSession) -> str:
    """A session as people write it."""
    return f"{day(each.date)} {each.session}"


def counted(n: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "session"), counted(2, "session")
    ('1 session', '2 sessions')
    """
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def listed(words: Sequence[str]) -> str:
    """Things one after another.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
