"""`attendance verify` in plain English: every line says a fact of a `Verdict`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from attendance.text import canonical_json, london
from attendance.verification import Change, Difference, Verdict
from local.words import GROUNDS, counted, day, moment, session

KINDS: Final = {"penalty_notice": "penalty notice", "notice_to_improve": "notice to improve"}


def text(name: str, verdict: Verdict) -> str:
    """The verdict on a file, one line for each thing that was looked at and one for each that differs."""
    answer = "holds" if verdict.holds else "DOES NOT HOLD"
    lines = [
        f"{name}: {answer}",
        f"  {KINDS[verdict.kind]} {verdict.reference} of {day(verdict.issued_on)}, school {verdict.urn}, "
        f"on what was known on {moment(london(verdict.known_at))}",
        *_file(verdict),
        *_schedule(verdict),
        *_data(verdict),
        *_evidence(verdict),
        *_sessions(verdict),
        *_withdrawn(verdict),
    ]
    return "".join(f"{line}\n" for line in lines)


def _of(verdict: Verdict, what: str) -> list[Difference]:
    return [each for each in verdict.differences if each.of == what]


def _file(verdict: Verdict) -> Iterator[str]:
    changed = [each for each in _of(verdict, "file") if each.field == "pdf_sha256"]
    yield (
        "  no   the file is not the one that was issued"
        if changed
        else ("  yes  the file is byte for byte the one that was issued")
    )
    for each in changed:
        yield f"         SHA-256 of the one issued {each.recorded}"
        yield f"         SHA-256 of this file      {each.found}"


def _schedule(verdict: Verdict) -> Iterator[str]:
    for each in _of(verdict, "file"):
        if each.field == "schedule_sha256":
            yield f"  no   the schedule is not the one that was issued; it lies in schedules/ as {verdict.reference}.pdf"
            yield f"         SHA-256 of the one issued {each.recorded}"
            yield f"         SHA-256 of what lies there {each.found or '(nothing)'}"


def _data(verdict: Verdict) -> Iterator[str]:
    found = _of(verdict, "data")
    if not found:
        yield "  yes  the data inside is that of the record"
    elif found[0].field == "notice.json":
        yield "  no   the data inside cannot be read"
    else:
        yield f"  no   the data inside differs from the record in {counted(len(found), 'field')}"
        for each in found:
            yield f"         {each.field}: {_value(each.recorded)} in the record, {_value(each.found)} inside"


def _evidence(verdict: Verdict) -> Iterator[str]:
    if verdict.parts is None:
        yield "  -    the evidence was not looked at: give --input or --prefix"
        return
    parts = f"{counted(verdict.parts, 'part')} received by then"
    evidence, register = _of(verdict, "evidence"), _of(verdict, "register")
    if not evidence:
        yield f"  yes  {parts} give the evidence again"
    for each in evidence:
        why = "cannot all be read" if each.found is None else "do not give the evidence again"
        yield f"  no   {parts} {why}"
        yield f"         SHA-256 recorded {each.recorded}"
        yield f"         SHA-256 now      {each.found or '-'}"
    if not register:
        yield "  yes  they are the parts that the registers and rolls were folded from"
    for each in register:
        yield "  no   they are not the parts that the registers and rolls were folded from: one is missing, altered or added"
        yield f"         SHA-256 recorded {each.recorded}"
        yield f"         SHA-256 now      {each.found}"


def _sessions(verdict: Verdict) -> Iterator[str]:
    amended = [change for change in verdict.changes if not change.stands]
    anew = [change for change in verdict.changes if change.stands]
    if verdict.parts is None or any(each.of == "evidence" and each.found is None for each in verdict.differences):
        return
    if amended:
        yield f"  no   {len(amended)} of {counted(verdict.sessions, 'session')} listed do not stand as they were entered"
    else:
        yield f"  yes  the {counted(verdict.sessions, 'session')} listed stand as they were entered"
    yield from (f"         {session(each)}: {each.code_then} then, {_now(each)}" for each in amended)
    for each in anew:
        yield f"         {session(each)}: {each.code_then} as before, {_now(each)}"


def _now(change: Change) -> str:
    if change.received_at is None:
        return "no entry now"
    when = f"entered {moment(london(change.amended_at))}" if change.amended_at else "entered at a time not given"
    who = change.amended_by or "somebody not named"
    why = f"; reason: {change.reason}" if change.reason else "; no reason given"
    received = f"received {moment(london(change.received_at))}"
    return f"{change.code_now or 'no mark'} now, {when} by {who}, {received}{why}"


def _withdrawn(verdict: Verdict) -> Iterator[str]:
    if verdict.withdrawn:
        ground = GROUNDS.get(verdict.withdrawn.ground, verdict.withdrawn.ground)
        yield f"  note it was withdrawn on {day(verdict.withdrawn.withdrawn_on)}: {ground}"


def _value(value: Any) -> str:
    return "nothing" if value is None else canonical_json(value)
