"""What a school's new part, or a day that passed, means: positions, cases, returns, letters (design 4.1, 4.4, 4.7)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

from attendance import law
from attendance.cases import Case, follow, pupil_history
from attendance.deletions import Enquiries
from attendance.due import COLUMNS, EARLY_LETTER, Return
from attendance.early import KnownOfFamily, Written, early_letters, everyone_had, level_of, missed
from attendance.events import DecisionMade, ReturnsDue, SchoolDue, ThresholdMet
from attendance.facts import BY_ITSELF, Decision, Persons, people_known, persons_of, some_unclear
from attendance.identifiers import pupil_id
from attendance.law import academic_year, academic_year_days
from attendance.people import near_matches
from attendance.positions import Assessor, Standings, positions_line
from attendance.recipients import for_an_officer
from attendance.returns import Readings, last_day, returns_due, same_episode, write_on
from attendance.sessions import monday
from attendance.settings import Settings
from attendance.standing import Carried, PupilHistory, Standing, sessions_needed, window_ending, window_size
from attendance.told import (
    SUPPORT_PACK,
    from_case,
    from_register,
    from_returns,
    from_roll,
    from_terms,
    from_years,
    late_return,
    siblings_among,
)
from attendance.watched import late_on, overdue, undecided
from attendance.wording import SchoolLetters
from aws.buckets import Bucket
from aws.cases import Cases, Changed, PupilItems, ReturnItem, SchoolItems, live, return_key, row_item
from aws.clock import today
from aws.keys import year_prefix
from aws.messages import Bus, NoticesQueue, ThresholdsQueue
from aws.observability import NAMED, counted, logger
from aws.published import Published
from aws.registers import TRIES, Contended, Registers
from aws.schools import Listed, Schools
from aws.settings import OfSchool
from aws.view import first_year, seen


@dataclass(frozen=True)
class Thresholds:
    """The stage's doors and what it does with them."""

    registers: Registers
    positions: Bucket
    published: Published
    cases: Cases
    to_thresholds: ThresholdsQueue
    to_notices: NoticesQueue
    bus: Bus
    secret: bytes
    _names: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The pseudonyms of the pupils of the school at hand, each made once."""

    def part_stored(self, key: str, correlation_id: str) -> None:
        """A part of a school was stored: compute the school; a part of years ago that comes late is folded all the same."""
        la, urn, year = (piece.partition("=")[2] for piece in key.split("/")[:3])
        self.school_due(la, urn, correlation_id, year=int(year) if year else None)

    def school_due(self, la: str, urn: str, correlation_id: str, year: int | None = None) -> None:
        """Compute a school: fold, assess, follow cases, find returns; once more if somebody else was at it meanwhile.

        Registers are folded from the first year that is still looked at, or from `year` if that is earlier.
        """
        given = OfSchool.read(self.published, self.cases, la, urn)
        if given.la != la:
            self._handed_over(la, urn)
            la = given.la
        since = min(first_year(today()), year or first_year(today()))
        for n in range(TRIES):
            try:
                if self._compute(la, urn, given, correlation_id, since, again=n > 0):
                    return
            except Changed:
                logger.info("a case changed while it was followed, or the school was computed: once more")
            given = OfSchool.read(self.published, self.cases, la, urn)
        raise Contended(f"positions of school {urn}")

    def _handed_over(self, la: str, urn: str) -> None:
        """See to a school that belongs to another authority now: its register is whole, and nothing more of it is due here.

        What follows from a notice that was issued here stays due here (field.md E54).
        """
        self.registers.brought_up(la, urn)
        for (pupil, _), item in self.cases.of_school(la, urn).returns.items():
            if item.due.follows == "register" and not item.file and not item.lapsed:
                self.cases.record_return(la, pupil, item.model_copy(update={"lapsed": True}))
        self.cases.school_gone(la, urn)

    def day_passed(self, told: str) -> None:
        """Ask for what is due up to today, authority by authority, one message each; nothing scans (design 4.7)."""
        day = today()
        correlation_id = f"day-{day.isoformat()}"
        for la in self.cases.authorities():
            due = self.cases.due(la, day)
            for pk, sk in due:
                if sk.startswith("STEP#"):
                    event = DecisionMade(
                        la=la, pupil=pk.partition("#")[2], decision=sk.partition("#")[2], correlation_id=correlation_id
                    )
                    self.to_notices.send(event, told=told)
            if late := sorted(pk.partition("#")[2] for pk, sk in due if sk == "FILES"):
                counted("SchoolsLate", len(late), "files of schools are late", la=la, schools=late[:NAMED])
            schools = {pk.partition("#")[2] for pk, sk in due if sk == "SCHOOL"}
            schools |= {sk.split("#")[2] for _, sk in due if sk.startswith("RETURN#")}
            for urn in sorted(schools):
                self.to_thresholds.send(SchoolDue(la=la, urn=urn, correlation_id=correlation_id, day=day))

    def lists_due(self, la: str, urn: str, day: date, told: str) -> None:
        """Have the returns and daily lists of a school written that are due by a day, after the school was computed."""
        for of in sorted({la, Schools(self.published).listed(urn).belongs_to(la)}):
            for kind in sorted(self.cases.kinds_due(of, urn, day)):
                event = ReturnsDue(la=of, urn=urn, kind=kind, day=day, correlation_id=f"day-{day.isoformat()}")
                self.to_notices.send(event, told=told)

    # ------------------------------------------------------------------ one school

    def _compute(self, la: str, urn: str, given: OfSchool, correlation_id: str, since: int, *, again: bool) -> bool:
        """Whether the positions were as known when they were replaced: by their tag, or read if that was wrong once."""
        self._names.clear()
        day = today()
        year = academic_year(day)
        key = f"{year_prefix(la, urn, year)}positions.json"
        tag = None if again else given.tag_of(year)
        before = tag or self.positions.get(key)
        record = self.registers.brought_up(la, urn, since)
        listed, settings = given.listed, given.settings_on(day)
        items = self.cases.of_school(la, urn)
        for earlier in sorted({of for _, of in listed.predecessors} - {urn}):
            items = items.after(self.cases.of_school(la, earlier))
        with_cases = {pupil: cases[0].upn for pupil, cases in items.cases.items() if cases}
        self._names.update((upn, pupil) for pupil, upn in with_cases.items())
        history: dict[str, PupilHistory] = {}
        carried: dict[str, tuple[Carried, ...]] = {}
        school = seen(self.registers, record, listed, settings, day, carried, history)
        assessor = Assessor(school.view, day)
        known, upns = {*assessor.upns}, self._upns(items, assessor)
        for pupil in items.cases.keys() | items.notices.keys():
            notices = items.notices.get(pupil, ())
            if pupil in with_cases or upns.get(pupil) in record.roll.pupils:
                recorded = frozenset(n.issuer for n in notices if n.issuer)
                history[upns[pupil]] = pupil_history(
                    items.cases.get(pupil, ()), notices, recorded, unclear_parents=False
                )
        standings = Standings(assessor)
        told = {upns[pupil]: each for pupil, each in items.carried.items() if upns.get(pupil) in known}
        reads: dict[str, PupilItems] = {}
        for upn, own, next_school in _movers(assessor, frozenset(with_cases.values()), told):
            read = reads[upn] = self.cases.of_pupil(la, self._pupil(upn))
            carried[upn] = read.carried if next_school else ()
            history[upn] = self._history(read, assessor, upn)
            self._carry(own, told.get(upn), upn, read, correlation_id)
        met = [upn for upn in sorted(assessor.may_have_met()) if standings[upn].met]
        for upn in met:
            if upn not in carried and _people(assessor, upn):
                reads[upn] = self.cases.of_pupil(la, self._pupil(upn))
                history[upn] = self._history(reads[upn], assessor, upn)
                standings.again(upn)
        cases_of: dict[str, Sequence[Case]] = {}
        for upn in sorted({*met, *reads, *with_cases.values()} & known):
            cases = cases_of[upn] = self._follow(
                assessor, standings[upn], items, reads.get(upn), settings, correlation_id
            )
            amended = any(case.amended_after_issue for case in cases)
            if amended != history.get(upn, PupilHistory()).amended:
                history[upn] = replace(history.get(upn, PupilHistory()), amended=amended)
                standings.again(upn)
        followed = [case for cases in cases_of.values() for case in cases if case.urn == urn]
        letters = self._letters(assessor, standings, cases_of, items, given.letters_on(day))
        n_overdue = self._record_lists(assessor, settings, items, followed, listed, record.years, letters)
        body = positions_line(urn, day, school.known_at, assessor.stored(standings))
        tag = self.positions.replace(key, body, before, "application/json")
        if tag is None:
            return False
        self.cases.school_computed(
            la, urn, assessor.next_change(), late_on(assessor), positions=f"{year}/{tag}", before=given.positions
        )
        if n_overdue:
            counted("CodesOverdue", n_overdue, "codes N stand longer than they may", la=la, urn=urn)
        if waiting := undecided(followed, settings, assessor.held, day):
            named = [case.id for case in waiting[:NAMED]]
            counted("CasesUndecided", len(waiting), "cases wait for an authorisation", la=la, urn=urn, cases=named)
        return True

    def _upns(self, items: SchoolItems, assessor: Assessor) -> Mapping[str, str]:
        """The UPN of each pupil of whom the school has items: nearly all of these say it, else every pupil's name is made."""
        said = items.upns
        if items.cases.keys() | items.notices.keys() | items.carried.keys() <= said.keys():
            return said
        return {**{self._pupil(upn): upn for upn in assessor.upns}, **said}

    def _pupil(self, upn: str) -> str:
        name = self._names.get(upn)
        if name is None:
            name = self._names[upn] = pupil_id(upn, self.secret)
        return name

    def _history(self, read: PupilItems, assessor: Assessor, upn: str) -> PupilHistory:
        notices = (*read.notices, *read.elsewhere)
        parents = assessor.view.roll.parents.get(upn, ())
        unclear = some_unclear(
            self._pupil(upn), assessor.view.urn, parents, notices, read.persons, self.secret
        )  # fmt: skip
        recorded = frozenset(n.issuer for n in notices if n.issuer)
        return pupil_history(live(read.cases), notices, recorded, unclear)

    def _follow(
        self,
        assessor: Assessor,
        standing: Standing,
        items: SchoolItems,
        read: PupilItems | None,
        settings: Settings | None,
        correlation_id: str,
    ) -> Sequence[Case]:
        """Follow a pupil's cases, `read` consistently where another school matters, else from the school's index.

        The index may lag: then a version that is written upon has changed, or a case to be opened is there, and Changed is raised.
        """
        la, urn, upn = assessor.view.la, assessor.view.urn, standing.upn
        pupil = self._pupil(upn)
        cases = items.cases.get(pupil, ())
        if read:
            cases = (*(case for case in cases if case.la != la), *read.cases)
        notices = (*read.notices, *read.elsewhere) if read else items.notices.get(pupil, ())
        if not cases and not standing.met:
            return []
        changed = follow(
            cases,
            notices,
            standing,
            assessor.view.roll.support.get(upn, ()),
            la=la,
            urn=urn,
            pupil=pupil,
            today=assessor.as_at,
            in_framework=assessor.view.in_framework,
        )
        for case in changed:
            self.cases.save_case(case)
        stored = {case.id: case.model_copy(update={"version": case.version + 1}) for case in changed}
        current = live([*stored.values(), *(case for case in cases if case.id not in stored)])
        gathering = [case for case in current if case.state == "gathering" and (case.la, case.urn) == (la, urn)]
        for case in gathering:
            if case.opened_on == assessor.as_at:
                self.bus.tell(ThresholdMet(la=la, urn=urn, case=case.id, correlation_id=correlation_id))
            self._by_itself(assessor, standing, case, settings, correlation_id)
        return current

    def _by_itself(
        self, assessor: Assessor, standing: Standing, case: Case, settings: Settings | None, correlation_id: str
    ) -> None:
        """Where the code of conduct says so, a notice to improve follows support that failed; never past a flag or blocker."""
        if (
            settings is None
            or settings.notice_to_improve.mode != BY_ITSELF
            or case.proposal.route != "notice_to_improve"
        ):
            return
        position, view = standing.position, assessor.view
        pupil = view.roll.pupils.get(position.upn)
        if pupil is None or position.blockers or position.flags or case.documents:
            return
        for parent in view.roll.parents.get(position.upn, ()):
            if for_an_officer(pupil, parent, assessor.as_at):
                continue
            decision = Decision(
                id=hashlib.sha256(f"{case.id} {parent.parent_id} notice_to_improve".encode()).hexdigest()[:24],
                row=0, on=assessor.as_at, la=view.la, urn=view.urn, upn=position.upn, parent_id=parent.parent_id,
                action="issue_notice_to_improve", by=BY_ITSELF,
            )  # fmt: skip
            pupil_name = self._pupil(position.upn)
            self.cases.decide(pupil_name, decision)
            event = DecisionMade(la=view.la, pupil=pupil_name, decision=decision.id, correlation_id=correlation_id)
            self.to_notices.send(event, told=correlation_id)

    def _record_lists(
        self, assessor: Assessor, settings: Settings | None, items: SchoolItems, cases: Sequence[Case], listed: Listed,
        years: Collection[int], letters: Iterable[Return],
    ) -> int:  # fmt: skip
        """Record the returns and rows of daily lists due as known now; what has no file yet follows the register, or lapses.

        How many codes N are overdue by them.
        """
        la, urn = assessor.view.la, assessor.view.urn
        no_more = {
            key: item for key in items.returns if key not in items.filed
            and (item := items.returns[key]).due.urn == urn and item.due.follows == "register" and not item.lapsed
            and (item.due.kind not in COLUMNS or academic_year(item.due.made_due_on) == assessor.year)
        }  # fmt: skip
        every = [*self._due(assessor, settings, items, cases, listed, years), *letters]
        for due in every:
            key = self._pupil(due.upn) if due.upn else urn, return_key(due)
            no_more.pop(key, None)
            if key in items.filed:
                continue
            known = items.returns.get(key)
            found_on = known.found_on if known and not known.lapsed else assessor.as_at
            item = _item(due, settings, found_on)
            if item != known:
                self.cases.record_return(la, key[0], item)
        for (pupil, _), item in no_more.items():
            self.cases.record_return(la, pupil, item.model_copy(update={"lapsed": True}))
        return overdue(every, assessor.as_at)

    def _due(
        self, assessor: Assessor, settings: Settings | None, items: SchoolItems, cases: Sequence[Case], listed: Listed,
        years: Collection[int],
    ) -> Iterator[Return]:  # fmt: skip
        """Returns and rows due as known now, less what a predecessor returned and absences whose first day was amended after."""
        urn = assessor.view.urn
        readings = Readings()
        if settings is not None:
            readings = Readings(settings.illness_half_days == "halves", settings.returns_per_illness == "each_period")
        written: dict[str, list[Return]] = {}
        for pupil, item in items.of_kinds(COLUMNS, filed=True):
            written.setdefault(pupil, []).append(item.due)
        every = list(returns_due(assessor, readings))
        for due in every:
            pupil = self._pupil(due.upn)
            earlier = written.get(pupil, ())
            if any(each.urn != urn and (each.kind, each.since) == (due.kind, due.since) for each in earlier):
                continue
            if not any(same_episode(due, each) for each in earlier if return_key(each) != return_key(due)):
                yield due
                known = items.returns.get((pupil, return_key(due)))
                found_on = known.found_on if known else assessor.as_at
                if due.late(found_on):
                    yield late_return(assessor, due, found_on)
        yield from from_register(assessor)
        told = [each for earlier in written.values() for each in earlier if each.urn == urn]
        yield from from_returns(assessor, told, every)
        found = {i.upn: i for steps in items.interventions.values() for i in steps if i.kind.startswith("enquiries_")}
        enquiries = {upn: cast(Enquiries, i.kind.removeprefix("enquiries_")) for upn, i in found.items()}
        yield from from_roll(assessor, enquiries, listed.school.type_code if listed.school else None)
        if settings is not None:
            packs = (i.due for _, i in items.of_kinds({SUPPORT_PACK}, filed=False) if i.due.urn == urn)
            yield from from_terms(assessor, packs)
        yield from from_years(urn, years, settings.retention_years if settings else law.REGISTER_YEARS.latest)
        siblings = siblings_among(assessor, {case.upn for case in cases if case.state == "gathering"})
        for case in cases:
            yield from from_case(assessor, case, items.notices.get(case.pupil, ()), siblings.get(case.upn, ()))

    def _letters(
        self, assessor: Assessor, standings: Standings, cases: Mapping[str, Sequence[Case]], items: SchoolItems,
        letters: SchoolLetters | None,
    ) -> Iterator[Return]:  # fmt: skip
        """The early letters due as known now; none where the school gave no words for them."""
        la, urn = assessor.view.la, assessor.view.urn
        if letters is None:
            return
        needed = sessions_needed(assessor.as_at)
        written: dict[str, list[Written]] = {}
        for pupil, item in items.of_kinds({EARLY_LETTER}, filed=True):
            written.setdefault(pupil, []).append(Written(item.due, item.dated))
        for upn in sorted(assessor.may_count(min(letters.levels))):
            standing = standings[upn]
            level = level_of(len(missed(standing, urn)), letters) if standing.count < needed else None
            if level is None:
                continue
            pupil, parents = self._pupil(upn), assessor.view.roll.parents.get(upn, ())
            if everyone_had(parents, written.get(pupil, ()), level, standing.window_begins, assessor.as_at):
                continue
            people = people_known(pupil, urn, parents, (), self.secret)
            persons = self.cases.of_pupil(la, pupil).persons if _people(assessor, upn) else Persons()
            known = KnownOfFamily(
                people, persons, cases.get(upn, ()), items.notices.get(pupil, ()), written.get(pupil, ())
            )
            yield from early_letters(assessor, standing, letters, known)

    def _carry(self, own: Carried, told: Carried | None, upn: str, read: PupilItems, correlation_id: str) -> None:
        """Keep what this school counts for the pupil's other schools, and tell them if it changed (design 4.4).

        That they were told is stored last: whoever dies before that tells them again.
        """
        if told == own:
            return
        pupil = self._pupil(upn)
        self.cases.carry(pupil, own)
        if told is None or told.sessions != own.sessions:
            for other in read.carried:
                if other.urn != own.urn:
                    self.to_thresholds.send(SchoolDue(la=other.la, urn=other.urn, correlation_id=correlation_id))
        self.cases.told(pupil, own)


def _item(due: Return, settings: Settings | None, found_on: date) -> ReturnItem:
    """A return on the authority's schedule; a row of a daily list on its day."""
    if due.kind not in COLUMNS:
        return row_item(due, found_on)
    schedule = getattr(settings.returns, due.kind) if settings else "at_once"
    written_on = write_on(schedule, found_on, last_day(due, found_on))
    dated = due.made_due_on if schedule == "at_once" else written_on
    return ReturnItem(due=due, found_on=found_on, write_on=written_on, dated=dated)


def _carried(assessor: Assessor, upn: str) -> Carried:
    """What a school counts of a pupil in the last ten school weeks there: of one who left, those up to the leaving day."""
    view = assessor.view
    pupil = view.roll.pupils.get(upn)
    last = min(pupil.leaving_day, assessor.as_at) if pupil and pupil.leaving_day else assessor.as_at
    weeks = window_ending(assessor.weeks, monday(last))
    own = (each for each in assessor.own(upn) if weeks and monday(each.session.day) >= weeks[0])
    return Carried(view.urn, view.la, weeks, tuple(own))


def _movers(
    assessor: Assessor, with_cases: frozenset[str], told: Mapping[str, Carried]
) -> list[tuple[str, Carried, bool]]:
    """The pupils whose other schools matter, what these are told, and whether this school reads what those carry over.

    The next school of a pupil who started within ten school weeks reads, and for as long as a case may rest on it; so do both
    schools of a dual registration; the school left only writes. Only with a countable session of their own (without one this
    school adds nothing to any window), or if other schools were told something that holds no more.
    """
    found = []
    recent = assessor.weeks[-window_size(assessor.as_at) :]
    since = recent[0] if recent else assessor.as_at
    last_year = academic_year_days(assessor.year - 1)[0]
    roll = assessor.view.roll
    asked = {upn for upn, day in roll.days("starting_day").items() if day >= since}  # few
    asked |= roll.days("leaving_day").keys() | roll.said("dual_registered_urn").keys()
    for upn in sorted(asked | ((with_cases | told.keys()) & roll.pupils.keys())):
        pupil = roll.pupils[upn]
        gone = pupil.leaving_day is not None and pupil.leaving_day <= assessor.as_at
        left = gone and pupil.leaving_day is not None and since <= pupil.leaving_day
        started_on = pupil.starting_day if pupil.starting_day and pupil.starting_day <= assessor.as_at else date.min
        started = started_on >= since
        rests_on_it = upn in with_cases and started_on >= last_year and not gone
        dual = bool(pupil.dual_registered_urn)
        moves = (left or started or dual) and bool(assessor.own(upn))
        if not (moves or rests_on_it or upn in told):
            continue
        carried = _carried(assessor, upn)
        outdated = upn in told and told[upn].sessions != carried.sessions
        if moves or rests_on_it or outdated:
            found.append((upn, carried, started or rests_on_it or dual))
    return found


def _people(assessor: Assessor, upn: str) -> bool:
    """Whether two parents whom this school gives for a pupil may be one person."""
    parents = assessor.view.roll.parents.get(upn, ())
    return len(parents) > 1 and bool(near_matches(persons_of(upn, assessor.view.urn, parents)))
