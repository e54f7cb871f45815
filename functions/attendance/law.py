"""What is lawful: every figure of the law with its dates and source, every provision with what it says.

No number of the law stands anywhere else. The labels: [V] the text was read, [C] corroborated by secondary sources, [U]
unverified or our own reading, to be changed here in one place. Paragraphs of the guidance are those of August 2024.

A figure names the rule that it belongs to, a rule its provision, and both the places in the code that carry them out; the case
tables name the rule that each row shows. `attendance law` prints all of it, and a test walks it both ways.
"""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final


class NotInForce(LookupError):
    """A figure was asked for on a day before it began."""


_LABEL: Final = re.compile(r" \[([VCU])\]")


def _labels(source: str) -> tuple[str, ...]:
    found = set(_LABEL.findall(source))
    return tuple(label for label in "VCU" if label in found)


@lru_cache(maxsize=1024)  # printed in every row of every list
def _citation(source: str) -> str:
    pieces = [_LABEL.sub("", piece).strip() for piece in source.split(";")]
    return "; ".join(piece for piece in pieces if _INSTRUMENT.search(piece))


@dataclass(frozen=True)
class Figure[T = int]:
    """Something fixed by law: what it was on any day, in which unit, and who says so."""

    unit: str
    source: str
    values: Mapping[date, T]
    rule: str = ""
    """The rule that it is a number of: a key of PROVISIONS."""
    where: tuple[str, ...] = ()
    """The places in the code that ask it; none: not used yet."""

    def on(self, day: date) -> T:
        """The value in force that day; NotInForce before the first."""
        starts = [start for start in self.values if start <= day]
        if not starts:
            raise NotInForce(f"{self.source}: nothing in force on {day}, the first begins on {min(self.values)}")
        return self.values[max(starts)]

    @property
    def latest(self) -> T:
        """The value that began last, for what has no day of its own (a limit on what we take in)."""
        return self.values[max(self.values)]

    @property
    def labels(self) -> tuple[str, ...]:
        """How sure each piece of its source is, the surest first."""
        return _labels(self.source)


SCHEME_START: Final = date(2024, 8, 19)
"""First day of the 2024 codes, the national framework and its amounts: SI 2024/208, SI 2024/210 [V]."""

_OLD_SCHEME: Final = date(2013, 9, 1)
_REGULATIONS_2006: Final = date(2006, 9, 1)
_ALWAYS: Final = date.min

# --- The national threshold ------------------------------------------------------------------------------------------

THRESHOLD_SESSIONS: Final = Figure(
    "countable sessions",
    "WTISA paras 174-200, national threshold [V]",
    {SCHEME_START: 10},
    "threshold",
    ("attendance.standing.sessions_needed", "attendance.penalty._listed", "attendance.bounds.outside_the_law"),
)
THRESHOLD_WEEKS: Final = Figure(
    "school weeks",
    "WTISA paras 174-200, national threshold [V]",
    {SCHEME_START: 10},
    "threshold",
    ("attendance.standing.window_size",),
)
SESSIONS_FLOAT: Final = Figure(
    "school days",
    "the rival reading of ten school weeks, fifty school days afloat [U]",
    {SCHEME_START: 50},
    "school_week",
    ("attendance.counting.other_readings",),
)
FULL_WEEK_SESSIONS: Final = Figure(
    "sessions held, Monday to Friday",
    "the rival reading of ten school weeks, weeks with all ten sessions held [U]",
    {SCHEME_START: 10},
    "school_week",
    ("attendance.positions.Assessor.full_mondays",),
)
NEAR_SESSIONS: Final = Figure(
    "countable sessions short of the threshold at which a meeting speaks of a pupil",
    "our figure: support comes before the threshold [U]",
    {_ALWAYS: 3},
    "support_meeting",
    ("notices.packs.support_pack",),
)
REPEATED_SESSIONS: Final = Figure(
    "countable sessions",
    "our figure for repeated absence below the threshold [U]",
    {_ALWAYS: 16},
    "below_threshold",
    ("attendance.counting.windows",),
)
REPEATED_WEEKS: Final = Figure(
    "weeks",
    "our figure for repeated absence below the threshold [U]",
    {_ALWAYS: 52},
    "below_threshold",
    ("attendance.counting.windows",),
)
FEW_SESSIONS: Final = Figure(
    "a session is held by few if fewer than one in this many of the roll have a mark",
    "our figure [U]",
    {_ALWAYS: 10},
    "school_week",
    ("attendance.marks.held_at", "attendance.context.find_in_context"),
)
FRAMEWORK_TYPES: Final = Figure(
    "type codes of Get Information about Schools",
    "EA 1996 s.444B, relevant school [U]",
    {
        SCHEME_START: frozenset(
            {"1", "2", "3", "5", "6", "7", "12", "14", "28", "33", "34", "35", "36", "38", "40", "41", "42", "43", "44"}
        )
    },
    "framework_school",
    ("attendance.directory.read_directory",),
)

# --- Penalty notices -------------------------------------------------------------------------------------------------

PENALTY_FULL: Final = Figure(
    "pounds",
    "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]; before 2024 [C]",
    {_OLD_SCHEME: 120, SCHEME_START: 160},
    "amount",
    ("attendance.service.amounts",),
)
PENALTY_REDUCED: Final = Figure(
    "pounds",
    "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]; before 2024 [C]",
    {_OLD_SCHEME: 60, SCHEME_START: 80},
    "amount",
    ("attendance.service.amounts",),
)
PENALTY_SECOND: Final = Figure(
    "pounds, without a reduction",
    "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]",
    {SCHEME_START: 160},
    "second_amount",
    ("attendance.service.amounts",),
)
REDUCED_DAYS: Final = Figure(
    "days, the day of receipt being the first",
    "SI 2007/1867 reg 4, as amended [V]",
    {_OLD_SCHEME: 21},
    "payment_period",
    ("attendance.service.payment_dates", "attendance.afterwards.served"),
)
PAY_DAYS: Final = Figure(
    "days, the day of receipt being the first",
    "SI 2007/1867 regs 4 and 5, as amended [V]; from receipt [U]",
    {_OLD_SCHEME: 28},
    "payment_period",
    ("attendance.service.payment_dates", "attendance.afterwards.served"),
)
NOTICE_LIMIT: Final = Figure(
    "notices to one parent for one child",
    "SI 2007/1867 as amended by SI 2024/210; WTISA ch. 6 [V]; which regulation [U]",
    {SCHEME_START: 2},
    "limit",
    ("attendance.law.next_in_sequence",),
)
LIMIT_YEARS: Final = Figure(
    "years, ending with the day of the proposed notice",
    "SI 2007/1867 as amended by SI 2024/210; WTISA ch. 6 [V]; which regulation [U]",
    {SCHEME_START: 3},
    "limit",
    ("attendance.law.three_years_before",),
)
PROSECUTION_MONTHS: Final = Figure(
    "months from the first session relied on",
    "six months [V]; Magistrates' Courts Act 1980 s.127, from the first session [U]",
    {_ALWAYS: 6},
    "time_limit",
    ("attendance.law.prosecute_by",),
)
PROSECUTION_MARGIN_DAYS: Final = Figure(
    "days left after the payment period to begin proceedings",
    "our figure [U]",
    {_ALWAYS: 28},
    "time_limit",
    ("attendance.penalty._listed",),
)

PROSECUTION_ALERT_DAYS: Final = Figure(
    "days before the last day for proceedings on which an officer is told",
    "our figure [U]",
    {_ALWAYS: 28},
    "time_limit",
    ("attendance.told.from_case", "attendance.told.from_notice"),
)

# --- Service by post -------------------------------------------------------------------------------------------------

POST_DAYS: Final[Mapping[str, Figure[int]]] = MappingProxyType(
    {
        "first": Figure(
            "working days after posting",
            "Interpretation Act 1978 s.7; practice direction 1985 [V]",
            {_ALWAYS: 2},
            "service",
            ("attendance.service.presumed_received",),
        ),
        "second": Figure(
            "working days after posting",
            "Interpretation Act 1978 s.7; practice direction 1985 [V]",
            {_ALWAYS: 4},
            "service",
            ("attendance.service.presumed_received",),
        ),
        "hand": Figure(
            "days after delivery",
            "EA 1996 s.572 [V]",
            {_ALWAYS: 0},
            "service",
            ("attendance.service.presumed_received",),
        ),
    }
)

# --- Notice to improve -----------------------------------------------------------------------------------------------

IMPROVEMENT_DAYS_LEAST: Final = Figure(
    "school days",
    "WTISA ch. 6: three to six weeks [V]; school weeks [U]",
    {SCHEME_START: 15},
    "improvement_period",
    ("attendance.bounds.outside_the_law", "attendance.improvement.improvement_period"),
)
IMPROVEMENT_DAYS_MOST: Final = Figure(
    "school days",
    "WTISA ch. 6: three to six weeks [V]; school weeks [U]",
    {SCHEME_START: 30},
    "improvement_period",
    ("attendance.bounds.outside_the_law", "attendance.improvement.improvement_period"),
)

# --- Registers and returns -------------------------------------------------------------------------------------------

N_DAYS: Final = Figure(
    "school days after the session",
    "SI 2024/208 reg 10(7) to (9) [C]",
    {SCHEME_START: 5},
    "n_code",
    ("attendance.context.find_in_context",),
)
REGISTER_YEARS: Final = Figure(
    "years for which every entry is kept",
    "SI 2024/208 reg 7 [V]",
    {_REGULATIONS_2006: 3, SCHEME_START: 6},
    "register_entry",
    ("attendance.bounds.outside_the_law",),
)
SICKNESS_DAYS: Final = Figure(
    "school days in the school year",
    "SI 2024/208 reg 13 [V]",
    {SCHEME_START: 15},
    "sickness_return",
    ("attendance.returns._sickness",),
)
CONTINUOUS_DAYS: Final = Figure(
    "school days, each of two sessions",
    "SI 2024/208 reg 13 [V]; two sessions a day, a Department for Education prototype [C]",
    {_REGULATIONS_2006: 10},
    "attendance_return",
    ("attendance.returns._attendance",),
)
NEW_PUPIL_DAYS: Final = Figure(
    "days after the day on which the name is entered",
    "SI 2024/208 reg 13(1) [V]",
    {SCHEME_START: 5},
    "new_pupil_return",
    ("attendance.returns._new_pupil",),
)
LAST_TERM_ENDS_IN: Final = Figure(
    "months in which the last term of a school year can end",
    "SI 2024/208 reg 13(5) [C]; months ours [U]",
    {_ALWAYS: (6, 7)},
    "deletion_return",
    ("attendance.returns._deletion",),
)
TERM_ENDS: Final = Figure(
    "ends of term for termly returns, month and day",
    "agreed with each school, reg 13; our figure where nothing is [U]",
    {_ALWAYS: ((4, 30), (7, 31), (12, 31))},
    "sickness_return",
    ("attendance.returns.write_on", "attendance.returns.term_end"),
)
HALF_TERM_ENDS: Final = Figure(
    "ends of half-term for half-termly returns, month and day",
    "agreed with each school, reg 13; six terms in Lincolnshire [V]; the days ours [U]",
    {_ALWAYS: ((2, 28), (4, 30), (5, 31), (7, 31), (10, 31), (12, 31))},
    "sickness_return",
    ("attendance.returns.write_on",),
)
DELETION_ABSENCE_DAYS: Final = Figure(
    "school days of continuous absence, every session of them G, N or O",
    "SI 2024/208 reg 9(1)(i) [V]",
    {SCHEME_START: 20},
    "deletion_after_absence",
    ("attendance.deletions._continuously_absent",),
)
LEAVE_RETURN_DAYS: Final = Figure(
    "school days after a leave of absence",
    "SI 2024/208 reg 9(1)(h) [V]",
    {SCHEME_START: 10},
    "deletion_after_leave",
    ("attendance.deletions._not_back_after_leave",),
)
INDEPENDENT_TYPES: Final = Figure(
    "type codes of Get Information about Schools: independent and non-maintained special schools",
    "SI 2024/208 reg 9(1)(m) and (n); list of types [U]",
    {SCHEME_START: frozenset({"8", "10", "11"})},
    "deletion_ground",
    (
        "attendance.deletions._fees_unpaid",
        "attendance.deletions._ceased",
    ),
)
PERSISTENT_TENTHS: Final = Figure(
    "tenths of the possible sessions, missed",
    "Department for Education statistics [V]; first day [U]",
    {date(2015, 9, 1): 1},
    "persistent_absence",
    ("attendance.counting.sums", "attendance.statistics.by_pupil"),
)
SEVERE_TENTHS: Final = Figure(
    "tenths of the possible sessions, missed",
    "Department for Education statistics [V]; first day [U]",
    {date(2015, 9, 1): 5},
    "persistent_absence",
    ("attendance.counting.sums", "attendance.statistics.by_pupil"),
)

# --- Ages and the school year ----------------------------------------------------------------------------------------

COMPULSORY_FROM_AGE: Final = Figure(
    "years", "EA 1996 s.8(2) [V]", {_ALWAYS: 5}, "compulsory_age", ("attendance.ages.compulsory_from",)
)
PRESCRIBED_DAYS: Final = Figure(
    "prescribed days, month and day, from the next of which a child of that age is of compulsory school age",
    "EA 1996 s.8(2) [V]",
    {_ALWAYS: ((3, 31), (8, 31), (12, 31))},
    "compulsory_age",
    ("attendance.ages.compulsory_from",),
)
COMPULSORY_UNTIL_AGE: Final = Figure(
    "years", "EA 1996 s.8(3) [V]", {_ALWAYS: 16}, "compulsory_age", ("attendance.ages.compulsory_until",)
)
LEAVING_DAY: Final = Figure(
    "month, and day of the week (Monday is 0), whose last in that month is the last day",
    "EA 1996 s.8(3) [V]",
    {_ALWAYS: (6, 4)},
    "compulsory_age",
    ("attendance.ages.compulsory_until",),
)
BIRTHDAYS_END_IN: Final = Figure(
    "month with the last birthday of a school year",
    "EA 1996 s.8(3) [V]; birthdays to 31 August [C]",
    {_ALWAYS: 8},
    "compulsory_age",
    ("attendance.ages.compulsory_until",),
)
FULL_AGE: Final = Figure(
    "years, below which nothing goes to a parent without an officer",
    "Family Law Reform Act 1969 s.1 [U]",
    {_ALWAYS: 18},
    "parent",
    ("attendance.ages.of_full_age",),
)
SCHOOL_YEAR_MONTH: Final = Figure(
    "month with whose first day the academic year begins",
    "EA 1996 s.579, the first term that begins after July [V]; its day [U]",
    {_ALWAYS: 8},
    "school_year",
    ("attendance.law.academic_year", "attendance.law.academic_year_days"),
)

# --- Statistics ------------------------------------------------------------------------------------------------------

STATISTICS_AGES: Final = Figure(
    "ages of the pupils whom statistics cover, the youngest and the oldest",
    "Department for Education statistics: of compulsory school age [V]; these ages [C]",
    {_ALWAYS: (5, 15)},
    "enrolments",
    ("attendance.statistics.covered",),
)
STATISTICS_AGES_ON: Final = Figure(
    "month and day, in the year in which the academic year begins, on which those ages are taken",
    "Department for Education statistics [C]",
    {_ALWAYS: (8, 31)},
    "enrolments",
    ("attendance.statistics.covered",),
)
SPECIAL_TYPES: Final = Figure(
    "type codes of Get Information about Schools",
    "special schools that statistics cover [U]",
    {_ALWAYS: frozenset({"7", "8", "12", "33", "36", "44"})},
    "enrolments",
    ("attendance.statistics.education_phase",),
)
ALTERNATIVE_TYPES: Final = Figure(
    "type codes of Get Information about Schools",
    "pupil referral units and alternative provision [U]",
    {_ALWAYS: frozenset({"14", "38", "42", "43"})},
    "enrolments",
    ("attendance.statistics.education_phase",),
)
PUBLISHED_PUPILS: Final = Figure(
    "pupils, the fewest that a published figure may be about",
    "our figure [U]",
    {_ALWAYS: 5},
    "small_numbers",
    ("attendance.statistics.Table",),
)
PUBLISHED_SCHOOLS: Final = Figure(
    "schools, the fewest of an authority whose figures are published",
    "Department for Education, data guidance of its attendance statistics [V]",
    {_ALWAYS: 2},
    "small_numbers",
    ("attendance.statistics.Table",),
)

# --- Before the threshold --------------------------------------------------------------------------------------------

EARLY_LETTER_SESSIONS: Final = Figure(
    "countable sessions at which a school may write to a family",
    "practice of schools, none asks for it; the school sets the wording [U]",
    {_ALWAYS: (4, 7, 9)},
    "early_letter",
    ("attendance.wording.load_letters",),
)

# --- What an extract may say -----------------------------------------------------------------------------------------

TIME_AHEAD_MINUTES: Final = Figure(
    "minutes after receipt",
    "our limit, for clocks that differ [U]",
    {_ALWAYS: 60},
    "extract",
    ("attendance.rowchecks.Receipt",),
)
DATE_YEARS_BACK: Final = Figure(
    "academic years before the present one", "our limit [U]", {_ALWAYS: 2}, "extract", ("attendance.rowchecks.Receipt",)
)
DATE_YEARS_AHEAD: Final = Figure(
    "years after receipt", "our limit [U]", {_ALWAYS: 1}, "extract", ("attendance.rowchecks.Receipt",)
)

_YEAR_BEGINS_IN: Final = SCHOOL_YEAR_MONTH.latest  # asked of every session


def academic_year(day: date) -> int:
    """The academic year of a day, by the year in which it begins: 1 August to 31 July.

    >>> academic_year(date(2026, 7, 31)), academic_year(date(2026, 8, 1))
    (2025, 2026)
    """
    return day.year if day.month >= _YEAR_BEGINS_IN else day.year - 1


def academic_year_days(year: int) -> tuple[date, date]:
    """The first and last day of an academic year."""
    return date(year, _YEAR_BEGINS_IN, 1), date(year + 1, _YEAR_BEGINS_IN, 1) - timedelta(days=1)


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months on (or back, if negative), or that month's last day if it has none."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@lru_cache(maxsize=4096)  # asked of every case, of the days of a year
def prosecute_by(first: date) -> date:
    """The day by which proceedings must begin, counted from the first session relied on.

    >>> prosecute_by(date(2025, 8, 31))
    datetime.date(2026, 2, 28)
    """
    return months_after(first, PROSECUTION_MONTHS.on(first))


def three_years_before(day: date) -> date:
    """The last day before the limit period ending with `day`: a notice issued on it counts no more, a later one does.

    >>> three_years_before(date(2027, 10, 1))
    datetime.date(2024, 10, 1)
    """
    return months_after(day, -12 * LIMIT_YEARS.latest)


def counts_towards_limit(issued_on: date, proposed_on: date) -> bool:
    """Whether a standing notice issued on one day counts when another is proposed: the three years end with that day.

    Only for notices that stand (not withdrawn) and whose offence is on or after SCHEME_START.
    """
    return three_years_before(proposed_on) < issued_on <= proposed_on


def place_counted_from_first(issued: Iterable[date], proposed_on: date) -> int | None:
    """The place of a notice on the other reading of the limit: three years from the issue of the first, then afresh.

    Not adopted (law.md L6); where it differs from `next_in_sequence` the authorisation says so.

    >>> first, second = date(2024, 10, 1), date(2026, 10, 1)
    >>> [place_counted_from_first([first, second], date(2027, 10, day)) for day in (1, 2)]
    [None, 1]
    """
    chain: list[date] = []
    for day in [*sorted(issued), proposed_on]:
        if chain and day > months_after(chain[0], 12 * LIMIT_YEARS.latest):
            chain = []
        chain.append(day)
    return len(chain) if len(chain) <= NOTICE_LIMIT.on(proposed_on) else None


def next_in_sequence(issued: Iterable[date], proposed_on: date) -> int | None:
    """The place, 1 or 2, of a notice proposed for that day after those already issued to this parent; None: barred."""
    counting = sum(counts_towards_limit(day, proposed_on) for day in issued)
    return None if counting >= NOTICE_LIMIT.on(proposed_on) else counting + 1


@dataclass(frozen=True)
class Provision:
    """Where a rule comes from, and the rule in one sentence that a parent can read.

    `source` carries the labels of how sure each piece is; `citation` is what documents and refusals print.
    """

    source: str
    says: str
    where: tuple[str, ...] = ()
    """The places that carry it out: in the code by their names, elsewhere by the path of the file."""

    @property
    def labels(self) -> tuple[str, ...]:
        """How sure each piece of its source is, the surest first."""
        return _labels(self.source)

    @property
    def citation(self) -> str:
        """The instruments alone, without labels and without our notes on what is read into them.

        >>> Provision("WTISA ch. 6 [V]; Monday to Sunday [U]", "").citation
        'WTISA ch. 6'
        """
        return _citation(self.source)

    def __str__(self) -> str:
        return f"{self.says} ({self.citation})"


_INSTRUMENT: Final = re.compile(
    r"\bSI \d|\bEA 1996|\bWTISA|\bAct\b|GDPR|practice direction|codes? of conduct|Department for Education"
)

PROVISIONS: Final[Mapping[str, Provision]] = MappingProxyType(
    {
        # whether
        "threshold": Provision(
            "WTISA paras 174-200 [V]",
            "A penalty notice must be considered when a pupil has 10 sessions of unauthorised absence within 10 school "
            "weeks; codes G, N, O and U count, in any mix, across terms and school years.",
            ("attendance.counting.met", "attendance.cases.met_for"),
        ),
        "school_week": Provision(
            "WTISA ch. 6 [V]; Monday to Sunday [U]",
            "A school week is any week in which the school held at least one session.",
            ("attendance.marks.held_at", "attendance.sessions.Held.weeks"),
        ),
        "below_threshold": Provision(
            "WTISA ch. 6 [V]",
            "Below the threshold a notice may still be issued in an exceptional case in which an offence was "
            "committed, with the reason recorded.",
            ("attendance.penalty._case_below",),
        ),
        "framework_school": Provision(
            "EA 1996 ss.444A and 444B [V]; list of types [U]",
            "The national framework covers state-funded schools; for a pupil of any other school there is no penalty "
            "notice.",
            (
                "attendance.directory.read_directory",
                "attendance.counting.countable",
                "attendance.asked.in_framework",
            ),
        ),
        "compulsory_age": Provision(
            "EA 1996 ss.8 and 444 [V]",
            "Absence is an offence, and counts, only while the pupil is of compulsory school age.",
            ("attendance.ages.of_compulsory_age",),
        ),
        "used_sessions": Provision(
            "reading of SI 2007/1867: payment discharges liability for the period [U]",
            "Sessions listed in an earlier penalty notice are not relied on again unless an officer has released them.",
            ("attendance.cases.used_by_case", "attendance.penalty._listed"),
        ),
        "support_first": Provision(
            "WTISA paras 174-200 [V]",
            "Where support is appropriate it comes first: a penalty notice only after it has failed or was refused.",
            ("attendance.cases.propose", "attendance.penalty._ground"),
        ),
        "support_not_appropriate": Provision(
            "WTISA paras 174-200 [V]",
            "Where support is not appropriate, as for a holiday in term time, a penalty notice may be considered at "
            "once.",
            ("attendance.cases.propose", "attendance.penalty._ground"),
        ),
        "n_code": Provision(
            "SI 2024/208 reg 10(7) to (9) [C]",
            "Code N is replaced within five school days of the session; if no reason is established the school enters "
            "O.",
            ("attendance.context.find_in_context", "attendance.penalty.authorise"),
        ),
        # to whom
        "parent": Provision(
            "EA 1996 s.576 [V]",
            "A notice goes to a parent: a natural parent, a person with parental responsibility or a person who cares "
            "for the child; one notice for each parent and each child.",
            ("attendance.asked.parent_meant",),
        ),
        "address": Provision(
            "EA 1996 s.572; SI 2007/1867 reg 3 [U]",
            "The notice names the recipient's and the child's address and is served at the usual or last known one.",
            ("attendance.asked.parent_meant", "attendance.notice_record.printed_beside"),
        ),
        "protected_address": Provision(
            "SI 2007/1867 reg 3 [U]; UK GDPR art. 5(1)(f) [U]",
            "A protected address is not printed on another person's document; an officer says which address stands "
            "for it.",
            ("attendance.asked.pass_blockers", "attendance.notice_record.printed_beside"),
        ),
        "particulars": Provision(
            "SI 2007/1867 reg 3 [V]; lettering [U]",
            "A penalty notice must carry the particulars that the Regulations list.",
            ("notices.typesetting.render",),
        ),
        # how many, how much, until when
        "limit": Provision(
            "SI 2007/1867 as amended by SI 2024/210; WTISA ch. 6 [V]; which regulation [U]",
            "At most two penalty notices to one parent for one child in any three years; after that the authority "
            "considers prosecution, a parenting order, an education supervision order or an attendance contract.",
            ("attendance.law.next_in_sequence", "attendance.asked.counting"),
        ),
        "amount": Provision(
            "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]",
            "A first notice is for £160 if paid within 28 days, reduced to £80 if paid within 21 days.",
            ("attendance.service.amounts",),
        ),
        "second_amount": Provision(
            "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]",
            "A second notice to the same parent for the same child within three years is for £160, without a "
            "reduction.",
            ("attendance.service.amounts",),
        ),
        "payment_period": Provision(
            "SI 2007/1867 regs 4 and 5, as amended [V]; 28 days from receipt [U]",
            "The days for paying are counted from the day on which the notice is received, that day being the first.",
            ("attendance.service.payment_dates", "attendance.afterwards.served"),
        ),
        "service": Provision(
            "EA 1996 s.572; Interpretation Act 1978 s.7; practice direction 1985 [V]",
            "A notice posted first class is presumed received on the second working day after posting, second class on "
            "the fourth, one delivered by hand that day, unless the contrary is shown.",
            ("attendance.service.presumed_received",),
        ),
        "discharge": Provision(
            "SI 2007/1867 reg 3 [V]; lettering [U]",
            "Payment within the period discharges any liability for the offence.",
            ("attendance.money.discharged",),
        ),
        "no_appeal": Provision(
            "codes of conduct [V]",
            "There is no appeal against a penalty notice; the offence may be contested in court.",
            ("functions/notices/templates/penalty_notice.typ",),
        ),
        "records": Provision(
            "SI 2007/1867 reg 20 [V]",
            "The authority keeps a copy of each notice, the payments, whether it was withdrawn and why, and whether "
            "there was a prosecution.",
            ("aws.cases.Cases.settle", "aws.documents.Documents.write"),
        ),
        "certificate": Provision(
            "EA 1996 s.566(1)(c) [V]",
            "A certificate of a pupil's attendance that the head teacher of the school has signed is evidence in "
            "proceedings.",
            ("attendance.afterwards.prepare_document",),
        ),
        "attendance_contract": Provision(
            "Anti-social Behaviour Act 2003 s.19 [V]",
            "An attendance contract is a voluntary agreement with one parent: what the parent will do, and what help "
            "the authority or the school will give.",
            ("attendance.afterwards.prepare_document",),
        ),
        "support_meeting": Provision(
            "WTISA [V]; the day of each pack is the end of term of the termly returns [U]",
            "The authority and each school hold a Targeting Support Meeting each term: they look at the trends, at the "
            "pupils who are severely or persistently absent, and agree what is done and who leads.",
            ("attendance.told.from_terms", "notices.packs.support_pack"),
        ),
        "considerations": Provision(
            "WTISA paras 174-200; codes of conduct [V]",
            "Before a penalty notice the officer considers whether support was sufficient, whether a notice is the best "
            "available tool, the duties under the Equality Act 2010 and the public interest.",
            (
                "attendance.considerations.authorisation",
                "attendance.considerations.words_required",
            ),
        ),
        "automatic_letter": Provision(
            "WTISA paras 174-200 [V]; our rule for whom no letter goes by itself [U]",
            "No letter goes by itself where the child is looked after or has a social worker, or where an address is "
            "protected or missing, or the parent is under 18, no longer a parent, or reads another language.",
            (
                "attendance.recipients.for_an_officer",
                "thresholds.assess.Thresholds._by_itself",
            ),
        ),
        # by whom
        "authorised_officer": Provision(
            "EA 1996 s.444A; SI 2007/1867 regs 10 to 13; the authority's code of conduct [V]",
            "Only a named person whom the authority's code of conduct authorises may take this step.",
            (
                "attendance.settings.Settings.officer",
                "attendance.asked.officer_of",
                "attendance.asked.authority_in_place",
                "attendance.conduct.officer_in_place",
            ),
        ),
        "code_of_conduct": Provision(
            "SI 2007/1867 regs 14 to 18; WTISA para 197 [V]",
            "Whoever issues penalty notices must keep to the code of conduct of the authority of the school.",
            (
                "attendance.bounds.outside_the_law",
                "attendance.conduct.before_penalty_notice",
                "attendance.conduct.before_notice_to_improve",
            ),
        ),
        "authority_of_school": Provision(
            "SI 2007/1867; codes of conduct on cross-border cases [V]",
            "The authority of the school issues the notice and receives the payment; the authority of the home is "
            "told.",
            ("aws.documents.Documents.write",),
        ),
        "referral": Provision(
            "the authority's code of conduct, SI 2007/1867 regs 14 to 18 [V]",
            "The authority acts on a referral by the school where its code of conduct asks for one.",
            ("attendance.asked.referred",),
        ),
        # after issue
        "withdrawal": Provision(
            "SI 2007/1867 reg 8 [V]",
            "A notice is withdrawn if it ought not to have been issued, or not to that person, or has a material "
            "error; what was paid is paid back, and there are no proceedings for that offence.",
            ("attendance.afterwards.withdraw",),
        ),
        "duty_to_withdraw": Provision(
            "SI 2007/1867 reg 9 [V]",
            "A notice unpaid after the payment period is prosecuted for the original offence or withdrawn.",
            ("attendance.afterwards.withdraw", "attendance.told.from_notice"),
        ),
        "proceedings": Provision(
            "SI 2007/1867 reg 7 [V]; 28 days since 2013 [V]",
            "No proceedings for the offence begin before the period for paying has ended.",
            ("attendance.afterwards.record_prosecution",),
        ),
        "time_limit": Provision(
            "six months [V]; Magistrates' Courts Act 1980 s.127, counted from the first session [U]",
            "Proceedings begin within six months of the offence, counted from the first session relied on.",
            ("attendance.law.prosecute_by", "attendance.penalty._listed"),
        ),
        "second_after_withdrawal": Provision(
            "SI 2007/1867 regs 4 and 8 [V]; what becomes of the second notice [U]",
            "If a first notice is withdrawn after a second was issued, the second was the first: the reduced amount was due.",
            (
                "attendance.afterwards.withdraw",
                "attendance.told.wrong_tariff",
            ),
        ),
        "amended_after_issue": Provision(
            "SI 2007/1867 reg 8 [V]",
            "A notice whose register was amended so that its ground fell away ought not to have been issued; the document "
            "does not change, and an officer decides whether it is withdrawn.",
            (
                "attendance.cases._amended",
                "attendance.told.from_case",
            ),
        ),
        "intervention": Provision(
            "WTISA paras 138-150 [V]; EA 1996 s.444 [V]; numbering [U]",
            "An attendance contract, an education supervision order, a parenting order and a prosecution are recorded when "
            "they happen.",
            ("attendance.afterwards.record_intervention",),
        ),
        "excluded_pupil": Provision(
            "Education and Inspections Act 2006 ss.103 to 105 [V]",
            "A notice for an excluded pupil in a public place is another notice: it can be recorded, and it does not count "
            "towards the limit.",
            (
                "attendance.afterwards.record_elsewhere",
                "attendance.cases.Notice.counts",
            ),
        ),
        "home_authority": Provision(
            "codes of conduct on cross-border cases [V]",
            "The authority of the home is told of a case and of each step, and gets no document.",
            (
                "attendance.told.from_case",
                "attendance.decisions.recorded",
            ),
        ),
        "unexplained_absence": Provision(
            "WTISA para 52 [V]; the virtual school head [U]",
            "The social worker, the youth offending team worker and, for a looked-after pupil, the virtual school head are "
            "told of unexplained absence.",
            ("attendance.told.from_register",),
        ),
        "retention": Provision(
            "SI 2024/208 reg 7; SI 2007/1867 reg 20 [V]; from when [U]",
            "Registers are kept for six years and notices for as long as the authority's settings say; what may be erased "
            "after that is a person's decision.",
            (
                "attendance.notice_record.retain_until",
                "attendance.told.from_notice",
            ),
        ),
        "early_letter": Provision(
            "WTISA, support first [V]; from how many sessions on, and how often [U]",
            "Before the threshold a school writes to the parents whom a pupil lives with, in its own words: what was missed, what "
            "help there is, whom to call; each level once in ten school weeks.",
            (
                "attendance.early.early_letters",
                "attendance.wording.load_letters",
            ),
        ),
        # notice to improve
        "notice_to_improve": Provision(
            "WTISA paras 174-200 [V]",
            "A notice to improve is the last chance before a penalty notice where the threshold is met and support was "
            "not engaged with or has not worked.",
            ("attendance.improvement.issue_notice_to_improve",),
        ),
        "improvement_period": Provision(
            "WTISA ch. 6 [V]; school days [U]",
            "The period for improving is three to six weeks, 15 to 30 school days.",
            ("attendance.improvement.improvement_period", "attendance.settings.load"),
        ),
        "early_end": Provision(
            "WTISA ch. 6 [V]",
            "A penalty notice may be issued before the period ends where it is clear that attendance is not improving.",
            ("attendance.improvement.end_improvement", "attendance.conduct.before_early_end"),
        ),
        # registers and returns
        "register_entry": Provision(
            "SI 2024/208 regs 6, 7 and 10 [V]",
            "Every session is recorded with a code of the Regulations, and every entry is kept for six years.",
            ("attendance.register.fold", "attendance.positions.Assessor.missing"),
        ),
        "amendment": Provision(
            "SI 2024/208 reg 6 [U]; the 2006 rule [V]",
            "An amendment shows the original entry, the amended one, the reason, the date and who made it.",
            ("attendance.register.fold", "attendance.register.evidence"),
        ),
        "sickness_return": Provision(
            "SI 2024/208 reg 13 [V]",
            "The school tells the authority of a pupil of compulsory school age who has missed or will miss 15 school "
            "days through sickness.",
            ("attendance.returns._sickness",),
        ),
        "attendance_return": Provision(
            "SI 2024/208 reg 13 [V]",
            "The school tells the authority, at least once a calendar month, of each pupil of compulsory school age "
            "absent without authorisation for ten continuous school days.",
            ("attendance.returns._attendance",),
        ),
        "new_pupil_return": Provision(
            "SI 2024/208 reg 13(1) to (3) [V]",
            "A new pupil is reported to the authority by the end of the fifth day after the name is entered.",
            ("attendance.returns._new_pupil",),
        ),
        "deletion_return": Provision(
            "SI 2024/208 reg 13(4) to (6) [C]",
            "A deletion is reported as soon as its ground arises and not later than the name is deleted.",
            ("attendance.returns._deletion",),
        ),
        "school_year": Provision(
            "EA 1996 s.579 [V]; from 1 August [U]",
            "The school year begins with the first term that begins after July, and sums and returns are counted within "
            "it.",
            ("attendance.law.academic_year", "attendance.positions.Assessor.sums"),
        ),
        # what a school sends, and who may touch it
        "codes": Provision(
            "SI 2024/208 reg 10 [V]; the notes to its codes [U]",
            "A code stands only on the days, in the session and for the pupils for which the Regulations give it, and "
            "counts as they class it.",
            ("attendance.codes.in_force", "attendance.context.find_in_context", "functions/attendance/codes.csv"),
        ),
        "upn": Provision(
            "Department for Education, guide to unique pupil numbers [C]",
            "A pupil is known by the unique pupil number and its check letter, and a number that does not hold is "
            "reported and never mended.",
            ("attendance.identifiers.upn_problem", "attendance.identifiers.upn_check_letter"),
        ),
        "extract": Provision(
            "the format is ours [U]; UK GDPR art. 5(1)(d) [U]",
            "What a school sends is taken as it stands or reported with what to do, never guessed and never dropped.",
            ("attendance.checking.check_file",),
        ),
        "least_privilege": Provision(
            "UK GDPR arts. 5(1)(f) and 32 [U]",
            "Each function can touch what its task needs, and nothing else.",
            ("infra/rights.py",),
        ),
        "written_once": Provision(
            "SI 2007/1867 reg 20 [V]; UK GDPR art. 5(1)(f) [U]",
            "A document is written once, and nobody can replace, hide or delete it while it must be kept.",
            ("infra/authority.py", "aws.buckets.Bucket.put_ours"),
        ),
        "deletion_ground": Provision(
            "SI 2024/208 reg 9(1) [V]",
            "The name of a pupil of compulsory school age is deleted on one of fifteen grounds, a to o, and on no other.",
            ("attendance.deletions.deletion_problems",),
        ),
        "deletion_after_leave": Provision(
            "SI 2024/208 reg 9(1)(h) [V]; whether the leave must be a long one [U]",
            "On ground h a name is deleted when the pupil was granted leave of absence and has not come back within ten "
            "school days after it.",
            ("attendance.deletions._not_back_after_leave",),
        ),
        "deletion_after_absence": Provision(
            "SI 2024/208 reg 9(1)(i) [V]; whole days [U]",
            "On ground i a name is deleted after at least 20 school days of continuous absence, every session of them "
            "recorded G, N or O.",
            ("attendance.deletions._continuously_absent",),
        ),
        "joint_enquiries": Provision(
            "SI 2024/208 reg 9(1)(h) and (i) [V]",
            "On grounds h and i the school and the authority first enquire together where the pupil is, and if they "
            "find the pupil both must agree that no return is to be expected.",
            ("attendance.deletions._enquired",),
        ),
        "deletion_day": Provision(
            "WTISA [V]",
            "A name is not deleted for a day that has passed.",
            ("attendance.deletions._marked_afterwards",),
        ),
        # statistics
        "statistical_class": Provision(
            "Department for Education, published data that name each code's class [V]; X alone [C]",
            "A session counts in statistics by the class of its code; one that is not possible or not collected counts "
            "nowhere.",
            (
                "attendance.statistics.by_pupil",
                "functions/attendance/codes.csv",
            ),
        ),
        "enrolments": Provision(
            "Department for Education, absence statistics [V]; ages, boarders and one possible session [C]",
            "Statistics are of enrolments: a pupil of compulsory school age, not a boarder, with at least one possible "
            "session, counted at each school.",
            ("attendance.statistics.covered",),
        ),
        "persistent_absence": Provision(
            "Department for Education, absence statistics [V]; at exactly a tenth authorities differ [V]",
            "Who misses a tenth or more of their own possible sessions is persistently absent, who misses half or more "
            "severely.",
            (
                "attendance.counting.missed",
                "attendance.counting.sums",
            ),
        ),
        "small_numbers": Provision(
            "Department for Education, open data standards and data guidance [V]; UK GDPR art. 5(1)(f) [U]; "
            "how few are few [U]",
            "A published figure about very few pupils, or about the only school of an authority, is withheld, and so "
            "is any other that would give it away.",
            (
                "attendance.suppression.Published",
                "attendance.statistics.table",
            ),
        ),
        "annual_collection": Provision(
            "Department for Education, parental responsibility measures, data guidance [V]; "
            "where a notice belongs that is paid late or in part [U]",
            "Each year the authority reports its penalty notices, each under one reason and one outcome, and its "
            "other measures.",
            (
                "attendance.annual.annual_return",
                "attendance.annual.outcome_of",
            ),
        ),
    }
)
"""The provision of every rule, by the name under which reasons, refusals and documents quote it."""

FIGURES: Final[Mapping[str, Figure[Any]]] = MappingProxyType(
    {name: each for name, each in list(globals().items()) if isinstance(each, Figure)}
    | {f"POST_DAYS[{post}]": each for post, each in POST_DAYS.items()}
)
"""Every figure by its name."""
