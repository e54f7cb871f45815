"""What a page is made of: the letters and papers that follow from a decision, put together from what is known of a pupil."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from attendance import law
from attendance.cases import Case, Notice
from attendance.directory import School
from attendance.due import COLUMNS, WHO, Return
from attendance.facts import Decision, Facts, Prepared, Withdrawn
from attendance.ladder import rung_of_notice
from attendance.law import academic_year_days
from attendance.marks import CODE_ORDER, session_of
from attendance.money import money
from attendance.notice_record import SOFTWARE, citations, support_told
from attendance.positions import Assessor
from attendance.register import Entry, parts_sha256
from attendance.roll import Parent
from attendance.sessions import Session
from attendance.settings import Settings
from attendance.standing import MarkedSession
from attendance.text import pounds
from attendance.wording import CHILD, SchoolLetters
from aws.cases import Reserved, Step
from aws.clock import now
from notices.kinds import page_of
from notices.typesetting import NotPrintable, Page, day_in_words

NOT_SHOWN = "cannot be printed here: see the file"


@dataclass(frozen=True)
class Known:
    """What papers about a pupil rest on beside the facts of a decision."""

    facts: Facts
    school: School | None
    """The school as the directory has it."""
    entries: Callable[[], Sequence[Entry]]
    """Every entry of the pupil in the registers read, superseded ones too; read when asked for."""
    steps: Sequence[Step]
    records: Mapping[str, Mapping[str, Any]]
    """The records of the case's documents as they lie in the bucket, by reference."""

    @property
    def settings(self) -> Settings:
        """The settings in force; a decision without any was refused before."""
        if self.facts.settings is None:
            raise RuntimeError("a paper without settings")
        return self.facts.settings

    @property
    def register_sha256(self) -> str:
        """What fixes all that was known: the parts of every register and roll read."""
        return parts_sha256(self.facts.parts)

    @property
    def authority(self) -> dict[str, Any]:
        """The authority as the head of a letter has it."""
        contact = self.settings.contact
        return {
            "name": self.settings.name, "address": self.settings.address, "phone": contact.phone, "email": contact.email,
        }  # fmt: skip


def withdrawal_letter(withdrawn: Withdrawn, reserved: Reserved, known: Known) -> Page:
    """The letter that withdraws a notice, to where the notice went, or to where the parent lives by now."""
    parents = known.facts.assessor.view.roll.parents.get(withdrawn.upn, ())
    now = next((p for p in parents if p.parent_id == withdrawn.parent_id and known.facts.urn == withdrawn.urn), None)
    recipient = reserved.printed["recipient"]
    if now and now.has_address:
        recipient = {"name": now.name, "address": (*now.address, now.postcode)}
    return page_of(
        withdrawn.model_dump(),
        post=known.settings.post.post_class,
        authority=known.authority,
        recipient=recipient,
        child=reserved.printed["child"]["name"],
        school=reserved.printed["school"],
    )


def reminder_letter(last: str, notice: Notice, reserved: Reserved, settings: Settings, today: date) -> Page | None:
    """The letter that reminds of a last day for payment (`reduced` or `full`); None where there is nothing to remind of."""
    standing = money(notice, today)
    until = notice.reduced_until if last == "reduced" else notice.pay_by
    if not notice.stands or notice.prosecution or not standing.due or until is None or standing.last_day != until:
        return None
    return page_of(
        {"kind": "reminder"}
        | {name: reserved.record[name] for name in ("reference", "la", "urn", "issued_on")}
        | {name: reserved.printed[name] for name in ("authority", "recipient", "school", "payment")},
        post=settings.post.post_class, written_on=today, last=last, owed_pence=standing.due, until=until,
        amount_pence=notice.amount_pence, pay_by=notice.pay_by, received_pence=standing.received,
        child=reserved.printed["child"]["name"], settings_version=settings.version, software=SOFTWARE,
    )  # fmt: skip


def early_letter(
    row: Mapping[str, str], letters: SchoolLetters | None, school: School | None, reference: str, today: date
) -> Page:
    """A school's early letter of a row of its list; NotPrintable where the school gave too little to write it."""
    wording = letters.levels.get(int(row["level"])) if letters else None
    if letters is None or wording is None:
        raise NotPrintable("letters", f"has no words of the school for {row['level']} sessions by now")
    if school is None:
        raise NotPrintable("school", "is in no directory of schools: its name and address are not known")
    child = f"{row['forename']} {row['surname']}".strip()

    def said(words: str) -> str:
        return words.replace(CHILD, row["forename"] or child)

    return page_of(
        {"kind": "early_letter"}, reference=reference, post=letters.post, level=row["level"], missed=row["missed"],
        since=row["since"], written_on=today, days=[_as_listed(each) for each in row["sessions"].split("; ")], child=child,
        recipient={"name": row["parent"], "address": [line for line in map(row.__getitem__, WHO[4:]) if line]},
        school={
            "name": school.name, "address": [line for line in (*school.address, school.postcode) if line],
            "phone": letters.phone, "email": letters.email,
        },
        opening=said(wording.opening), support=[said(each) for each in letters.support], closing=said(wording.closing),
        contact=f"{letters.contact.name}, {letters.contact.office}", software=SOFTWARE,
    )  # fmt: skip


def _as_listed(written: str) -> dict[str, str]:
    session, code = written.split(" ")
    day, half = session.split("/")
    return {"date": day, "session": half, "code": code}


def return_cover(
    dues: Sequence[Return], dated: date, file: str, body: bytes, settings: Settings, la: str, school: School | None,
    shown: Callable[[str], str] = str,
) -> Page:  # fmt: skip
    """The cover of a return, a row a pupil as in its file; `shown` gives a text as it can be printed."""
    kind, urn = dues[0].kind, dues[0].urn
    columns = [name for name in COLUMNS[kind] if name not in WHO]
    address = (*school.address, school.postcode) if school else ()
    pupils = [
        {
            "upn": shown(due.upn),
            "name": shown(f"{due.row['forename']} {due.row['surname']}".strip()) or "not known",
            "address": shown(", ".join(line for line in map(due.row.__getitem__, WHO[4:]) if line)) or "not known",
            "told": [shown(due.row[name]) for name in columns],
        }
        for due in sorted(dues, key=lambda due: (due.upn, due.since))
    ]
    return page_of(
        {"kind": "return_cover"}, returned=kind, la=la, urn=urn, authority=settings.name, authority_address=settings.address,
        school=shown(school.name) if school else f"School {urn}", school_address=[shown(line) for line in address if line],
        dated=dated, written_at=now(), columns=[name.replace("_", " ").capitalize() for name in columns], pupils=pupils,
        file=file, file_sha256=hashlib.sha256(body).hexdigest(), provisions=citations(f"{kind}_return"), software=SOFTWARE,
    )  # fmt: skip


def paper(prepared: Prepared, decision: Decision, signed: Mapping[str, str], known: Known) -> Page:
    """The paper that an officer asked for."""
    match prepared.kind:
        case "certificate":
            return _certificate(decision, known)
        case "attendance_contract":
            return _contract(decision, known)
        case "case_bundle":
            return _bundle(prepared, decision, signed, known)


def school_days(
    marks: Mapping[Session, str], held: Sequence[Session], since: date, until: date
) -> list[dict[str, Any]]:
    """The days on which the school met, with the codes of the pupil; None where there is no mark."""
    days = sorted({session.day for session in held if since <= session.day <= until})
    return [{"date": day, "am": marks.get(Session(day, "AM")), "pm": marks.get(Session(day, "PM"))} for day in days]


def marks_of(assessor: Assessor, upn: str) -> dict[Session, str]:
    """The codes in force of a pupil, by session."""
    marks = assessor.marks_of(upn)
    return {session_of(int(number)): CODE_ORDER[int(code)] for number, code in zip(marks.at, marks.code, strict=True)}


def attendance_record(known: Known) -> dict[str, Any]:
    """The sums of the academic year, as positions have them."""
    position = known.facts.standing.position
    return {
        "since": academic_year_days(known.facts.assessor.year)[0], "until": known.facts.today,
        "possible": position.possible, "attended": position.attended, "authorised": position.authorised,
        "unauthorised": position.unauthorised,
    }  # fmt: skip


def _base(known: Known) -> dict[str, Any]:
    return {
        "la": known.facts.la, "urn": known.facts.urn, "school": known.facts.school.name, "written_on": known.facts.today,
        "software": SOFTWARE,
    }  # fmt: skip


def _parent(decision: Decision, known: Known) -> Parent | None:
    parents = known.facts.assessor.view.roll.parents.get(decision.upn, ())
    return next((parent for parent in parents if parent.parent_id == decision.parent_id), None)


def _as_parent(parent: Parent) -> dict[str, Any]:
    return {
        "name": parent.name, "address": (*parent.address, parent.postcode), "relationship": parent.relationship or "parent",
    }  # fmt: skip


def _as_pupil(known: Known) -> dict[str, Any]:
    """The child as a court must know them; a protected address never stands on a paper that the other parent reads."""
    pupil = known.facts.pupil_row
    if pupil is None:
        raise RuntimeError("a paper without the pupil's row")
    parents = known.facts.assessor.view.roll.parents.get(pupil.upn, ())
    protected = pupil.address_protected or any(parent.address_protected for parent in parents)
    address = () if protected else tuple(line for line in (*pupil.address, pupil.postcode) if line)
    return {"name": pupil.name, "date_of_birth": pupil.date_of_birth, "address": address}


def _certificate(decision: Decision, known: Known) -> Page:
    facts, span = known.facts, known.settings.certificate
    held = [session for session in facts.assessor.held.sessions if session.day <= facts.today]
    if span.unit == "sessions":
        since = held[-span.last].day if len(held) >= span.last else held[0].day if held else facts.today
    else:
        since = academic_year_days(facts.assessor.year - span.last + 1)[0]
    parent, school = _parent(decision, known), known.school
    signs = f"{school.head_title} {school.head_name}".strip() if school else ""
    office = (school.head_job_title if school else "") or "head teacher"
    return page_of(
        _base(known) | {"kind": "certificate"},
        authority=known.settings.name, school_address=facts.school.address,
        head=f"{signs}, {office}" if signs else office.capitalize(), child=_as_pupil(known),
        parent=_as_parent(parent) if parent else None, attendance=attendance_record(known),
        days=school_days(marks_of(facts.assessor, decision.upn), held, since, facts.today), known_at=facts.known_at,
        register_sha256=known.register_sha256, settings_version=known.settings.version,
    )  # fmt: skip


def _contract(decision: Decision, known: Known) -> Page:
    facts, parent = known.facts, _parent(decision, known)
    if parent is None or facts.pupil_row is None:
        raise RuntimeError("a contract without parent or pupil")
    return page_of(
        _base(known) | {"kind": "attendance_contract"},
        authority=known.settings.name, child=facts.pupil_row.name, parent=parent.name, review_on=decision.until,
        attendance=attendance_record(known), support=support_told(facts, decision.upn, parent.parent_id),
        means=known.settings.notice_to_improve.means,
    )  # fmt: skip


def _bundle(prepared: Prepared, decision: Decision, signed: Mapping[str, str], known: Known) -> Page:
    facts, parent = known.facts, _parent(decision, known)
    case = next(case for case in facts.cases if case.id == prepared.case)
    notice = next((n for n in facts.notices if n.reference == prepared.notice), None)
    if parent is None:
        raise RuntimeError("a bundle without a parent")
    sessions = _relied_on(case, notice)
    at = {each.at for each in sessions}
    wanted = [each for each in known.entries() if Session(each.date, each.session) in at]
    first = min(each.date for each in sessions)
    marks = marks_of(facts.assessor, decision.upn)
    since = min([*case.weeks, first, academic_year_days(facts.assessor.year)[0]])
    text = facts.evidence([each.at for each in sessions])
    return page_of(
        _base(known) | {"kind": "case_bundle"},
        case=case.id, authority=known.authority, child=_as_pupil(known), upn=decision.upn, parent=_as_parent(parent),
        offence_from=first, offence_until=max(each.date for each in sessions), prosecute_by=law.prosecute_by(first),
        sessions=[each.model_dump() for each in sessions], window=case.weeks, met_on=case.met_at.date if case.met_at else None,
        attendance=attendance_record(known),
        year=school_days(marks, facts.assessor.held.sessions, since, facts.today),
        notices=[_as_notice(n, parent, known) for n in facts.every_notice if n.case in (case.id, None) and _to(n, decision, facts)],
        steps=[_as_step(step, known.settings) for step in sorted(known.steps, key=lambda s: (s.decision.on, s.decision.row))
               if step.decision.parent_id in (None, decision.parent_id)],
        support=support_told(facts, decision.upn, parent.parent_id),
        entries=[_as_entry(entry) for entry in wanted],
        exhibits=[
            {"name": f"notices/{reference}.pdf", "sha256": record["pdf_sha256"]}
            for reference, record in sorted(known.records.items())
        ],
        known_at=facts.known_at, prepared_by=signed,
        provisions=citations("threshold", "parent", "time_limit", "proceedings"),
        evidence_sha256=hashlib.sha256(text.encode()).hexdigest(), register_sha256=known.register_sha256,
        settings_version=known.settings.version,
    )  # fmt: skip


def _relied_on(case: Case, notice: Notice | None) -> tuple[MarkedSession, ...]:
    """The absence a court is asked about: what the notice lists, else what the case considered."""
    return notice.sessions if notice else case.considered


def _to(notice: Notice, decision: Decision, facts: Facts) -> bool:
    canonical = facts.persons.canonical
    return canonical(notice.person) == canonical(facts.person(decision.parent_id or ""))


def _as_notice(notice: Notice, parent: Parent, known: Known) -> dict[str, Any]:
    today = known.facts.today
    if notice.kind == "notice_to_improve":
        period = (notice.improvement_from, notice.improvement_until)
        what = " to ".join(day_in_words(day) for day in period if day)
        became = (notice.improvement or "running").replace("_", " ")
    else:
        amounts = [(notice.reduced_amount_pence, notice.reduced_until), (notice.amount_pence, notice.pay_by)]
        what = (
            "; ".join(f"{pounds(p)} until {day_in_words(day)}" for p, day in amounts if p and day) or "amount not known"
        )
        became = rung_of_notice(notice, today).replace("_", " ") if notice.issuer is None else "recorded"
    return {
        "reference": notice.reference, "kind": notice.kind, "issued_on": notice.issued_on, "to": parent.name, "what": what,
        "became": became, "issuer": notice.issuer,
    }  # fmt: skip


def _as_step(step: Step, settings: Settings) -> dict[str, Any]:
    decision, made = step.decision, step.made
    officer = next((each for each in settings.officers if each.id == decision.by), None)
    moved = "; ".join(f"{m.about}: from {m.was} to {m.became}".replace("_", " ") for m in made.moves) if made else ""
    considered = made.authorisation.considered if made and made.authorisation else ()
    return {
        "on": decision.on,
        "action": (decision.action + (f" ({decision.ground})" if decision.ground else "")).replace("_", " ").capitalize(),
        "by": f"{officer.name}, {officer.office}" if officer else decision.by,
        "provision": (made.provision if made else step.provision) or "",
        "came": f"Refused: {step.because}" if step.outcome == "refused" else moved or step.outcome or "to be carried out",
        "reason": decision.reason or "",
        "considered": [f"{each.question}: {each.answer} (by the {each.said_by})".replace("_", " ") for each in considered],
    }  # fmt: skip


def _as_entry(entry: Entry) -> dict[str, Any]:
    return {
        "date": entry.date, "session": entry.session, "code": entry.code, "recorded_at": entry.recorded_at,
        "recorded_by": entry.recorded_by or "", "amendment_reason": entry.amendment_reason or "",
        "received_at": entry.received_at, "in_force": entry.in_force,
    }  # fmt: skip
