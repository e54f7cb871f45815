"""When a notice is received and until when it is paid (law.md L1 to L1c)."""

from datetime import date

import pytest
from tables import cases

from attendance.service import Payment, payment_dates


@pytest.mark.parametrize("case", cases("service"))
def test_the_days_of_a_notice(case: dict[str, str]) -> None:
    days = payment_dates(date.fromisoformat(case["issued_on"]), case["post"], case["when"])

    assert days == Payment(
        *(
            date.fromisoformat(case[column])
            for column in ("posted_on", "presumed_received_on", "reduced_until", "pay_by")
        )
    )
