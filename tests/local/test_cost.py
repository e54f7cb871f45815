"""A year's bill: what was measured times how often times the price, worked out by hand for a small case; and a morning's queue."""

import csv
import json
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.command import main
from local.cost import TARGETS, cost
from local.costs import bill, peak
from local.costs.bill import Assumptions, Measured
from local.costs.measuring import EVENTS, deployed, measure
from local.node import ROOT

PRICES = list(csv.DictReader((ROOT / "local/costs/prices.csv").read_text(encoding="utf-8").splitlines()))
COMMITTED = Measured.load()
ONE_FUNCTION = {
    "functions": {"validate": {"memory_mb": 2048, "scratch_mb": 512, "concurrency": 10, "batch": 1}},
    "alarms": 16, "keys": 1, "secrets": 1, "polled_queues": 3, "api_per_second": 50,
}  # fmt: skip
PLAIN = Assumptions(
    school_days=100, roll_files=0, notices_a_pupil=0, slower_than_here=2, s3_get_ms=10, s3_put_ms=30, cold_share=0,
    platform_log_bytes=0, kms_a_data_event=0, trail_record_bytes=0,
)  # fmt: skip


def measured(**daily: float) -> Measured:
    """A measurement in which only a daily file uses anything, the same at every size."""
    use = {name.replace("__", " "): n for name, n in daily.items()}
    events = {**{name: {} for name in EVENTS}, "daily_file": use, "kept": {}}
    return Measured(date(2026, 11, 27), "by hand", {100: events, 700: events}, ONE_FUNCTION)


def lines(found: list[bill.Line]) -> dict[str, float]:
    return {name: sum(line.usd for line in found if line.service == name) for name in {line.service for line in found}}


def test_a_function_is_paid_for_its_own_work_its_waiting_its_memory_and_its_calls() -> None:
    """1,000 schools, 100 days: 100,000 calls of 200 ms x 2, and 4 reads of 10 ms and 2 writes of 30 ms: 0.5 s of 2 GB each."""
    found = lines(
        bill.of_schools(
            measured(validate__invocations=1, validate__own_ms=200, validate__s3_get=4, validate__s3_put=2),
            1000, 300_000, PLAIN,
        )
    )  # fmt: skip
    assert found["Lambda"] == pytest.approx(100_000 * (0.5 * 2 * 0.0000133334 + 0.0000002))
    assert found["S3 requests"] == pytest.approx(400_000 * 0.00000042 + 200_000 * 0.0000053)
    assert set(found) == {"Lambda", "S3 requests"}


def test_what_is_kept_is_there_half_of_the_first_year_and_all_of_the_years_before() -> None:
    """1,000 schools keep 100 files of 1 MB: 100 GB a year."""
    of = measured(bytes__uploads=1_000_000)
    first, third = (bill.usd(bill.of_schools(of, 1000, 300_000, PLAIN, year=year)) for year in (1, 3))
    assert first == pytest.approx(50 * 12 * 0.024)
    assert third == pytest.approx(250 * 12 * 0.024)


def test_idle_is_a_key_a_secret_the_alarms_and_polling() -> None:
    assert bill.usd(bill.idle(measured())) / 12 == pytest.approx(
        3 * 1.00 + 0.40 + 16 * 0.10 + 3 * 648_000 * 0.0000004, abs=0.001
    )


def test_identity_and_keys_by_hand() -> None:
    assert bill.usd(bill.own_keys(10)) == pytest.approx(12 * 10 * 3)
    people, tokens = 10 * 10 * 12 * 0.015, 20 * 10 * 190 * 0.00225
    assert bill.usd(bill.identity(10)) == pytest.approx(people + tokens + 20 * 12 * 6)


@given(st.integers(1, 30_000), st.integers(50, 2_000), st.integers(2, 9))
def test_as_many_times_the_schools_cost_as_many_times_as_much(schools: int, size: int, times: int) -> None:
    one = bill.usd(bill.of_schools(COMMITTED, schools, schools * size))
    assert bill.usd(bill.of_schools(COMMITTED, times * schools, times * schools * size)) == pytest.approx(times * one)


@given(st.integers(100, 350), st.integers(0, 175))
def test_pupils_add_to_a_schools_cost_in_proportion_but_for_their_notices(size: int, more: int) -> None:
    """Half way between two sizes costs half way between: what is used and how often are both on lines, notices apart."""
    none = Assumptions(notices_a_pupil=0)
    low, middle, high = (
        bill.usd(bill.of_schools(COMMITTED, 1, pupils, none)) for pupils in (size, size + more, size + 2 * more)
    )
    assert middle == pytest.approx((low + high) / 2)


def test_each_year_adds_the_same_until_what_is_kept_goes() -> None:
    costs = [bill.usd(bill.of_schools(COMMITTED, 100, 33_000, year=n)) for n in range(1, 12)]
    steps = [after - before for before, after in pairwise(costs)]
    assert steps[0] > steps[1], "from the second year on the last year's rows are read, too, and none of earlier ones"
    assert steps[1 : bill.ASSUMED.kept_years - 1] == pytest.approx([steps[1]] * (bill.ASSUMED.kept_years - 2))
    assert steps[bill.ASSUMED.kept_years - 1 :] == pytest.approx([0] * (len(steps) - bill.ASSUMED.kept_years + 1))


def test_every_price_has_its_source_and_date_and_is_used() -> None:
    used = (ROOT / "local/costs/bill.py").read_text(encoding="utf-8")
    for row in PRICES:
        assert float(row["usd"]) > 0
        assert re.fullmatch(r"20\d\d-\d\d", row["as_of"])
        assert row["source"].startswith("https://aws.amazon.com/")
        assert f'"{row["name"]}"' in used, row["name"]


def test_the_measurement_is_of_what_the_templates_deploy() -> None:
    """Else measure again: `attendance cost --measure`."""
    assert COMMITTED.deployed == deployed()


def test_the_measurement_counts_the_calls_that_are_made_now() -> None:
    fresh = measure(60)
    for counted in ("s3_get", "s3_put", "invocations", "read_units"):
        for event in ("daily_file", "roll_file"):
            for size in COMMITTED.sizes.values():
                assert size[event].get(f"validate {counted}") == fresh[event].get(f"validate {counted}")
    assert fresh["notice"]["bytes documents"] > 10_000, "a notice was written"


@pytest.mark.parametrize(
    ("files", "arriving", "seconds", "at_a_time", "expected"),
    [
        (20_000, 0, 0.5, 50, 200),  # all at once: 100 a second
        (20_000, 100, 0.5, 50, 100),  # half done while they come
        (20_000, 3000, 0.5, 50, 0.5),  # done as they come
    ],
)
def test_the_last_of_a_queue_by_hand(
    files: int, arriving: float, seconds: float, at_a_time: float, expected: float
) -> None:
    assert peak.drained(files, arriving, seconds, at_a_time) == pytest.approx(expected)


def test_a_morning_by_hand() -> None:
    """10,000 schools, checks of 1 s, ten at a time: 10 a second; the gateway lets 50 a second ask."""
    of = measured(validate__own_ms=500, gateway__requests=3)
    shape = of.deployed["functions"]["validate"]
    of = replace(of, deployed={**of.deployed, "functions": {"validate": shape, "thresholds": shape}})
    found = peak.peak(of, 10_000, 3_000_000, PLAIN)
    assert found.last_report_at_once == pytest.approx(1000)
    assert found.last_report == pytest.approx(1)
    assert found.first.ours


def test_the_command_says_of_each_target_whether_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--schools", "300", "--pupils", "100000", "--authorities", "1", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["targets"]) == set(TARGETS)
    for target in told["targets"].values():
        assert target["holds"] == (target["reached_gbp"] < target["gbp"])
    sums = (sum(each["usd"] for each in told[name].values()) for name in ("by_service", "by_stage", "biggest"))
    assert [pytest.approx(total, abs=0.5) for total in sums] == [told["year"]["usd"]] * 3
    assert set(told["assumptions"]) == set(bill.assumptions())
    assert main(["cost"]) == 0
    text = capsys.readouterr().out
    assert len(re.findall(r"^  (?:holds|MISSED) ", text, re.MULTILINE)) == len(TARGETS)


def test_all_england_is_within_its_target_in_the_first_year() -> None:
    reached = cost(COMMITTED, 20392, 6_700_000, 153)["targets"]
    assert reached["all schools, a year"]["holds"]
    assert reached["an authority of 300 schools, a year"]["holds"]
    assert reached["idle, a month"]["holds"]


@pytest.mark.parametrize("number", ["x", "0", "-3", "1.5", ""])
def test_a_number_that_is_none_is_answered_with_what_to_give(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["cost", f"--schools={number}"])
    assert left.value.code == 2
    assert f"argument --schools: {number!r}: give a whole number from 1" in capsys.readouterr().err
