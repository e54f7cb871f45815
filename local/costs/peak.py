"""A morning on which every school sends its file: when the last report is there, and which limit is reached first.

Queueing by hand: work arrives evenly or at once and is done at a steady pace; where it arrives more slowly than that, nobody waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from local.costs.bill import ASSUMED, Assumptions, Measured, milliseconds
from local.costs.measuring import OF_SCHOOL

WINDOW: Final = 50 * 60
"""Seconds from 9:10 to 10:00."""
REQUESTS_BEFORE: Final = 1
"""Of the API, until a file is sent; the others follow the report."""


@dataclass(frozen=True)
class Limit:
    """A limit, who set it, how much of it is used when files come over the window, and when all come at once (1 is all)."""

    name: str
    ours: bool
    limit: float
    over_the_window: float
    at_once: float


@dataclass(frozen=True)
class Peak:
    """How the morning goes; times in seconds after the last file (over the window) or after the first (at once)."""

    validate_seconds: float
    thresholds_seconds: float
    last_report: float
    last_position: float
    last_report_at_once: float
    last_position_at_once: float
    limits: tuple[Limit, ...]

    @property
    def first(self) -> Limit:
        """The limit that is reached first when all files come at once."""
        return max(self.limits, key=lambda each: each.at_once)


def drained(files: float, arriving: float, seconds: float, at_a_time: float) -> float:
    """Seconds from the last arrival until the last file is done: files come evenly over `arriving` seconds, each takes `seconds`.

    >>> drained(1000, 0, 0.5, 50), drained(1000, 100, 0.5, 50), drained(1000, 8, 0.5, 50)
    (10.0, 0.5, 2.0)
    """
    return max(seconds, files * seconds / at_a_time - arriving)


def peak(measured: Measured, schools: float, pupils: float, assumed: Assumptions = ASSUMED) -> Peak:
    """The morning of so many schools of so many pupils together."""
    daily = measured.at(pupils / schools)["daily_file"]
    functions = measured.deployed["functions"]
    took = {name: milliseconds(daily, name, assumed) / 1000 for name in functions}
    at_a_time = {name: functions[name].get("concurrency", 0) for name in functions}
    checks, follows = took["validate"], took["thresholds"]
    a_second = schools / WINDOW
    gateway = measured.deployed["api_per_second"]
    through_gate = schools * REQUESTS_BEFORE / gateway
    # All at once they still come through the gateway, which lets so many a second ask for a link.
    report = max(through_gate + checks, schools * checks / at_a_time["validate"])
    position = max(report + follows, schools * follows / at_a_time["thresholds"])
    fastest = min(gateway / REQUESTS_BEFORE, at_a_time["validate"] / checks)  # files a second when all come at once

    def limit(name: str, most: float, a_file: float, *, ours: bool = False, at_once: float | None = None) -> Limit:
        return Limit(
            name, ours, most, a_file * a_second / most, fastest * a_file / most if at_once is None else at_once
        )

    in_flight = sum(took.values())
    files_at_once = a_second * WINDOW
    limits = (
        limit(
            "API Gateway, requests a second",
            gateway,
            daily["gateway requests"],
            ours=True,
            at_once=files_at_once / gateway,
        ),
        limit(
            "validate, at a time",
            at_a_time["validate"],
            checks,
            ours=True,
            at_once=gateway * checks / at_a_time["validate"],
        ),
        limit("thresholds, at a time", at_a_time["thresholds"], follows, ours=True),
        limit("Lambda, at a time in the account", 1000, in_flight),
        limit("S3, writes a second of a prefix", 3500, _calls(daily, "s3_put")),
        limit("S3, reads a second of a prefix", 5500, _calls(daily, "s3_get")),
        limit("DynamoDB, write units a second of a new table", 4000, _calls(daily, "write_units")),
        limit("DynamoDB, read units a second of a new table", 12000, _calls(daily, "read_units", OF_SCHOOL)),
        limit("STS, roles assumed a second (links to send by)", 600, _calls(daily, "sts")),
        limit("EventBridge, events put a second", 1200, _calls(daily, "events")),
        limit("SQS FIFO, messages a second (notices; none before an officer decides)", 300, _calls(daily, "sqs")),
    )
    return Peak(
        checks,
        follows,
        drained(schools, WINDOW, checks, at_a_time["validate"]),
        drained(schools, WINDOW, follows, at_a_time["thresholds"]),
        report,
        position,
        limits,
    )


def _calls(daily: dict[str, float], *what: str) -> float:
    return sum(n for name, n in daily.items() if name.partition(" ")[2] in what)
