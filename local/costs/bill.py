"""A year's bill of AWS in US dollars: what was measured of one school, times how often it happens, times the list price.

No free tier is taken off, so that the bill is linear: in schools where pupils a school stay the same, and in pupils.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from local.costs.measuring import EVENTS, OF_SCHOOL, Usage

GB: Final = 10**9
HOURS_A_YEAR: Final = 8760


@dataclass(frozen=True)
class Assumptions:
    """All that is neither counted nor a price: a name, a figure and a reason each; `cost --format json` prints them."""

    usd_per_gbp: float = 1.30
    """The exchange rate as set on 27 November 2026; it was not looked up."""
    school_days: int = 190
    """School days of a year, each with one file of each school."""
    roll_files: int = 38
    """Files of pupils or parents of each school in a year: one a school week."""
    notices_a_pupil: float = 0.073
    """Penalty notices in a year: 487,344 in England in 2023/24 (Department for Education), for 6.7 million pupils."""
    slower_than_here: float = 1.5
    """One virtual processor of Lambda on arm64 (1,769 MB of memory) takes so much longer than a core of the machine that measured.
    Not measured: Graviton2 is slower for one thread than recent x86, seldom by half."""
    s3_get_ms: float = 25
    s3_put_ms: float = 40
    dynamodb_ms: float = 8
    other_call_ms: float = 20
    """How long a function waits for an answer, and is paid for waiting: usual figures within a region, not measured."""
    cold_share: float = 0.05
    cold_ms: float = 1500
    """So many calls meet a new process, which is paid for while it starts; daily files come in one hour, to processes that live."""
    requests_a_message: float = 3
    """Of SQS: sent, received, deleted."""
    polls_a_queue_month: float = 648_000
    """Five pollers that each ask every 20 seconds, as Lambda does where a maximum concurrency is set."""
    platform_log_bytes: float = 450
    access_log_bytes: float = 350
    """What Lambda itself writes of each call, and the gateway of each request."""
    kms_a_data_event: float = 0.01
    """S3's bucket keys and DynamoDB's cached keys spare 99 calls to KMS of 100 (AWS: up to 99 per cent)."""
    trail_record_bytes: float = 200
    """One event in the trail's packed records."""
    metrics: int = 4
    metric_hours: float = 190 * 6
    """Metrics of ours; hours of the year in which they are written."""
    snapshot_days: float = 7
    """How long replaced registers and positions are kept (infra/stores.py)."""
    kept_years: int = 8
    """How long uploads, parts and reports are kept: by then the store no longer grows."""
    key_versions: int = 3
    """What a key costs in months' prices once it was rotated twice, as it stays."""
    programs: int = 20
    tokens_a_program_day: float = 10
    people_an_authority: float = 10
    """Identity: vendors' programs that ask for a token each working hour, officers who sign in."""
    page_requests_a_person_day: float = 200
    page_bytes_a_person_day: float = 2_000_000
    """What an officer's pages would ask of CloudFront on a working day."""


ASSUMED: Final = Assumptions()


class Line(NamedTuple):
    """One line of the bill: dollars of a year, for one stage and one service."""

    stage: str
    service: str
    usd: float


@dataclass(frozen=True)
class Measured:
    """The committed measurement: what each event of a school uses at two sizes, and what the templates deploy."""

    date: date
    machine: str
    sizes: Mapping[int, Mapping[str, Usage]]
    deployed: Mapping[str, Any]

    @classmethod
    def load(cls, text: str | None = None) -> Measured:
        """The measurement that came with the code, or another in its form."""
        given = json.loads(text or resources.files(__package__).joinpath("measured.json").read_text(encoding="utf-8"))
        sizes = {int(size): events for size, events in given["sizes"].items()}
        return cls(date.fromisoformat(given["date"]), given["machine"], sizes, given["deployed"])

    def at(self, pupils: float) -> dict[str, Usage]:
        """What each event uses at a school of that many pupils: on the line through both sizes, never below nothing."""
        (small, low), (large, high) = sorted(self.sizes.items())
        part = (pupils - small) / (large - small)
        return {
            event: {
                name: max(0.0, low[event].get(name, 0) + part * (high[event].get(name, 0) - low[event].get(name, 0)))
                for name in sorted({*low[event], *high[event]})
            }
            for event in low
        }


@cache
def prices() -> Mapping[str, float]:
    """Dollars by name, of the list that came with the code (eu-west-2)."""
    text = resources.files(__package__).joinpath("prices.csv").read_text(encoding="utf-8")
    return {row["name"]: float(row["usd"]) for row in csv.DictReader(text.splitlines())}


def times(assumed: Assumptions, pupils: float) -> dict[str, float]:
    """How often each event happens in a year at a school of that many pupils."""
    found = dict.fromkeys(EVENTS, float(assumed.school_days))
    return found | {"roll_file": float(assumed.roll_files), "notice": assumed.notices_a_pupil * pupils}


def milliseconds(use: Usage, function: str, assumed: Assumptions) -> float:
    """How long a function is paid for in an event: its own work on Lambda's processor, and waiting for answers."""

    def used(what: str) -> float:
        return use.get(f"{function} {what}", 0)

    others = sum(used(service) for service in ("sqs", "events", "secretsmanager", "sts"))
    waits = used("s3_get") * assumed.s3_get_ms + used("s3_put") * assumed.s3_put_ms
    waits += used("dynamodb") * assumed.dynamodb_ms + others * assumed.other_call_ms
    cold = used("invocations") * assumed.cold_share * assumed.cold_ms
    return used("own_ms") * assumed.slower_than_here + waits + cold


def of_schools(
    measured: Measured, schools: float, pupils: float, assumed: Assumptions = ASSUMED, *, year: int = 1
) -> list[Line]:
    """What schools of so many pupils together cost by being used, in their n-th year: what is kept adds up."""
    if not schools:
        return []
    each = pupils / schools
    often, at = times(assumed, each), measured.at(each)
    total: Usage = {}
    stages: dict[str, float] = {}
    for event, n in often.items():
        for name, used in at[event].items():
            total[name] = total.get(name, 0) + used * n * schools
        for function in measured.deployed["functions"]:
            stages[function] = stages.get(function, 0) + milliseconds(at[event], function, assumed) * n * schools
    lines = [*_functions(measured, total, stages, assumed, year), *_stored(at, total, schools, assumed, year)]
    return [line for line in lines if line.usd]


def _functions(measured: Measured, total: Usage, stages: Usage, assumed: Assumptions, year: int) -> Iterable[Line]:
    price = prices()
    # Measured with the rows of half a year: on average as many in the first, from then on those of the last one, too.
    rows = 1 if year == 1 else 3

    def used(stage: str, what: str) -> float:
        return total.get(f"{stage} {what}", 0)

    for stage in (*measured.deployed["functions"], "vendor"):
        if shape := measured.deployed["functions"].get(stage):
            scratch = max(0, shape["scratch_mb"] - 512) / 1024
            seconds = stages[stage] / 1000
            yield Line(stage, "Lambda", seconds * shape["memory_mb"] / 1024 * price["lambda_gb_second"])
            yield Line(stage, "Lambda", seconds * scratch * price["lambda_scratch_gb_second"])
            yield Line(stage, "Lambda", used(stage, "invocations") * price["lambda_request"])
            taken = used(stage, "invocations") * assumed.platform_log_bytes / GB
            yield Line(stage, "CloudWatch logs", taken * (price["logs_gb"] + 12 * price["logs_gb_month"]))
        yield Line(stage, "S3 requests", used(stage, "s3_put") * price["s3_put"])
        yield Line(stage, "S3 requests", used(stage, "s3_get") * price["s3_get"])
        yield Line(stage, "DynamoDB", used(stage, "write_units") * price["dynamodb_write"])
        read = used(stage, "read_units") + used(stage, OF_SCHOOL) * rows
        yield Line(stage, "DynamoDB", read * price["dynamodb_read"])
        fifo = "sqs_fifo_request" if stage == "notices" else "sqs_request"
        yield Line(stage, "SQS", used(stage, "messages") * assumed.requests_a_message * price[fifo])
        yield Line(stage, "EventBridge", used(stage, "events") * price["eventbridge_event"])
        yield Line(stage, "Secrets Manager", used(stage, "secretsmanager") * price["secret_request"])
        records = used(stage, "data_events")
        yield Line(stage, "KMS requests", records * assumed.kms_a_data_event * price["kms_request"])
        yield Line("trail", "CloudTrail", records * price["cloudtrail_event"])
        kept = records * assumed.trail_record_bytes / GB * 6  # of a year's records the mean age is half a year
        yield Line("trail", "CloudTrail", kept * price["s3_gb_month"])
    yield Line("api", "API Gateway", used("gateway", "requests") * price["api_request"])
    yield Line("api", "transfer to the internet", used("gateway", "bytes_out") / GB * price["transfer_gb"])
    access = (used("gateway", "requests") * assumed.access_log_bytes + used("logs", "bytes")) / GB
    yield Line("api", "CloudWatch logs", access * (price["logs_gb"] + 12 * price["logs_gb_month"]))


def _stored(at: Mapping[str, Usage], total: Usage, schools: float, assumed: Assumptions, year: int) -> Iterable[Line]:
    """What is kept: what was written this year is there half of it on average, what was written before all of it."""
    price = prices()
    kept = 0.5 + min(year, assumed.kept_years) - 1
    halves = 2 * kept  # what was measured stood after half a year
    for store in ("uploads", "receipts", "parts", "reports", "documents"):
        yield Line("stores", "S3 storage", total.get(f"bytes {store}", 0) / GB * kept * 12 * price["s3_gb_month"])
    for store in ("registers", "positions"):
        versions = total.get(f"bytes {store}", 0) * assumed.snapshot_days / 365
        current = at["kept"].get(f"bytes {store}", 0) * schools * halves
        yield Line("stores", "S3 storage", (versions + current) / GB * 12 * price["s3_gb_month"])
    items = at["kept"].get("bytes items", 0) * schools * halves / GB
    yield Line("stores", "DynamoDB", items * 12 * (price["dynamodb_gb_month"] + price["dynamodb_recovery_gb_month"]))


def idle(measured: Measured, assumed: Assumptions = ASSUMED) -> list[Line]:
    """What a year costs in which nothing is sent, one deployment with any number of schools and authorities."""
    price, has = prices(), measured.deployed
    month = (
        ("KMS key", has["keys"] * assumed.key_versions * price["kms_key_month"]),
        ("Secrets Manager", has["secrets"] * price["secret_month"]),
        ("CloudWatch alarms", has["alarms"] * price["alarm_month"]),
        ("SQS", has["polled_queues"] * assumed.polls_a_queue_month * price["sqs_request"]),
        ("Scheduler", 30.4 * price["scheduler_invocation"]),
    )
    return [Line("idle", service, 12 * usd) for service, usd in month]


def of_metrics(assumed: Assumptions = ASSUMED) -> list[Line]:
    """The metrics that functions write, for all authorities together, in the hours in which they are written."""
    months = 12 * assumed.metric_hours / HOURS_A_YEAR
    return [Line("metrics", "CloudWatch metrics", assumed.metrics * months * prices()["metric_month"])]


def identity(authorities: float, assumed: Assumptions = ASSUMED) -> list[Line]:
    """Tokens of a Cognito pool of its own; with another OpenID provider (`synth --issuer`) there is none of it."""
    price = prices()
    tokens = assumed.programs * assumed.tokens_a_program_day * assumed.school_days
    usd = 12 * assumed.programs * price["cognito_client_month"] + tokens * price["cognito_token"]
    people = 12 * authorities * assumed.people_an_authority * price["cognito_person_month"]
    return [Line("identity", "Cognito programs", usd), Line("identity", "Cognito people", people)]


def own_keys(authorities: float, assumed: Assumptions = ASSUMED) -> list[Line]:
    """A key of its own for each authority (`synth --own-keys`)."""
    return [Line("own keys", "KMS key", 12 * authorities * assumed.key_versions * prices()["kms_key_month"])]


def pages(authorities: float, assumed: Assumptions = ASSUMED) -> list[Line]:
    """Pages for officers by CloudFront: there is no distribution in the templates, so nothing of it is in any sum."""
    days = authorities * assumed.people_an_authority * assumed.school_days
    requests = days * assumed.page_requests_a_person_day * prices()["cloudfront_request"]
    return [
        Line("pages", "CloudFront", requests + days * assumed.page_bytes_a_person_day / GB * prices()["cloudfront_gb"])
    ]


def usd(lines: Iterable[Line]) -> float:
    """The sum."""
    return sum(line.usd for line in lines)


def assumptions(assumed: Assumptions = ASSUMED) -> dict[str, float]:
    """Every assumption by name."""
    return {each.name: getattr(assumed, each.name) for each in fields(assumed)}
