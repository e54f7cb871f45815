"""`attendance run`: replay an INPUT folder, day by day, through the whole system raised in moto (design 5.3)."""

from __future__ import annotations

import argparse
import filecmp
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3

from attendance.cases import Case
from attendance.context import CONTEXT_CODES, Known, recheck
from attendance.directory import DirectoryUnreadable
from attendance.events import DecisionMade, SchoolDue
from attendance.identifiers import pupil_id
from attendance.law import PROVISIONS
from attendance.settings import SettingsRefused
from attendance.text import LONDON, pretty_json
from aws.buckets import Bucket
from aws.cases import Cases, ReturnItem, Step
from aws.messages import NoticesQueue, ThresholdsQueue
from aws.published import Published
from aws.registers import Registers, SchoolRecord, standing_by_place
from aws.secret import pupil_secret
from local.inputs import BadInput, File, Input, days, read_input
from local.node import ensure_assets
from local.progress import Progress
from local.publish import publish
from local.reconciling import entries_lost, rows_balance
from local.world import World, raise_world

DECIDED_AT, SCHEDULED_AT, LAST_MOMENT = time(18, 15), time(18, 30), time(23, 59)


@dataclass(frozen=True)
class Replayed:
    """What a replay left: its OUTPUT folder and the content of summary.json."""

    output: Path
    summary: dict[str, Any]


@dataclass(frozen=True)
class Doors:
    """The doors that the API would have: `run` plays its part."""

    world: World
    registers: Registers
    cases: Cases
    positions: Bucket
    reports: Bucket
    published: Published
    to_thresholds: ThresholdsQueue
    to_notices: NoticesQueue
    secret: bytes

    @classmethod
    def of(cls, world: World) -> Doors:
        """The doors of a raised world."""
        names, told = world.names, world.environment("thresholds")
        return cls(
            world,
            Registers(Bucket(world.s3, names["parts"]), Bucket(world.s3, names["registers"])),
            Cases(world.dynamodb, told["CASES_TABLE"], told["HISTORY_TABLE"]),
            Bucket(world.s3, names["positions"]),
            Bucket(world.s3, names["reports"]),
            Published(world.dynamodb, told["PUBLISHED_TABLE"]),
            ThresholdsQueue(world.sqs, told["THRESHOLDS_QUEUE_URL"]),
            NoticesQueue(world.sqs, told["NOTICES_QUEUE_URL"]),
            pupil_secret(boto3.client("secretsmanager"), told["PUPIL_SECRET_ARN"]),
        )


def replay(
    input_: Path,
    output: Path,
    *,
    as_at: date | None = None,
    schools: Path | None = None,
    shuffle: int | None = None,
    double: bool = False,
    progress: bool = True,
    narrow: Callable[[Input], Input] | None = None,
    then: Callable[[Doors, Input], None] | None = None,
    written: Callable[[Doors, Replayed], None] | None = None,
) -> Replayed:
    """Replay INPUT through the raised system and write OUTPUT.

    `narrow` may leave out some of INPUT, `then` may look at the world before OUTPUT is written, `written` may go on with it
    afterwards.

    Raises BadInput, SettingsRefused or DirectoryUnreadable with what is wrong and what to do.
    """
    given = read_input(input_, as_at=as_at, schools=schools)
    if output.exists() and (not output.is_dir() or (any(output.iterdir()) and not (output / "summary.json").is_file())):
        raise BadInput(f"{output} is there and no earlier OUTPUT of ours: name a new or empty folder.")
    if narrow:
        given = narrow(given)
    ensure_assets()
    order = random.Random(shuffle) if shuffle is not None else None  # noqa: S311  an order, not a secret
    with raise_world(given.authorities) as world:
        doors = Doors.of(world)
        publish(doors.published, given)
        _play(doors, given, order, double, progress)
        if dead := world.dead_letters():
            raise RuntimeError(f"messages failed too often: {', '.join(f'{len(v)} in {k}' for k, v in dead.items())}")
        if then:
            then(doors, given)
        done = Replayed(output, _write_output(doors, given, output))
        if written:
            written(doors, done)
        return done


# ------------------------------------------------------------------ playing


def _play(doors: Doors, given: Input, order: random.Random | None, double: bool, progress: bool) -> None:
    world = doors.world
    files: dict[date, list[File]] = {}
    for file in given.files:
        files.setdefault(file.day, []).append(file)
    decisions = [d for d in given.decisions if d.on <= given.as_at]
    if later := len(given.decisions) - len(decisions):
        print(f"Not carried out, dated after {given.as_at.isoformat()}: {later} in decisions.csv.", file=sys.stderr)
    first = min([*files, *(d.on for d in decisions)])
    calendar = days(first, given.as_at)
    with Progress("days replayed", len(calendar), progress) as bar:
        for day in calendar:
            last = datetime.combine(day, time(), LONDON)
            todays = [file for file in files.get(day, ()) for _ in range(2 if double else 1)]
            if order:
                order.shuffle(todays)
            for n, file in enumerate(todays):
                world.at(file.received_at)
                last = max(last, file.received_at.astimezone(LONDON))
                _send(world, file, n)
            world.at(last)
            world.drain(order, double=double)
            world.at(_not_before(day, DECIDED_AT, last))
            for decision in (d for d in decisions if d.on == day):
                pupil = pupil_id(decision.upn, doors.secret)
                doors.cases.decide(pupil, decision)
                event = DecisionMade(la=decision.la, pupil=pupil, decision=decision.id, correlation_id=decision.id)
                doors.to_notices.send(event, told="decided")
            world.drain(order, double=double)
            if day == given.as_at:
                for la, urn in sorted({(file.la, file.urn) for file in given.files}):
                    doors.to_thresholds.send(SchoolDue(la=la, urn=urn, correlation_id="as-at"))
                world.drain(order, double=double)
            world.at(_not_before(day, SCHEDULED_AT, last))
            world.day_passed()
            world.drain(order, double=double)
            bar.advance()


def _send(world: World, file: File, n: int) -> None:
    upload_id = f"{file.received_at:%Y%m%dT%H%M%SZ}-{file.sha256[:32]}-{n:04}"
    metadata = {"name": quote(file.path.name), "uncut-received-at": file.uncut_received_at.isoformat()}
    world.put_upload(file.la, file.urn, upload_id, file.path.read_bytes(), metadata)


def _not_before(day: date, moment: time, last: datetime) -> datetime:
    """The moment of a day, or just after the last file if that came later; never the next day."""
    wanted = datetime.combine(day, moment, LONDON)
    return min(max(wanted, last + timedelta(seconds=1)), datetime.combine(day, LAST_MOMENT, LONDON))


# ------------------------------------------------------------------ OUTPUT


def _write_output(doors: Doors, given: Input, output: Path) -> dict[str, Any]:
    world = doors.world
    for name in ("reports", "letters", "positions", "authorities"):
        shutil.rmtree(output / name, ignore_errors=True)
    reports = _reports(doors)
    for (la, urn, upload), report in reports.items():
        _write(output / "reports" / la / urn / f"{upload[:32]}.json", pretty_json(report).encode())
    for name, letter in _early_letters(doors):
        _write(output / "letters" / name, letter)
    every = [r for key in _report_keys(doors) if (r := doors.reports.get(key))]
    records = [doors.registers.brought_up(la, urn) for la, urn in sorted({(f.la, f.urn) for f in given.files})]
    positions = []
    for record in records:
        body = _positions(doors, record)
        if body is not None:
            positions.append(_json(body))
            _write(output / "positions" / f"{record.urn}.json", pretty_json(positions[-1]).encode())
    notices: Counter[str] = Counter()
    for la in given.authorities:
        bucket = Bucket(world.s3, world.names[f"authority-{la}"])
        for key in bucket.keys(""):
            stored = bucket.get(key)
            if stored is not None:
                _write(output / "authorities" / la / key, stored.body)
                if key.startswith("notices/") and key.endswith(".json"):
                    notices[_kind(_json(stored.body))] += 1
    summary = _summary(doors, given, records, [_json(r.body) for r in every], positions, notices)
    _write(output / "summary.json", pretty_json(summary).encode())
    return summary


def _positions(doors: Doors, record: SchoolRecord) -> bytes | None:
    keys = sorted(doors.positions.keys(f"la={record.la}/urn={record.urn}/"))
    stored = doors.positions.get(keys[-1]) if keys else None
    return stored.body if stored else None


def _reports(doors: Doors) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The report on each upload; of copies the first (their names begin with the time of receipt) that says what was found."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for key in sorted(_report_keys(doors)):
        stored = doors.reports.get(key)
        if stored is not None:
            report = _json(stored.body)
            place = (report["la"], report["urn"], report["upload"])
            if place not in found or (_only_a_copy(found[place]) and not _only_a_copy(report)):
                found[place] = report
    return found


def _report_keys(doors: Doors) -> Iterator[str]:
    """The keys of the answers to uploads; what else a school gets lies in folders beside them."""
    return (key for key in doors.reports.keys("") if key.count("/") == 2)


def _early_letters(doors: Doors) -> Iterator[tuple[str, bytes]]:
    """The early letters and their lists, as `{la}/{urn}/{name}`."""
    for key in doors.reports.keys(""):
        la, urn, folder, *name = key.split("/")
        if folder == "letters" and (stored := doors.reports.get(key)):
            yield "/".join((la, urn, *name)), stored.body


def _only_a_copy(report: Mapping[str, Any]) -> bool:
    return all("ALREADY_RECEIVED" in file["counts"] for file in report["files"])


def _summary(
    doors: Doors,
    given: Input,
    records: list[SchoolRecord],
    reports: list[dict[str, Any]],
    positions: list[dict[str, Any]],
    notices: Mapping[str, int],
) -> dict[str, Any]:
    answered = _answered(given, reports)
    findings: Counter[str] = Counter()
    for file in answered.values():
        findings.update({code: n for code, n in file["counts"].items() if code not in CONTEXT_CODES})
    balanced = all(rows_balance(file) for file in answered.values())
    for record in records:
        parts = _attendance_parts(doors, record)
        now = Known.of(record.roll, ())
        for counts in recheck(parts, now, given.as_at, record.urn).values():
            findings.update(counts)
        balanced &= not entries_lost(parts, record.bodies)
    cases: Counter[str] = Counter({"gathering": 0, "settled": 0, "lapsed": 0})
    returns: Counter[str] = Counter()
    refused = [
        {
            "row": bad.row,
            "action": bad.action,
            "because": bad.because,
            "provision": PROVISIONS["code_of_conduct"].citation,
        }
        for bad in given.bad_decisions
    ]
    for sk, body in _items(doors):
        if sk.startswith("CASE#"):
            case = Case.model_validate_json(body)
            if case.state != "forgotten":
                cases[case.state] += 1
        elif sk.startswith("RETURN#"):
            item = ReturnItem.model_validate_json(body)
            returns[item.due.kind] += item.written
        elif sk.startswith("STEP#"):
            step = Step.model_validate_json(body)
            if step.outcome in {"refused", "expired"}:
                refused.append(
                    {
                        "row": step.decision.row,
                        "action": step.decision.action,
                        "because": step.because,
                        "provision": step.provision,
                    }
                )
    return {
        "as_at": given.as_at.isoformat(),
        "files": len(answered),
        "rows": sum(file["rows"] for file in answered.values()),
        "accepted": sum(file["accepted"] for file in answered.values()),
        "findings": dict(sorted(findings.items())),
        "pupils": sum(len(each["pupils"]) for each in positions),
        "met": sum(pupil["met"] for each in positions for pupil in each["pupils"]),
        "cases": dict(cases),
        "notices": {kind: notices[kind] for kind in ("notice_to_improve", "penalty_first", "penalty_second")},
        "refused": sorted(refused, key=lambda each: each["row"]),
        "returns": {kind: returns[kind] for kind in ("attendance", "deletion", "new_pupil", "sickness")},
        "balanced": balanced,
    }


def _answered(given: Input, reports: list[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What was said of each distinct upload when it was first received (copies are answered ALREADY_RECEIVED)."""
    members = {(file.la, file.urn, file.sha256): file.uploads for file in given.files}
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for report in reports:
        place = (report["la"], report["urn"])
        for upload, file in zip(members[*place, report["upload"]], report["files"], strict=True):
            if "ALREADY_RECEIVED" not in file["counts"]:
                found.setdefault((*place, upload), file)
    return found


def _attendance_parts(doors: Doors, record: SchoolRecord) -> list[bytes]:
    prefix = f"la={record.la}/urn={record.urn}/"
    places = standing_by_place(doors.registers.parts.keys(prefix))
    keys = [key for place, of in places.items() if "/year=" in place for key in of]
    return [part.body for key in keys if (part := doors.registers.parts.get(key))]


def _items(doors: Doors) -> Iterator[tuple[str, str]]:
    """Every item of the cases table. Only here is it scanned: a replay is small, and ends."""
    pages = doors.world.dynamodb.get_paginator("scan").paginate(TableName=doors.cases.cases_table)
    for page in pages:
        for item in page["Items"]:
            yield item["sk"]["S"], item["body"]["S"] if "body" in item else "{}"


def _kind(record: Mapping[str, Any]) -> str:
    if record["kind"] == "notice_to_improve":
        return "notice_to_improve"
    return "penalty_first" if record["sequence"] == 1 else "penalty_second"


def _json(body: bytes) -> dict[str, Any]:
    import json

    loaded: dict[str, Any] = json.loads(body)
    return loaded


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


# ------------------------------------------------------------------ the command


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `run` to the command."""
    parser = commands.add_parser(
        "run",
        help="replay a folder of uploads and decisions through the whole system",
        description="Replay INPUT, day by day, through the whole system raised on this machine from the very templates that "
        "would be deployed, and write what comes out: reports and letters for schools, positions, notices, returns, and a summary.",
        epilog="INPUT is laid out {la}/{urn}/...; docs/input.md says how. Exit code: 0 done, 1 the orders "
        "compared differ, 2 INPUT cannot be used.",
    )
    parser.add_argument(
        "input", type=Path, metavar="INPUT", help="folder of uploads: {la}/{urn}/..., schools.csv, decisions.csv"
    )
    parser.add_argument(
        "output",
        type=Path,
        metavar="OUTPUT",
        help="folder for reports, letters, positions, authorities and summary.json",
    )
    parser.add_argument(
        "--as-at", type=date.fromisoformat, metavar="DATE", help="the last day replayed (default: of the latest mark)"
    )
    parser.add_argument(
        "--schools", type=Path, metavar="FILE", help="directory of schools, GIAS layout (default: INPUT/schools.csv)"
    )
    parser.add_argument(
        "--shuffle", type=int, metavar="SEED", help="deliver files and messages in an order drawn from SEED"
    )
    parser.add_argument("--double", action="store_true", help="deliver every file and message twice")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; with --shuffle or --double the plain order is run aside and OUTPUT compared."""
    try:
        done = replay(
            args.input, args.output, as_at=args.as_at, schools=args.schools, shuffle=args.shuffle, double=args.double
        )
        print(pretty_json(done.summary), end="")
        if args.shuffle is None and not args.double:
            return 0
        with tempfile.TemporaryDirectory() as aside:
            replay(args.input, Path(aside), as_at=args.as_at, schools=args.schools)
            return _compare(Path(aside), args.output)
    except (BadInput, SettingsRefused, DirectoryUnreadable) as problem:
        print(problem, file=sys.stderr)
        return 2


def _compare(plain: Path, other: Path) -> int:
    def tree(folder: Path) -> dict[str, Path]:
        named = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        return {name: path for name, path in named.items() if not name.startswith("reports/")}

    one, two = tree(plain), tree(other)
    different = sorted(
        name for name in one.keys() | two.keys()
        if name not in one or name not in two or not filecmp.cmp(one[name], two[name], shallow=False)
    )  # fmt: skip
    for name in different:
        where = "only in the plain order" if name not in two else "only in this order" if name not in one else "differs"
        print(f"{name}: {where}")
    if not different:
        print(f"The same: {len(one)} files are equal in the plain order and in this one (reports apart).")
    return 1 if different else 0
