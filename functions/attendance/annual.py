"""The annual collection, "Parental responsibility measures": an authority's penalty notices and other measures of a year.

The variables are those of the Department for Education's published file, and their sums hold by construction: each notice
issued in the year is counted under one reason and one outcome, and every total is the sum of its classes. (In the published
national figures of 2018/19 the outcomes come to 170 more than the notices; reasons, grounds and payments add up there too.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from attendance import law
from attendance.authorities import GSS_CODES
from attendance.cases import Intervention, InterventionKind, Notice
from attendance.law import academic_year_days
from attendance.money import discharged
from attendance.notice_record import main_reason
from attendance.published import Value, percent, time_period

Reason = Literal["reason_pn_hols", "reason_pn_late", "reason_pn_other"]
Outcome = Literal[
    "pn_paid_21",
    "pn_paid_22_28",
    "withdrawn_reason_conduct",
    "withdrawn_reason_wrong_issue",
    "withdrawn_reason_material_error",
    "withdrawn_reason_expiry_no_legal",
    "pn_prosecuted_non_payment",
    "pn_unresolved",
]

UNAVAILABLE: Final = "x"
"""What the Department's file has where a figure is not available [V]."""

_REASONS: Final[Mapping[str, Reason]] = {
    "holiday": "reason_pn_hols",
    "late": "reason_pn_late",
    "other": "reason_pn_other",
}
_WITHDRAWN: Final[Mapping[str | None, Outcome]] = {
    "ought_not": "withdrawn_reason_conduct",
    "wrong_person": "withdrawn_reason_wrong_issue",
    "material_error": "withdrawn_reason_material_error",
    "not_prosecuting": "withdrawn_reason_expiry_no_legal",
}
_MEASURES: Final[Mapping[InterventionKind, str]] = {
    "case_management": "case_management",
    "case_management_improved": "case_management_withdrawn_att_improved",
    "case_management_ended": "case_management_withdrawn_other",
    "parenting_order_granted": "parenting_orders_granted",
    "parenting_order_implemented": "parenting_orders_implemented",
    "parenting_order_no_provision": "parenting_orders_not_imp_lackofprovision",
    "parenting_order_breached": "parenting_orders_not_imp_breachbyparent",
    "attendance_contract_offered": "parenting_contracts_offered",
    "attendance_contract_accepted": "parenting_contracts_accepted",
    "supervision_order_instead": "supervision_orders_inplaceofprosecution",
    "supervision_order_as_well": "supervision_orders_inadditiontoprosecution",
}
"""What each kind of intervention counts as; a prosecution counts by what came before it, enquiries before a deletion do not."""

SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "pn_paid": ("pn_paid_21", "pn_paid_22_28"),
    "pn_withdrawn": tuple(_WITHDRAWN.values()),
    "pn_issued": ("pn_paid", "pn_withdrawn", "pn_prosecuted_non_payment", "pn_unresolved"),
    "case_management_withdrawn_before_prosecution": (
        "case_management_withdrawn_att_improved",
        "case_management_withdrawn_other",
    ),
    "parenting_orders_not_imp": ("parenting_orders_not_imp_lackofprovision", "parenting_orders_not_imp_breachbyparent"),
    "supervision_orders_total": (
        "supervision_orders_inplaceofprosecution",
        "supervision_orders_inadditiontoprosecution",
    ),
}
"""Every total, and the classes that it is the sum of."""

VARIABLES: Final = (
    "time_period", "old_la_code", "new_la_code", "la_name", "enrolments", "pn_issued", "pn_issued_rate", "reason_pn_hols",
    "reason_pn_late", "reason_pn_other", "pn_paid", "pn_paid_21", "pn_paid_22_28", "pn_withdrawn", "withdrawn_reason_conduct",
    "withdrawn_reason_wrong_issue", "withdrawn_reason_material_error", "withdrawn_reason_expiry_no_legal",
    "pn_prosecuted_non_payment", "pn_unresolved", "case_management", "case_management_prosecuted",
    "case_management_withdrawn_before_prosecution", "case_management_withdrawn_att_improved",
    "case_management_withdrawn_other", "parenting_orders_granted", "parenting_orders_implemented",
    "parenting_orders_not_imp", "parenting_orders_not_imp_lackofprovision", "parenting_orders_not_imp_breachbyparent",
    "parenting_contracts_offered", "parenting_contracts_accepted", "supervision_orders_total",
    "supervision_orders_inplaceofprosecution", "supervision_orders_inadditiontoprosecution",
)  # fmt: skip


@dataclass(frozen=True)
class AnnualReturn:
    """An authority's figures of one academic year; `counts` holds the classes, and every total is summed from them."""

    year: int
    la: str
    la_name: str
    enrolments: int | None
    """None: not known, and then neither is the rate."""
    counts: Mapping[str, int]
    recorded_elsewhere: int
    """Notices of others that officers recorded: not in the figures, for whoever issued them reports them."""

    def total(self, variable: str) -> int:
        """A variable that is a count."""
        if variable in SUMS:
            return sum(self.total(part) for part in SUMS[variable])
        return self.counts.get(variable, 0)

    def row(self) -> dict[str, Value]:
        """The return as the collection names it, in its order."""
        known = {
            "time_period": time_period(self.year),
            "old_la_code": self.la,
            "new_la_code": GSS_CODES.get(self.la, ""),
            "la_name": self.la_name,
            "enrolments": UNAVAILABLE if self.enrolments is None else self.enrolments,
            "pn_issued_rate": percent(self.total("pn_issued"), self.enrolments) if self.enrolments else UNAVAILABLE,
        }
        return {name: known[name] if name in known else self.total(name) for name in VARIABLES}


def annual_return(
    la: str,
    la_name: str,
    year: int,
    notices: Iterable[Notice],
    interventions: Sequence[Intervention],
    enrolments: int | None,
) -> AnnualReturn:
    """The return of an authority for an academic year, of all that is known of its notices and measures now."""
    first, last = academic_year_days(year)
    issued = {each.reference: each for each in notices if first <= each.issued_on <= last and went_out(each, la)}
    own = [each for each in issued.values() if each.issuer is None]
    mine = [each for each in {each.id: each for each in interventions}.values() if each.la == la]
    counts = Counter[str]()
    counts.update(reason_of(each) for each in own)
    counts.update(outcome_of(each) for each in own)
    counts.update(_measured(mine, first, last))
    return AnnualReturn(year, la, la_name, enrolments, counts, len(issued) - len(own))


def went_out(notice: Notice, la: str) -> bool:
    """Whether it is a penalty notice of the authority that went out: not one reserved, nor one that expired unwritten."""
    return notice.kind == "penalty_notice" and notice.la == la and notice.standing in {"stands", "withdrawn"}


def reason_of(notice: Notice) -> Reason:
    """The one main reason under which a notice is counted."""
    return _REASONS[notice.main_reason or main_reason(notice.sessions)]


def outcome_of(notice: Notice) -> Outcome:
    """The one outcome under which a notice is counted.

    Withdrawn goes before all else: what was paid is paid back. Paid is what discharges liability, on the day on which it first
    does: too little, or too late, is not paid. Proceedings brought for non-payment count however they ended.
    """
    if notice.standing == "withdrawn":
        return _WITHDRAWN[notice.withdrawn_ground]
    if (day := discharged_on(notice)) and notice.pay_by:
        fewer = law.PAY_DAYS.on(notice.issued_on) - law.REDUCED_DAYS.on(notice.issued_on)
        return "pn_paid_21" if day <= notice.pay_by - timedelta(days=fewer) else "pn_paid_22_28"
    return "pn_prosecuted_non_payment" if notice.prosecution else "pn_unresolved"


def discharged_on(notice: Notice) -> date | None:
    """The day of the payment by which the notice was paid in time; None: it was not."""
    payments = sorted(notice.payments, key=lambda payment: payment.paid_on)
    so_far = (payments[: n + 1] for n in range(len(payments)))
    return next(
        (made[-1].paid_on for made in so_far if discharged(notice.model_copy(update={"payments": tuple(made)}))), None
    )


def _measured(interventions: Sequence[Intervention], first: date, last: date) -> Iterable[str]:
    """The variable of each intervention of the year that has one."""
    managed: dict[str, date] = {}
    for each in interventions:
        if each.kind == "case_management":
            managed[each.pupil] = min(each.on, managed.get(each.pupil, each.on))
    for each in interventions:
        if first <= each.on <= last:
            if each.kind in _MEASURES:
                yield _MEASURES[each.kind]
            elif each.kind == "prosecution" and managed.get(each.pupil, date.max) <= each.on:
                yield "case_management_prosecuted"
