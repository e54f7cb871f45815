"""What is lawful: every figure of the law with its dates and source, every provision with what it says.

No number of the law stands anywhere else. The labels: [V] the text was read, [C] corroborated by secondary sources, [U]
unverified or our own reading, to be changed here in one place. Paragraphs of the guidance are those of August 2024.
"""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final


class NotInForce(LookupError):
    """A figure was asked for on a day before it began."""


@dataclass(frozen=True)
class Figure[T = int]:
    """Something fixed by law: what it was on any day, in which unit, and who says so."""

    unit: str
    source: str
    values: Mapping[date, T]

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


SCHEME_START: Final = date(2024, 8, 19)
"""First day of the 2024 codes, the national framework and its amounts: SI 2024/208, SI 2024/210 [V]."""

_OLD_SCHEME: Final = date(2013, 9, 1)
_REGULATIONS_2006: Final = date(2006, 9, 1)
_ALWAYS: Final = date.min

# --- The national threshold ------------------------------------------------------------------------------------------

THRESHOLD_SESSIONS: Final = Figure(
    "countable sessions", "WTISA paras 174-200, national threshold [V]", {SCHEME_START: 10}
)
THRESHOLD_WEEKS: Final = Figure("school weeks", "WTISA paras 174-200, national threshold [V]", {SCHEME_START: 10})
SESSIONS_FLOAT: Final = Figure(
    "school days", "the rival reading of ten school weeks, fifty school days afloat [U]", {SCHEME_START: 50}
)
REPEATED_SESSIONS: Final = Figure(
    "countable sessions", "our figure for repeated absence below the threshold [U]", {_ALWAYS: 16}
)
REPEATED_WEEKS: Final = Figure("weeks", "our figure for repeated absence below the threshold [U]", {_ALWAYS: 52})
FEW_SESSIONS: Final = Figure(
    "a session is held by few if fewer than one in this many of the roll have a mark", "our figure [U]", {_ALWAYS: 10}
)
FRAMEWORK_TYPES: Final = Figure(
    "type codes of Get Information about Schools",
    "EA 1996 s.444B, relevant school [U]",
    {
        SCHEME_START: frozenset(
            {"1", "2", "3", "5", "6", "7", "12", "14", "28", "33", "34", "35", "36", "38", "40", "41", "42", "43", "44"}
        )
    },
)

# --- Penalty notices -------------------------------------------------------------------------------------------------

PENALTY_FULL: Final = Figure(
    "pounds",
    "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]; before 2024 [C]",
    {_OLD_SCHEME: 120, SCHEME_START: 160},
)
PENALTY_REDUCED: Final = Figure(
    "pounds", "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]; before 2024 [C]", {_OLD_SCHEME: 60, SCHEME_START: 80}
)
PENALTY_SECOND: Final = Figure(
    "pounds, without a reduction", "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]", {SCHEME_START: 160}
)
REDUCED_DAYS: Final = Figure(
    "days, the day of receipt being the first", "SI 2007/1867 reg 4, as amended [V]", {_OLD_SCHEME: 21}
)
PAY_DAYS: Final = Figure(
    "days, the day of receipt being the first",
    "SI 2007/1867 regs 4 and 5, as amended [V]; from receipt [U]",
    {_OLD_SCHEME: 28},
)
NOTICE_LIMIT: Final = Figure(
    "notices to one parent for one child",
    "SI 2007/1867 as amended by SI 2024/210; WTISA ch. 6 [V]; which regulation [U]",
    {SCHEME_START: 2},
)
LIMIT_YEARS: Final = Figure(
    "years, ending with the day of the proposed notice",
    "SI 2007/1867 as amended by SI 2024/210; WTISA ch. 6 [V]; which regulation [U]",
    {SCHEME_START: 3},
)
PROSECUTION_MONTHS: Final = Figure(
    "months from the first session relied on",
    "six months [V]; Magistrates' Courts Act 1980 s.127, from the first session [U]",
    {_ALWAYS: 6},
)
PROSECUTION_MARGIN_DAYS: Final = Figure(
    "days left after the payment period to begin proceedings", "our figure [U]", {_ALWAYS: 28}
)

# --- Service by post -------------------------------------------------------------------------------------------------

POST_DAYS: Final[Mapping[str, Figure[int]]] = MappingProxyType(
    {
        "first": Figure(
            "working days after posting", "Interpretation Act 1978 s.7; practice direction 1985 [V]", {_ALWAYS: 2}
        ),
        "second": Figure(
            "working days after posting", "Interpretation Act 1978 s.7; practice direction 1985 [V]", {_ALWAYS: 4}
        ),
        "hand": Figure("days after delivery", "EA 1996 s.572 [V]", {_ALWAYS: 0}),
    }
)

# --- Notice to improve -----------------------------------------------------------------------------------------------

IMPROVEMENT_DAYS_LEAST: Final = Figure(
    "school days", "WTISA ch. 6: three to six weeks [V]; school weeks [U]", {SCHEME_START: 15}
)
IMPROVEMENT_DAYS_MOST: Final = Figure(
    "school days", "WTISA ch. 6: three to six weeks [V]; school weeks [U]", {SCHEME_START: 30}
)

# --- Registers and returns -------------------------------------------------------------------------------------------

N_DAYS: Final = Figure("school days after the session", "SI 2024/208 reg 10(7) to (9) [C]", {SCHEME_START: 5})
REGISTER_YEARS: Final = Figure(
    "years for which every entry is kept", "SI 2024/208 reg 7 [V]", {_REGULATIONS_2006: 3, SCHEME_START: 6}
)
SICKNESS_DAYS: Final = Figure("school days in the school year", "SI 2024/208 reg 13 [V]", {SCHEME_START: 15})
CONTINUOUS_DAYS: Final = Figure("school days", "SI 2024/208 reg 13 [V]", {_REGULATIONS_2006: 10})
CONTINUOUS_SESSIONS: Final = Figure(
    "sessions that are ten school days",
    "SI 2024/208 reg 13; a Department for Education prototype [C]",
    {_REGULATIONS_2006: 20},
)
NEW_PUPIL_DAYS: Final = Figure(
    "days after the day on which the name is entered", "SI 2024/208 reg 13(1) [V]", {SCHEME_START: 5}
)
LAST_TERM_ENDS_IN: Final = Figure(
    "months in which the last term of a school year can end",
    "SI 2024/208 reg 13(5) [C]; months ours [U]",
    {_ALWAYS: (6, 7)},
)
TERM_ENDS: Final = Figure(
    "ends of term for termly returns, month and day",
    "agreed with each school, reg 13; our figure where nothing is [U]",
    {_ALWAYS: ((4, 30), (7, 31), (12, 31))},
)
PERSISTENT_TENTHS: Final = Figure(
    "tenths of the possible sessions, missed",
    "Department for Education statistics [V]; first day [U]",
    {date(2015, 9, 1): 1},
)
SEVERE_TENTHS: Final = Figure(
    "tenths of the possible sessions, missed",
    "Department for Education statistics [V]; first day [U]",
    {date(2015, 9, 1): 5},
)

# --- Statistics ------------------------------------------------------------------------------------------------------

STATISTICS_AGES: Final = Figure(
    "ages of the pupils whom statistics cover, the youngest and the oldest",
    "Department for Education statistics: of compulsory school age [V]; these ages [C]",
    {_ALWAYS: (5, 15)},
)
STATISTICS_AGES_ON: Final = Figure(
    "month and day, in the year in which the academic year begins, on which those ages are taken",
    "Department for Education statistics [C]",
    {_ALWAYS: (8, 31)},
)
SPECIAL_TYPES: Final = Figure(
    "type codes of Get Information about Schools", "special schools that statistics cover [U]", {
        _ALWAYS: frozenset({"7", "8", "12", "33", "36", "44"})
    },
)  # fmt: skip
ALTERNATIVE_TYPES: Final = Figure(
    "type codes of Get Information about Schools", "pupil referral units and alternative provision [U]", {
        _ALWAYS: frozenset({"14", "38", "42", "43"})
    },
)  # fmt: skip
PUBLISHED_PUPILS: Final = Figure(
    "pupils, the fewest that a published figure may be about", "our figure [U]", {_ALWAYS: 5}
)
PUBLISHED_SCHOOLS: Final = Figure(
    "schools, the fewest of an authority whose figures are published",
    "Department for Education, data guidance of its attendance statistics [V]",
    {_ALWAYS: 2},
)

# --- What an extract may say -----------------------------------------------------------------------------------------

TIME_AHEAD_MINUTES: Final = Figure("minutes after receipt", "our limit, for clocks that differ [U]", {_ALWAYS: 60})
DATE_YEARS_BACK: Final = Figure("academic years before the present one", "our limit [U]", {_ALWAYS: 2})
DATE_YEARS_AHEAD: Final = Figure("years after receipt", "our limit [U]", {_ALWAYS: 1})

_ACADEMIC_YEAR_MONTH: Final = 8  # EA 1996 s.579: the school year begins with the first term that begins after July [V]


def academic_year(day: date) -> int:
    """The academic year of a day, by the year in which it begins: 1 August to 31 July.

    >>> academic_year(date(2026, 7, 31)), academic_year(date(2026, 8, 1))
    (2025, 2026)
    """
    return day.year if day.month >= _ACADEMIC_YEAR_MONTH else day.year - 1


def academic_year_days(year: int) -> tuple[date, date]:
    """The first and last day of an academic year."""
    return date(year, _ACADEMIC_YEAR_MONTH, 1), date(year + 1, _ACADEMIC_YEAR_MONTH, 1) - timedelta(days=1)


def months_after(day: date, months: int) -> date:
    """The same day of the month so many months on (or back, if negative), or that month's last day if it has none."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


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

    @property
    def citation(self) -> str:
        """The instruments alone, without labels and without our notes on what is read into them.

        >>> Provision("WTISA ch. 6 [V]; Monday to Sunday [U]", "").citation
        'WTISA ch. 6'
        """
        pieces = [_LABEL.sub("", piece).strip() for piece in self.source.split(";")]
        return "; ".join(piece for piece in pieces if _INSTRUMENT.search(piece))

    def __str__(self) -> str:
        return f"{self.says} ({self.citation})"


_LABEL: Final = re.compile(r" \[[VCU]\]")
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
        ),
        "school_week": Provision(
            "WTISA ch. 6 [V]; Monday to Sunday [U]",
            "A school week is any week in which the school held at least one session.",
        ),
        "below_threshold": Provision(
            "WTISA ch. 6 [V]",
            "Below the threshold a notice may still be issued in an exceptional case in which an offence was "
            "committed, with the reason recorded.",
        ),
        "framework_school": Provision(
            "EA 1996 ss.444A and 444B [V]; list of types [U]",
            "The national framework covers state-funded schools; for a pupil of any other school there is no penalty "
            "notice.",
        ),
        "compulsory_age": Provision(
            "EA 1996 ss.8 and 444 [V]",
            "Absence is an offence, and counts, only while the pupil is of compulsory school age.",
        ),
        "used_sessions": Provision(
            "reading of SI 2007/1867: payment discharges liability for the period [U]",
            "Sessions listed in an earlier penalty notice are not relied on again unless an officer has released them.",
        ),
        "support_first": Provision(
            "WTISA paras 174-200 [V]",
            "Where support is appropriate it comes first: a penalty notice only after it has failed or was refused.",
        ),
        "support_not_appropriate": Provision(
            "WTISA paras 174-200 [V]",
            "Where support is not appropriate, as for a holiday in term time, a penalty notice may be considered at "
            "once.",
        ),
        "n_code": Provision(
            "SI 2024/208 reg 10(7) to (9) [C]",
            "Code N is replaced within five school days of the session; if no reason is established the school enters "
            "O.",
        ),
        # to whom
        "parent": Provision(
            "EA 1996 s.576 [V]",
            "A notice goes to a parent: a natural parent, a person with parental responsibility or a person who cares "
            "for the child; one notice for each parent and each child.",
        ),
        "address": Provision(
            "EA 1996 s.572; SI 2007/1867 reg 3 [U]",
            "The notice names the recipient's and the child's address and is served at the usual or last known one.",
        ),
        "protected_address": Provision(
            "SI 2007/1867 reg 3 [U]; UK GDPR art. 5(1)(f) [U]",
            "A protected address is not printed on another person's document; an officer says which address stands "
            "for it.",
        ),
        "particulars": Provision(
            "SI 2007/1867 reg 3 [V]; lettering [U]",
            "A penalty notice must carry the particulars that the Regulations list.",
        ),
        # how many, how much, until when
        "limit": Provision(
            "SI 2007/1867 as amended by SI 2024/210; WTISA ch. 6 [V]; which regulation [U]",
            "At most two penalty notices to one parent for one child in any three years; after that the authority "
            "considers prosecution, a parenting order, an education supervision order or an attendance contract.",
        ),
        "amount": Provision(
            "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]",
            "A first notice is for £160 if paid within 28 days, reduced to £80 if paid within 21 days.",
        ),
        "second_amount": Provision(
            "SI 2007/1867 reg 4, as amended by SI 2024/210 [V]",
            "A second notice to the same parent for the same child within three years is for £160, without a "
            "reduction.",
        ),
        "payment_period": Provision(
            "SI 2007/1867 regs 4 and 5, as amended [V]; 28 days from receipt [U]",
            "The days for paying are counted from the day on which the notice is received, that day being the first.",
        ),
        "service": Provision(
            "EA 1996 s.572; Interpretation Act 1978 s.7; practice direction 1985 [V]",
            "A notice posted first class is presumed received on the second working day after posting, second class on "
            "the fourth, one delivered by hand that day, unless the contrary is shown.",
        ),
        "discharge": Provision(
            "SI 2007/1867 reg 3 [V]; lettering [U]",
            "Payment within the period discharges any liability for the offence.",
        ),
        "no_appeal": Provision(
            "codes of conduct [V]",
            "There is no appeal against a penalty notice; the offence may be contested in court.",
        ),
        "records": Provision(
            "SI 2007/1867 reg 20 [V]",
            "The authority keeps a copy of each notice, the payments, whether it was withdrawn and why, and whether "
            "there was a prosecution.",
        ),
        # by whom
        "authorised_officer": Provision(
            "EA 1996 s.444A; SI 2007/1867 regs 10 to 13; the authority's code of conduct [V]",
            "Only a named person whom the authority's code of conduct authorises may take this step.",
        ),
        "code_of_conduct": Provision(
            "SI 2007/1867 regs 14 to 18; WTISA para 197 [V]",
            "Whoever issues penalty notices must keep to the code of conduct of the authority of the school.",
        ),
        "authority_of_school": Provision(
            "SI 2007/1867; codes of conduct on cross-border cases [V]",
            "The authority of the school issues the notice and receives the payment; the authority of the home is "
            "told.",
        ),
        "referral": Provision(
            "the authority's code of conduct, SI 2007/1867 regs 14 to 18 [V]",
            "The authority acts on a referral by the school where its code of conduct asks for one.",
        ),
        # after issue
        "withdrawal": Provision(
            "SI 2007/1867 reg 8 [V]",
            "A notice is withdrawn if it ought not to have been issued, or not to that person, or has a material "
            "error; what was paid is paid back, and there are no proceedings for that offence.",
        ),
        "duty_to_withdraw": Provision(
            "SI 2007/1867 reg 9 [V]",
            "A notice unpaid after the payment period is prosecuted for the original offence or withdrawn.",
        ),
        "proceedings": Provision(
            "SI 2007/1867 reg 7 [V]; 28 days since 2013 [V]",
            "No proceedings for the offence begin before the period for paying has ended.",
        ),
        "time_limit": Provision(
            "six months [V]; Magistrates' Courts Act 1980 s.127, counted from the first session [U]",
            "Proceedings begin within six months of the offence, counted from the first session relied on.",
        ),
        # notice to improve
        "notice_to_improve": Provision(
            "WTISA paras 174-200 [V]",
            "A notice to improve is the last chance before a penalty notice where the threshold is met and support was "
            "not engaged with or has not worked.",
        ),
        "improvement_period": Provision(
            "WTISA ch. 6 [V]; school days [U]",
            "The period for improving is three to six weeks, 15 to 30 school days.",
        ),
        "early_end": Provision(
            "WTISA ch. 6 [V]",
            "A penalty notice may be issued before the period ends where it is clear that attendance is not improving.",
        ),
        # registers and returns
        "register_entry": Provision(
            "SI 2024/208 regs 6, 7 and 10 [V]",
            "Every session is recorded with a code of the Regulations, and every entry is kept for six years.",
        ),
        "amendment": Provision(
            "SI 2024/208 reg 6 [U]; the 2006 rule [V]",
            "An amendment shows the original entry, the amended one, the reason, the date and who made it.",
        ),
        "sickness_return": Provision(
            "SI 2024/208 reg 13 [V]",
            "The school tells the authority of a pupil of compulsory school age who has missed or will miss 15 school "
            "days through sickness.",
        ),
        "attendance_return": Provision(
            "SI 2024/208 reg 13 [V]",
            "The school tells the authority, at least once a calendar month, of each pupil of compulsory school age "
            "absent without authorisation for ten continuous school days.",
        ),
        "new_pupil_return": Provision(
            "SI 2024/208 reg 13(1) to (3) [V]",
            "A new pupil is reported to the authority by the end of the fifth day after the name is entered.",
        ),
        "deletion_return": Provision(
            "SI 2024/208 reg 13(4) to (6) [C]",
            "A deletion is reported as soon as its ground arises and not later than the name is deleted.",
        ),
        # statistics
        "statistical_class": Provision(
            "Department for Education, published data that name each code's class [V]; X alone [C]",
            "A session counts in statistics by the class of its code; one that is not possible or not collected counts "
            "nowhere.",
        ),
        "enrolments": Provision(
            "Department for Education, absence statistics [V]; ages, boarders and one possible session [C]",
            "Statistics are of enrolments: a pupil of compulsory school age, not a boarder, with at least one possible "
            "session, counted at each school.",
        ),
        "persistent_absence": Provision(
            "Department for Education, absence statistics [V]; at exactly a tenth authorities differ [V]",
            "Who misses a tenth or more of their own possible sessions is persistently absent, who misses half or more "
            "severely.",
        ),
        "small_numbers": Provision(
            "Department for Education, open data standards and data guidance [V]; UK GDPR art. 5(1)(f) [U]; "
            "how few are few [U]",
            "A published figure about very few pupils, or about the only school of an authority, is withheld, and so "
            "is any other that would give it away.",
        ),
        "annual_collection": Provision(
            "Department for Education, parental responsibility measures, data guidance [V]; "
            "where a notice belongs that is paid late or in part [U]",
            "Each year the authority reports its penalty notices, each under one reason and one outcome, and its "
            "other measures.",
        ),
    }
)
"""The provision of every rule, by the name under which reasons, refusals and documents quote it."""
