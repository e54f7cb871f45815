"""Whatever happened to an authority's notices, its annual return adds up and has each notice once in each breakdown."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.annual import Outcome, Reason, annual_return, outcome_of, reason_of
from attendance.cases import Intervention, InterventionKind, Notice, Payment
from attendance.standing import MarkedSession

ISSUED = date(2025, 10, 10)
PAID_DAYS = st.integers(0, 40) | st.sampled_from([23, 24, 25, 30, 31, 32])
PAYMENTS = st.lists(st.tuples(PAID_DAYS, st.sampled_from([1, 4000, 8000, 12000, 16000])), max_size=3)
GROUNDS = ["ought_not", "wrong_person", "material_error", "not_prosecuting"]


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    first, standing = (
        draw(st.booleans()),
        draw(st.sampled_from(["stands", "stands", "withdrawn", "reserved", "expired"])),
    )
    codes = draw(st.lists(st.sampled_from("GNOU"), min_size=1, max_size=10))
    return Notice.model_validate({
        "reference": draw(st.uuids()).hex, "la": draw(st.sampled_from(["886", "886", "926"])), "urn": "100001", "case": None,
        "kind": draw(st.sampled_from(["penalty_notice"] * 4 + ["notice_to_improve", "excluded_pupil_notice"])),
        "pupil": "pupil", "person": "person", "parent_id": "p1", "attempt": 0,
        "issued_on": ISSUED + timedelta(days=draw(st.sampled_from([0, 0, 0, -71, -70, 294, 295]))),
        "issuer": draw(st.sampled_from([None, None, None, "Police"])), "amount_pence": 16000,
        "reduced_amount_pence": 8000 if first else None, "reduced_until": ISSUED + timedelta(days=24) if first else None,
        "pay_by": ISSUED + timedelta(days=31), "standing": standing,
        "withdrawn_ground": draw(st.sampled_from(GROUNDS)) if standing == "withdrawn" else None,
        "prosecution": draw(st.sampled_from([None, None, "guilty", "not_guilty", "discontinued"])),
        "payments": [Payment(paid_on=ISSUED + timedelta(days=n), pence=pence) for n, pence in draw(PAYMENTS)],
        "sessions": [MarkedSession(date=ISSUED, session="AM", code=code) for code in codes],
    })  # fmt: skip


@st.composite
def interventions(draw: st.DrawFn) -> Intervention:
    return Intervention.model_validate({
        "id": draw(st.uuids()).hex, "kind": draw(st.sampled_from(get_args(InterventionKind))), "la": "886",
        "urn": "100001", "pupil": draw(st.sampled_from("AB")), "upn": "", "parent_id": None, "person": None,
        "on": ISSUED + timedelta(days=draw(st.sampled_from([0, 1, 100, -71, 295]))), "reason": None,
    })  # fmt: skip


@given(st.lists(notices(), max_size=12), st.lists(interventions(), max_size=12))
@settings(max_examples=80)
def test_every_sum_of_the_collection_adds_up(given_: list[Notice], measures: list[Intervention]) -> None:
    row = annual_return("886", "Kent", 2025, given_, measures, 1000).row()

    def n(*names: str) -> int:
        return sum(int(row[name]) for name in names)

    counted = [
        each for each in given_
        if each.kind == "penalty_notice" and each.la == "886" and each.issuer is None
        and each.standing in ("stands", "withdrawn") and date(2025, 8, 1) <= each.issued_on <= date(2026, 7, 31)
    ]  # fmt: skip
    assert n("pn_issued") == len(counted)
    assert n("pn_issued") == n("reason_pn_hols", "reason_pn_late", "reason_pn_other")
    assert n("pn_issued") == n("pn_paid", "pn_withdrawn", "pn_prosecuted_non_payment", "pn_unresolved")
    assert n("pn_issued") == n(*get_args(Outcome))
    assert n("pn_paid") == n("pn_paid_21", "pn_paid_22_28")
    assert n("pn_withdrawn") == sum(each.standing == "withdrawn" for each in counted)
    assert n("pn_withdrawn") == n(*(name for name in get_args(Outcome) if name.startswith("withdrawn")))
    assert n("case_management_withdrawn_before_prosecution") == n(
        "case_management_withdrawn_att_improved", "case_management_withdrawn_other"
    )
    assert n("parenting_orders_not_imp") == n(
        "parenting_orders_not_imp_lackofprovision", "parenting_orders_not_imp_breachbyparent"
    )
    assert n("supervision_orders_total") == n(
        "supervision_orders_inplaceofprosecution", "supervision_orders_inadditiontoprosecution"
    )
    assert row["pn_issued_rate"] == round(len(counted) / 10, 5)


@given(notices())
@settings(max_examples=150)
def test_a_notice_has_the_outcome_that_a_slow_reading_gives_it(notice: Notice) -> None:
    by_day = {}
    for day in (ISSUED + timedelta(days=n) for n in range(45)):
        so_far = sum(payment.pence for payment in notice.payments if payment.paid_on <= day)
        by_day[day] = so_far >= 16000 and day <= ISSUED + timedelta(days=31)
        by_day[day] |= bool(notice.reduced_amount_pence) and so_far >= 8000 and day <= ISSUED + timedelta(days=24)
    days = sorted(day for day, enough in by_day.items() if enough)
    ground = dict(zip(GROUNDS, ("conduct", "wrong_issue", "material_error", "expiry_no_legal"), strict=True))
    if notice.standing == "withdrawn":
        outcome = f"withdrawn_reason_{ground[str(notice.withdrawn_ground)]}"
    elif days:
        outcome = "pn_paid_21" if days[0] <= ISSUED + timedelta(days=24) else "pn_paid_22_28"
    else:
        outcome = "pn_prosecuted_non_payment" if notice.prosecution else "pn_unresolved"

    assert outcome_of(notice) == outcome
    assert reason_of(notice) in get_args(Reason)
