"""What was paid for a penalty notice, whether it discharges the liability, and what is paid back (SI 2007/1867 regs 4 to 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from attendance.cases import Notice

type PaymentState = Literal["unpaid", "part_paid", "paid_early", "paid", "overpaid"]


@dataclass(frozen=True)
class Money:
    """How a penalty notice stands in money on a day, in pence.

    `due` discharges the liability if paid that day (0: nothing more does, or it is discharged); `refund` is to be paid back.
    """

    state: PaymentState
    received: int
    due: int
    refund: int
    last_day: date | None
    """The last day on which `due` discharges the liability; None: the days for paying have not begun, or none is left."""


def money(notice: Notice, today: date) -> Money:
    """What was received, what still discharges the liability, and what is to be paid back.

    The day on which money was paid counts, not the day it reached the ledger (field.md E65). While a letter that came back has not
    been served, the days for paying have not begun (E69). A payment in part discharges nothing [U]: it counts towards the amount.
    """
    full, reduced = notice.amount_pence, notice.reduced_amount_pence
    received = sum(p.pence for p in notice.payments)
    if full is None:  # a notice to improve, or one that somebody else issued
        return Money("unpaid", received, 0, 0, None)
    early = sum(p.pence for p in notice.payments if _in_time(p.paid_on, notice.reduced_until, notice))
    in_time = sum(p.pence for p in notice.payments if _in_time(p.paid_on, notice.pay_by, notice))
    if notice.standing == "withdrawn":
        return Money("unpaid" if not received else "overpaid", received, 0, received, None)
    owed = reduced if reduced is not None and early >= reduced else full if in_time >= full else None
    if owed is not None:
        state: PaymentState = "overpaid" if received > owed else "paid" if owed == full else "paid_early"
        return Money(state, received, 0, received - owed, None)
    last_days = [(reduced, notice.reduced_until)] if reduced is not None else []
    last_days.append((full, notice.pay_by))
    for amount, last in last_days:
        if _in_time(today, last, notice):
            state = "part_paid" if received else "unpaid"
            return Money(state, received, amount - received, 0, None if notice.returned_on else last)
    return Money("unpaid", received, 0, 0, None)


def discharged(notice: Notice) -> bool:
    """Whether what was paid in time discharges the liability: the reduced amount to its last day, the full one to the last day."""
    return money(notice, date.max).state in {"paid_early", "paid", "overpaid"} and notice.standing != "withdrawn"


def _in_time(day: date, last: date | None, notice: Notice) -> bool:
    return notice.returned_on is not None or (last is not None and day <= last)
