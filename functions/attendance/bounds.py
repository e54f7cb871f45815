"""The bounds that the law sets to a code of conduct: what settings may not say, with the provision and what to do instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from attendance import law
from attendance.law import PROVISIONS

if TYPE_CHECKING:
    from attendance.settings import Officer, Settings


@dataclass(frozen=True)
class Problem:
    """Why settings are refused: the key, what is wrong, the provision it offends, what to do."""

    key: str
    why: str
    provision: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.why} [{self.provision}]. {self.remedy}"


IMPROVEMENT: Final = "notice_to_improve.school_days"
HOLIDAY: Final = "penalty_notice.holiday_continuous_sessions"
OVERRIDABLE: Final = frozenset({IMPROVEMENT, HOLIDAY})
"""What guidance asks and no regulation: the authority may decide otherwise, with its reason."""


def outside_the_law(settings: Settings) -> Iterator[Problem]:
    """Every key of the settings that the law does not allow, or that could never apply as it is written."""
    overridden = {override.key for override in settings.overrides}
    yield from _overrides(overridden)
    yield from _improvement(settings, overridden)
    yield from _penalty_notice(settings, overridden)
    yield from _requests(settings)
    yield from _payment(settings)
    yield from _kept_and_returned(settings)
    yield from _officers(settings.officers)


def _problem(key: str, why: str, provision: str, remedy: str) -> Problem:
    return Problem(key, why, PROVISIONS[provision].citation, remedy)


def _overrides(overridden: Iterable[str]) -> Iterator[Problem]:
    for key in sorted(set(overridden) - OVERRIDABLE):
        why = f"{key} is not a key that can be overridden"
        yield _problem("overrides", why, "code_of_conduct", f"Only {', '.join(sorted(OVERRIDABLE))} can.")


def _improvement(settings: Settings, overridden: Iterable[str]) -> Iterator[Problem]:
    least, most = (figure.latest for figure in (law.IMPROVEMENT_DAYS_LEAST, law.IMPROVEMENT_DAYS_MOST))
    period = settings.notice_to_improve.school_days
    if period < 1 or (not least <= period <= most and IMPROVEMENT not in overridden):
        yield _problem(
            IMPROVEMENT,
            f"{period} school days is outside {least} to {most}",
            "improvement_period",
            f"Give {least} to {most}, or add an override of {IMPROVEMENT} with reason and approved_by.",
        )


def _penalty_notice(settings: Settings, overridden: Iterable[str]) -> Iterator[Problem]:
    rules, period = settings.penalty_notice, settings.notice_to_improve.school_days
    if rules.early_after_school_days is not None and rules.early_after_school_days >= period:
        yield _problem(
            "penalty_notice.early_after_school_days",
            f"{rules.early_after_school_days} school days is no earlier than the end of a period of {period}",
            "early_end",
            f"Give less than {IMPROVEMENT}, or leave it out.",
        )
    threshold = law.THRESHOLD_SESSIONS.latest
    if (rules.holiday_continuous_sessions or threshold) < threshold and HOLIDAY not in overridden:
        yield _problem(
            HOLIDAY,
            f"{rules.holiday_continuous_sessions} sessions is less than the threshold of {threshold}",
            "threshold",
            f"Give {threshold} or more: a local rule may be stricter than the framework, not looser; "
            f"or add an override of {HOLIDAY} with reason and approved_by.",
        )
    if "penalty notice" not in rules.name.casefold():
        yield _problem(
            "penalty_notice.name",
            f"a parent cannot tell from {rules.name!r} what the document is",
            "particulars",
            "Give a name with the words Penalty Notice in it.",
        )


def _requests(settings: Settings) -> Iterator[Problem]:
    if settings.request is not None and "request_deadline_school_days" in settings.model_fields_set:
        yield _problem(
            "request",
            "the time for a request is said twice, here and in request_deadline_school_days",
            "code_of_conduct",
            "Give one of the two.",
        )
    span, threshold = settings.certificate, law.THRESHOLD_SESSIONS.latest
    if span.unit == "sessions" and span.last < threshold:
        yield _problem(
            "certificate.last",
            f"{span.last} sessions cannot show the threshold of {threshold}",
            "threshold",
            f"Give {threshold} or more.",
        )


def _payment(settings: Settings) -> Iterator[Problem]:
    ways, phone = settings.payment.ways, settings.payment.phone
    if "online" not in ways:
        remedy = "Name online too: payment.url is printed on every notice."
        yield _problem("payment.ways", "the page to pay on is a way to pay", "particulars", remedy)
    if "phone" in ways and phone is None:
        remedy = "Give payment.phone: a notice says how it can be paid."
        yield _problem("payment.ways", "a way to pay by phone has no number", "particulars", remedy)
    if phone is not None and "phone" not in ways:
        remedy = "Name phone in payment.ways, or leave the number out."
        yield _problem("payment.phone", "the number is of no way to pay", "particulars", remedy)


def _kept_and_returned(settings: Settings) -> Iterator[Problem]:
    kept = law.REGISTER_YEARS.latest
    if settings.retention_years < kept:
        yield _problem(
            "retention_years",
            f"{settings.retention_years} years is too short",
            "register_entry",
            f"Give {kept} or more: every entry of a register is kept for {kept} years.",
        )
    for name, given, lawful in (
        ("attendance", settings.returns.attendance, ("monthly", "at_once")),
        ("new_pupil", settings.returns.new_pupil, ("at_once",)),
        ("deletion", settings.returns.deletion, ("at_once",)),
    ):
        if given not in lawful:
            remedy = f"Give {' or '.join(lawful)}."
            yield _problem(f"returns.{name}", f"{given} is too late", f"{name}_return", remedy)


def _officers(officers: Iterable[Officer]) -> Iterator[Problem]:
    officers = tuple(officers)
    ids = Counter(officer.id for officer in officers)
    for officer in officers:
        if ids[officer.id] > 1:
            yield _problem(
                "officers",
                f"the id {officer.id} is given to more than one officer",
                "authorised_officer",
                "Give each officer an id of their own: a decision names one person.",
            )
        if officer.until is not None and officer.until < officer.from_:
            yield _problem(
                "officers",
                f"officer {officer.id} leaves on {officer.until}, before {officer.from_}",
                "authorised_officer",
                "Give the last day in until, or leave it out.",
            )
