"""The record of a notice, and what else its page prints (design 5.3; SI 2007/1867 reg 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from attendance import law, service
from attendance.asked import settings_of
from attendance.cases import Case, Notice
from attendance.conduct import sender_of
from attendance.facts import Decision, Facts, Refused
from attendance.law import PROVISIONS
from attendance.register import parts_sha256
from attendance.roll import Parent
from attendance.sessions import monday
from attendance.settings import Settings
from attendance.standing import MarkedSession

SOFTWARE = "attendance 0.2.0"

UNPRINTED = frozenset({"upn", "parent_id", "case", "pdf_sha256", "schedule_sha256"})
"""What a record has and its page does not print: all else stands in the data inside the PDF."""

MAIN_REASONS: Mapping[str, Literal["holiday", "late", "other"]] = {
    "G": "holiday",
    "U": "late",
    "N": "other",
    "O": "other",
}


def main_reason(sessions: Sequence[MarkedSession]) -> Literal["holiday", "late", "other"]:
    """The one main reason the annual collection asks for: the class most of the sessions have, holiday before late before other."""
    order: tuple[Literal["holiday", "late", "other"], ...] = ("holiday", "late", "other")
    counts = {reason: sum(MAIN_REASONS[each.code] == reason for each in sessions) for reason in order}
    return max(order, key=lambda reason: (counts[reason], -order.index(reason)))


def record_of(
    decision: Decision, facts: Facts, case: Case, notice: Notice, signed: Mapping[str, str], days: service.Payment
) -> dict[str, Any]:
    """The record of a notice, less what only its kind has.

    `evidence_sha256` fixes the pupil's entries for the sessions listed, `register_sha256` all that was known: the parts of
    every register and roll that the decision was taken on (`attendance.register.parts_sha256`).
    """
    settings = settings_of(facts)
    weeks = case.weeks or tuple(sorted({monday(each.date) for each in notice.sessions}))
    text = facts.evidence([each.at for each in notice.sessions])
    return {
        "reference": notice.reference,
        "kind": notice.kind,
        "la": facts.la,
        "urn": facts.urn,
        "upn": decision.upn,
        "parent_id": notice.parent_id,
        "case": case.id,
        "issued_on": facts.today.isoformat(),
        "as_at": facts.today.isoformat(),
        "known_at": facts.known_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sequence": notice.sequence,
        "amount_pence": notice.amount_pence,
        "reduced_amount_pence": notice.reduced_amount_pence,
        "posted_on": days.posted_on.isoformat(),
        "post": settings.post.post_class,
        "presumed_received_on": days.presumed_received_on.isoformat(),
        "reduced_until": notice.reduced_until.isoformat() if notice.reduced_until else None,
        "pay_by": notice.pay_by.isoformat() if notice.pay_by else None,
        "prosecute_by": None,
        "sessions": [each.model_dump(mode="json") for each in notice.sessions],
        "window": [week.isoformat() for week in weeks],
        "ground": None,
        "main_reason": main_reason(notice.sessions),
        "authorised_by": dict(signed),
        "support": support_told(facts, decision.upn, notice.parent_id),
        "evidence_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "register_sha256": parts_sha256(facts.parts),
        "settings_version": settings.version,
        "software": SOFTWARE,
    }


def retain_until(facts: Facts, settings: Settings) -> date:
    """The last day for which a document issued today is kept, by the settings under which it is issued."""
    return law.months_after(facts.today, 12 * settings.retention_years)


def citations(*keys: str) -> list[str]:
    """The provisions a notice rests on, each once."""
    return list(dict.fromkeys(piece for key in keys for piece in PROVISIONS[key].citation.split("; ")))


def printed_beside(decision: Decision, facts: Facts, parent: Parent, settings: Settings) -> dict[str, Any]:
    """What the page prints beside the record: authority, recipient, child, school. A protected address is replaced."""
    pupil = facts.pupil_row
    if pupil is None:
        raise Refused("PUPIL_UNKNOWN: the school must send the pupil's row", "particulars")
    child: tuple[str, ...]
    match decision.address_as:
        case "own":
            child = (*parent.address, parent.postcode)
        case "school":
            child = ("c/o " + facts.school.name, *facts.school.address)
        case "authority":
            child = ("c/o " + settings.name, *settings.address)
        case _:
            child = (*pupil.address, pupil.postcode)
    if not all(child) or len(child) < 2:
        raise Refused("NO_ADDRESS: no address of the child is known; say in address_as what is printed", "address")
    return {
        "authority": {
            "name": settings.name,
            "address": list(settings.address),
            "phone": settings.contact.phone,
            "email": settings.contact.email,
        },
        "recipient": {"name": parent.name, "address": [*parent.address, parent.postcode]},
        "child": {"name": pupil.name, "address": list(child)},
        "school": facts.school.name,
    } | sender_of(decision, facts, settings)


def support_told(facts: Facts, upn: str, parent_id: str) -> list[dict[str, str]]:
    """The support chronology up to today as a document for one parent tells it; what concerns the other parent is theirs."""
    return [
        {
            "date": step.day.isoformat(),
            "what": _sentence(step.kind, step.description),
            "outcome": step.outcome.replace("_", " "),
        }
        for step in facts.assessor.view.roll.support.get(upn, ())
        if step.day <= facts.today and step.parent_id in (None, parent_id)
    ]


def _sentence(kind: str, description: str) -> str:
    what = kind.replace("_", " ").capitalize()
    return f"{what}: {description}" if description else what
