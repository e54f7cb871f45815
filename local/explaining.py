"""The story of a pupil after a replay: the schools' registers, what their authorities keep, and what follows from both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from attendance import law
from attendance.ages import compulsory_from, compulsory_until, of_compulsory_age
from attendance.authorities import AUTHORITIES
from attendance.cases import Case, Notice, pupil_history
from attendance.codes import UNAUTHORISED
from attendance.due import COLUMNS
from attendance.facts import people_known
from attendance.identifiers import person_id, pupil_id
from attendance.ladder import rung_of_notice
from attendance.law import PROVISIONS
from attendance.marks import CODE_ORDER, session_of
from attendance.money import money
from attendance.people import near_matches
from attendance.positions import Assessor, met_sessions
from attendance.register import Entry, entries_of
from attendance.requests import request_deadline
from attendance.roll import Pupil
from attendance.sessions import HALVES, Session, monday
from attendance.settings import Settings
from attendance.standing import Counted, MarkedSession, Standing, sessions_needed, window_ending
from attendance.text import london, london_day
from attendance.told import n_overdue_on
from aws.cases import PupilItems, live
from aws.schools import Listed, Schools
from aws.settings import AuthoritySettings
from aws.view import SeenSchool, seen
from local.explained import (
    Amendment,
    CaseSeen,
    CountedSession,
    Drawing,
    EntrySeen,
    Explained,
    NCode,
    NearMatch,
    NotCounted,
    NoticeSeen,
    Reading,
    Row,
    SchoolSeen,
    SessionSeen,
    StepSeen,
    Week,
)
from local.inputs import Input
from local.run import Doors

# ------------------------------------------------------------------ one school


@dataclass(frozen=True)
class _At:
    """The pupil at one school."""

    la: str
    urn: str
    upn: str
    listed: Listed
    school: SeenSchool
    assessor: Assessor
    settings: Settings | None

    @cached_property
    def pupil(self) -> Pupil | None:
        return self.school.view.roll.pupils.get(self.upn)

    @cached_property
    def marks(self) -> dict[Session, str]:
        marks = self.assessor.marks_of(self.upn)
        return {session_of(int(n)): CODE_ORDER[int(c)] for n, c in zip(marks.at, marks.code, strict=True)}

    @cached_property
    def entries(self) -> dict[Session, list[Entry]]:
        found: dict[Session, list[Entry]] = {}
        for each in entries_of(self.school.bodies, self.upn):
            found.setdefault(Session(each.date, each.session), []).append(each)
        return found

    @cached_property
    def weeks(self) -> frozenset[date]:
        """The school weeks here while the pupil was on the roll."""
        first = self.pupil.starting_day if self.pupil and self.pupil.starting_day else date.min + timedelta(weeks=1)
        last = self.pupil.leaving_day if self.pupil and self.pupil.leaving_day else self.assessor.as_at
        return frozenset(week for week in self.assessor.weeks if monday(first) <= week <= last)

    def on_roll(self, day: date) -> bool:
        return self.pupil is None or self.pupil.on_roll(day)

    @property
    def order(self) -> tuple[bool, date, Session, str]:
        """The pupil's schools in the order in which they came to them, one that they have not left last."""
        here = self.pupil is None or self.pupil.leaving_day is None or self.pupil.leaving_day >= self.assessor.as_at
        started = self.pupil.starting_day if self.pupil and self.pupil.starting_day else date.min
        return here, started, max(self.marks, default=Session(date.min, "AM")), self.urn

    def seen(self) -> SchoolSeen:
        listed = self.listed.school
        return SchoolSeen(
            urn=self.urn, name=listed.name if listed else "", la=self.la,
            la_name=listed.la_name if listed else AUTHORITIES.get(self.la, ""),
            kind=listed.type_name if listed else "", starting_day=self.pupil.starting_day if self.pupil else None,
            leaving_day=self.pupil.leaving_day if self.pupil else None, on_roll_known=self.pupil is not None,
            in_framework=self.listed.in_framework, follows=tuple(sorted({urn for _, urn in self.listed.predecessors} - {self.urn})),
        )  # fmt: skip


def _schools(doors: Doors, given: Input, upn: str, reads: Mapping[str, PupilItems]) -> list[_At]:
    """The pupil's schools, first to last; one whose successor has the pupil too is read as part of it."""
    found = []
    pupil = pupil_id(upn, doors.secret)
    for la, urn in sorted({(file.la, file.urn) for file in given.files}):
        record = doors.registers.brought_up(la, urn)
        listed = Schools(doors.published).listed(urn)
        settings = AuthoritySettings(doors.published).on(la, given.as_at)
        read = reads[la]
        notices = (*read.notices, *read.elsewhere)
        parents = record.roll.parents.get(upn, ())
        unclear = bool(read.persons.unclear(people_known(pupil, urn, parents, notices, doors.secret)))
        issuers = frozenset(n.issuer for n in notices if n.issuer)
        history = {upn: pupil_history(live(read.cases), notices, issuers, unclear)}
        school = seen(doors.registers, record, listed, settings, given.as_at, {upn: read.carried}, history)
        at = _At(la, urn, upn, listed, school, Assessor(school.view, given.as_at), settings)
        if at.marks or at.pupil is not None:
            found.append(at)
    followed = {
        each for at in found for each in at.listed.before(at.la, at.urn) if at.listed.belongs_to(at.la) == at.la
    }
    return sorted((at for at in found if (at.la, at.urn) not in followed), key=lambda at: at.order)


# ------------------------------------------------------------------ the whole


def explained(doors: Doors, given: Input, upn: str, as_known: date | None) -> Explained | None:
    """The story of a pupil after a replay; None if no school has a mark or a row of them."""
    pupil = pupil_id(upn, doors.secret)
    reads = {la: doors.cases.of_pupil(la, pupil) for la in given.authorities}
    places = _schools(doors, given, upn, reads)
    return _Whole(doors, given, upn, pupil, as_known, places, reads).facts() if places else None


@dataclass(frozen=True)
class _Whole:
    """Puts the story together from the pupil's schools and what their authorities keep."""

    doors: Doors
    given: Input
    upn: str
    pupil: str
    as_known: date | None
    places: list[_At]
    reads: Mapping[str, PupilItems]

    @property
    def main(self) -> _At:
        """The school whose view of the pupil is the answer: the last; what it reads of the others is in it."""
        return self.places[-1]

    @cached_property
    def standing(self) -> Standing:
        return self.main.assessor.standing(self.upn)

    @cached_property
    def cases(self) -> list[Case]:
        return [case for read in self.reads.values() for case in live(read.cases)]

    @cached_property
    def notices(self) -> list[Notice]:
        every = [notice for read in self.reads.values() for notice in (*read.notices, *read.elsewhere)]
        return sorted({n.reference: n for n in reversed(every)}.values(), key=lambda n: (n.issued_on, n.reference))

    @cached_property
    def used(self) -> dict[Session, str]:
        """The sessions that a penalty notice uses, with its reference."""
        return {each.at: n.reference for n in reversed(self.notices) if n.uses_sessions for each in n.sessions}

    @cached_property
    def free(self) -> tuple[Counted, ...]:
        return tuple(each for each in self.standing.counted if each.session not in self.used)

    def facts(self) -> Explained:
        position, assessor, main = self.standing.position, self.main.assessor, self.main
        met = next((c for c in self.standing.counted if _is(position.met_at, c)), None)
        born = next((at.pupil.date_of_birth for at in reversed(self.places) if at.pupil), None)
        keys = ["threshold", "school_week", "compulsory_age", "framework_school"]
        keys += ["used_sessions"] if self.used else []
        keys += ["n_code"] if any(each.code == "N" for each in self.standing.counted) else []
        keys += ["amendment"] if self.amendments else []
        return Explained(
            upn=self.upn, as_at=self.given.as_at, as_known=self.as_known,
            known_at=london(max(file.uncut_received_at for file in self.given.files)),
            schools=tuple(at.seen() for at in self.places), urn=main.urn,
            need=sessions_needed(self.given.as_at), position=position, met_urn=met.urn if met else None,
            sessions=tuple(self._counted(each) for each in self._in(position.window.sessions)),
            drawings=self.drawings, not_counted=tuple(self._not_counted()), amendments=self.amendments,
            n_codes=tuple(self._n_codes()), compulsory_from=compulsory_from(born) if born else None,
            compulsory_until=compulsory_until(born) if born else None,
            provisions=tuple(f"{PROVISIONS[key]}" for key in keys),
            framework_met=self.framework_met, readings=tuple(self._readings(assessor)),
            near_matches=tuple(self._near_matches()),
            cases=tuple(self._case(case) for case in self.cases),
            notices=tuple(self._notice(notice) for notice in self.notices),
            interventions=tuple(each for read in self.reads.values() for each in read.interventions),
            decisions=tuple(self._decisions()),
            told=tuple(self._rows(returns=False)), returns=tuple(self._rows(returns=True)),
        )  # fmt: skip

    # -------------------------------------------------------------- sessions

    def _in(self, sessions: Iterable[MarkedSession]) -> list[Counted]:
        wanted = {each.at for each in sessions}
        return [each for each in self.standing.counted if each.session in wanted]

    def at(self, urn: str) -> _At | None:
        return next((at for at in self.places if at.urn == urn), None)

    def _counted(self, each: Counted) -> CountedSession:
        at = self.at(each.urn)
        entries = at.entries.get(each.session, []) if at else []
        entry = next((e for e in entries if e.in_force), None)
        return CountedSession(
            date=each.session.day, session=each.session.half, code=each.code, urn=each.urn,
            entry=self._entry(entry) if entry else None,
        )  # fmt: skip

    @cached_property
    def received(self) -> dict[str, datetime]:
        """When each upload was received; a replay that ends before takes it as received on its last day."""
        files = sorted(self.given.files, key=lambda file: file.uncut_received_at, reverse=True)
        return {upload: file.uncut_received_at for file in files for upload in file.uploads}

    def _entry(self, entry: Entry) -> EntrySeen:
        return EntrySeen(
            code=entry.code, recorded_at=london(entry.recorded_at) if entry.recorded_at else None,
            recorded_by=entry.recorded_by, reason=entry.amendment_reason,
            received_at=london(self.received.get(entry.upload, entry.received_at)), in_force=entry.in_force,
        )  # fmt: skip

    @cached_property
    def drawings(self) -> tuple[Drawing, ...]:
        """The last ten school weeks; those in which the threshold was met, and the fullest, where they are others."""
        position = self.standing.position
        wanted: dict[tuple[date, ...], str] = {position.window.weeks: "The last ten school weeks"}
        if position.met_at:
            weeks = window_ending(self.standing.weeks, monday(position.met_at.date))
            wanted.setdefault(weeks, "The ten school weeks in which the threshold was met")
        if position.best.count:
            wanted.setdefault(position.best.weeks, "The ten school weeks that hold most")
        for weeks in [each for each in wanted if any(set(each) < set(other) for other in wanted)]:
            del wanted[weeks]  # another drawing shows them
        return tuple(Drawing(name=name, weeks=tuple(map(self._week, weeks))) for weeks, name in wanted.items())

    def _week(self, week: date) -> Week:
        schools = [at for at in self.places if week in at.weeks] or [self.main]
        days = (week + timedelta(days=n) for n in range(7))
        sessions = tuple(self._session(Session(day, half), schools) for day in days for half in HALVES)
        return Week(
            week=week,
            schools=tuple(at.urn for at in schools),
            sessions=sessions,
            counted=sum(s.counts for s in sessions),
        )

    def _session(self, session: Session, schools: Sequence[_At]) -> SessionSeen:
        counted = next((each for each in self.standing.counted if each.session == session), None)
        first = [at for at in schools if counted and at.urn == counted.urn]
        marked = next((at for at in (*first, *reversed(schools)) if session in at.marks), None)
        used = session in self.used
        if marked:
            code = marked.marks[session]
        elif not any(at.on_roll(session.day) for at in schools):
            code = " "
        else:
            code = "-" if any(session in at.assessor.held_set for at in schools if at.on_roll(session.day)) else "."
        return SessionSeen(
            date=session.day, session=session.half, code=code, urn=marked.urn if marked else None,
            counts=counted is not None and not used, used=used and counted is not None,
        )  # fmt: skip

    @cached_property
    def looked_at(self) -> frozenset[date]:
        """The weeks of which the story speaks: those drawn, and those of every case and notice."""
        drawn = {week.week for drawing in self.drawings for week in drawing.weeks}
        of_cases = {week for case in self.cases for week in case.weeks}
        listed = {monday(each.date) for n in self.notices for each in n.sessions}
        return frozenset(drawn | of_cases | listed)

    def _not_counted(self) -> Iterator[NotCounted]:
        counted = {each.session for each in self.free}
        for at in self.places:
            for session, code in at.marks.items():
                if code in UNAUTHORISED and session not in counted and monday(session.day) in self.looked_at:
                    because = self._why_not(at, session)
                    yield NotCounted(date=session.day, session=session.half, code=code, urn=at.urn, because=because)

    def _why_not(self, at: _At, session: Session) -> str:
        born = at.pupil.date_of_birth if at.pupil else None
        reasons = {
            f"it is used by the penalty notice {self.used.get(session)}": session in self.used,
            "the school is of no type in the national framework": not at.listed.in_framework,
            "it lies before the national framework began": session.day < law.SCHEME_START,
            "the school did not hold that session by its calendar": session not in at.assessor.held_set,
            "the pupil was not of compulsory school age": born is not None and not of_compulsory_age(born, session.day),
        }
        outside = "it lies outside the weeks that the pupil's present school takes over from this one"
        return next((reason for reason, holds in reasons.items() if holds), outside)

    @cached_property
    def amendments(self) -> tuple[Amendment, ...]:
        return tuple(
            Amendment(
                date=session.day, session=session.half, urn=at.urn, entries=tuple(map(self._entry, entries)),
                effect=_effect(entries[0].code, at.marks.get(session)),
            )
            for at in self.places
            for session, entries in sorted(at.entries.items())
            if len({entry.code for entry in entries}) > 1 and monday(session.day) in self.looked_at
        )  # fmt: skip

    def _n_codes(self) -> Iterator[NCode]:
        for at in self.places:
            for session, code in at.marks.items():
                if code == "N" and monday(session.day) in self.looked_at:
                    day = n_overdue_on(at.assessor, session.day)
                    yield NCode(
                        date=session.day, session=session.half, urn=at.urn, replace_by=day - timedelta(days=1),
                        overdue=day <= self.given.as_at,
                    )  # fmt: skip

    # -------------------------------------------------------------- readings, persons

    @cached_property
    def framework_met(self) -> bool:
        """Whether the sessions that no notice uses meet the threshold by the framework's reading."""
        return any(met_sessions(self.free, self.standing.weeks))

    def _readings(self, assessor: Assessor) -> Iterator[Reading]:
        for name, met in assessor.other_readings(self.free, self.standing.weeks).items():
            yield Reading(name=name, met=met, differs=met != self.framework_met)

    def _near_matches(self) -> Iterator[NearMatch]:
        secret, read = self.doors.secret, self.reads[self.main.la]
        parents = self.main.school.view.roll.parents.get(self.upn, ())
        people = people_known(self.pupil, self.main.urn, parents, self.notices, secret)
        said = {frozenset((v.one, v.other)): v.same for v in read.persons.verdicts}
        for one, other, because in near_matches(person for _, person in people):
            ids = frozenset(person_id(self.pupil, each.urn, each.parent_id, secret) for each in (one, other))
            yield NearMatch(
                one=f"{one.urn}/{one.parent_id}", other=f"{other.urn}/{other.parent_id}", because=because,
                said=said.get(ids),
            )  # fmt: skip

    # -------------------------------------------------------------- cases, notices, decisions, lists

    def _case(self, case: Case) -> CaseSeen:
        left = sum(monday(each.session.day) in case.weeks for each in self.standing.counted)
        return CaseSeen(case=case, prosecute_by=case.prosecute_by, left=left, ask_by=self._ask_by(case))

    def _ask_by(self, case: Case) -> date | None:
        at = self.at(case.urn)
        if case.state != "gathering" or not case.considered or at is None or at.settings is None:
            return None
        last = case.considered[-1].at
        known = [e for e in at.entries.get(last, []) if e.code in UNAUTHORISED]
        known_on = london_day(known[0].recorded_at or known[0].received_at) if known else last.day
        return request_deadline(at.settings, at.assessor.held, last, known_on)

    def _notice(self, notice: Notice) -> NoticeSeen:
        paid = money(notice, self.given.as_at)
        return NoticeSeen(
            notice=notice, rung=rung_of_notice(notice, self.given.as_at), received_pence=paid.received,
            due_pence=paid.due, refund_pence=paid.refund, last_day=paid.last_day,
        )  # fmt: skip

    def _decisions(self) -> Iterator[StepSeen]:
        steps = [step for la in self.reads for step in self.doors.cases.steps(la, self.pupil)]
        for step in sorted(steps, key=lambda step: (step.decision.on, step.decision.row)):
            settings = AuthoritySettings(self.doors.published).on(step.decision.la, step.decision.on)
            officers = settings.officers if settings else ()
            named = (f"{o.name}, {o.office}" for o in officers if o.id == step.decision.by)
            yield StepSeen(step=step, officer=next(named, None))

    def _rows(self, *, returns: bool) -> list[Row]:
        """The rows of lists and returns about the pupil; what was written after the day as known is still to come."""
        until = min(self.given.as_at, self.as_known or self.given.as_at)
        items = [
            (la, item) for la, read in self.reads.items() for item in read.lists.values()
            if (item.due.kind in COLUMNS) == returns and not item.lapsed
        ]  # fmt: skip
        rows = [
            Row(list=i.due.kind, la=la, on=i.dated, written=i.written and i.dated <= until, row=i.due.row)
            for la, i in items
        ]
        return sorted(rows, key=lambda row: (row.on, row.list, sorted(row.row.items())))


def _is(met_at: object, counted: Counted) -> bool:
    return met_at is not None and (met_at.date, met_at.session) == tuple(counted.session)  # type: ignore[attr-defined]


_EFFECTS: Mapping[tuple[bool, bool], str] = {
    (True, False): "it was unauthorised absence and is so no longer",
    (False, True): "it was not unauthorised absence and is so now",
    (True, True): "it is unauthorised absence as it was before",
    (False, False): "it is not unauthorised absence, as it was not before",
}


def _effect(original: str | None, now: str | None) -> str:
    return _EFFECTS[original in UNAUTHORISED, now in UNAUTHORISED]
