"""To whom no letter goes by itself: what keeps it for an officer, pupil by pupil and parent by parent (field.md E45 to E47)."""

from __future__ import annotations

from datetime import date

from attendance.ages import of_full_age
from attendance.roll import Parent, Pupil

ENGLISH = frozenset({"", "en", "eng", "english"})


def for_an_officer(pupil: Pupil, parent: Parent, day: date) -> str | None:
    """Why no letter to this parent goes by itself that day, in words for an officer; None if one may.

    A parent who died, or is a parent no longer, is one whose `until` has passed; one in prison or whom nothing may be sent to is
    marked `do_not_send`.
    """
    born = parent.date_of_birth
    reasons = {
        "the child is looked after: the authority may itself be the parent": pupil.looked_after,
        "the child has a social worker": pupil.social_worker,
        "the child has a youth offending team worker": pupil.youth_offending_worker,
        "the child's address is protected": pupil.address_protected,
        "the parent's address is protected": parent.address_protected,
        "the school says that nothing is to be sent to this parent": parent.do_not_send,
        "the person is no longer a parent of this child": parent.until is not None and parent.until < day,
        "no address of this parent is known": not parent.has_address,
        "the parent is under 18": born is not None and not of_full_age(born, day),
        "the parent reads another language": (parent.preferred_language or "").strip().casefold() not in ENGLISH,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
