"""`attendance revalidate`: what today's rules would say of old uploads; nothing is applied."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import boto3

from attendance.checking import CheckedFile
from attendance.context import CONTEXT_CODES
from attendance.rules import RULES
from attendance.text import pretty_json
from aws.buckets import Bucket
from aws.published import Published
from aws.schools import Schools
from local.inputs import BadInput, Input
from local.rebuild import versions
from local.run import Doors, replay
from local.source import add_source, exit_code, refuse_unused
from local.synth import LOCAL_PREFIX
from validate.answer import Sent, check_sent


@dataclass(frozen=True)
class Difference:
    """A file of which the rules of today say something else than its report did."""

    upload: str
    file: str
    rules: str
    """Of the report."""
    then: Mapping[str, int]
    """Findings by code, then and now: only those that differ."""
    now: Mapping[str, int]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `revalidate` to the command."""
    parser = commands.add_parser(
        "revalidate",
        help="what today's rules would say of old uploads, listed and not applied",
        description="Check every upload again by the rules of this version and list where the findings differ from those of its "
        "report. Nothing is written: no report, part or register changes. What depends on other files of the school (the roll, the "
        "calendar, earlier entries) is not compared, as these may have come since.",
        epilog="Keys and counts only are printed. Exit code: 0 nothing differs, 1 something does, 2 it cannot be read.",
    )
    add_source(parser)
    parser.add_argument("--school", metavar="LA/URN", help="this school only, as 886/118001")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""

    def work() -> int:
        refuse_unused(args)
        found = of_deployed(args.prefix, args.school) if args.prefix else of_input(args.input, args.as_at, args.school)
        uploads, different = found
        if not uploads:
            raise BadInput("There is no such upload with a report: nothing was checked.")
        if args.format == "json":
            told = [vars(each) for each in different]
            print(pretty_json({"rules": RULES, "uploads": uploads, "differences": told}), end="")
        else:
            print(f"{uploads:,} uploads checked again by the rules of {RULES}: {len(different):,} differ.")
            for each in different:
                print(f"{each.upload} {each.file} (rules of {each.rules})")
                for code in sorted({*each.then, *each.now}):
                    print(f"    {code}: {each.then.get(code, 0):,} then, {each.now.get(code, 0):,} now")
        return 1 if different else 0

    return exit_code(work, args.prefix)


def of_input(input_: Path, as_at: date | None = None, school: str | None = None) -> tuple[int, list[Difference]]:
    """The same of INPUT, replayed."""
    found: list[tuple[int, list[Difference]]] = []

    def look(_doors: Doors, _given: Input) -> None:
        found.append(of_deployed(LOCAL_PREFIX, school))

    with tempfile.TemporaryDirectory() as output:
        replay(input_, Path(output), as_at=as_at, then=look)
    return found[0]


def of_deployed(prefix: str, school: str | None = None) -> tuple[int, list[Difference]]:
    """How many uploads were checked again, and what differs, of a system as its buckets lie."""
    s3 = boto3.client("s3")
    uploads, reports = Bucket(s3, f"{prefix}-uploads"), Bucket(s3, f"{prefix}-reports")
    schools = Schools(Published(boto3.client("dynamodb"), f"{prefix}-published"))
    checked = 0
    different: list[Difference] = []
    for key, version in versions(s3, uploads.name, f"{school}/" if school else ""):
        report, stored = reports.get(f"{key}.json"), uploads.get(key, version)
        if report is None or stored is None:
            continue  # `reconcile` tells of it
        checked += 1
        la, urn, upload_id = key.split("/", 2)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "upload")
            path.write_bytes(stored.body)
            sent = Sent(la, urn, upload_id, version, stored, path)
            files = check_sent(sent, schools.listed(urn), None)
        different += _different(key, json.loads(report.body), files)
    return checked, different


def _different(key: str, report: Mapping[str, Any], files: list[CheckedFile]) -> Iterator[Difference]:
    before = {n: file for n, file in enumerate(report["files"]) if "ALREADY_RECEIVED" not in file["counts"]}
    for n in sorted({*before, *(n for n in range(len(files)) if n >= len(report["files"]))}):
        then = _counted(before[n]["counts"]) if n in before else {}
        now = _counted(files[n].counts) if n < len(files) else {}
        if then != now:
            codes = {code for code in then.keys() | now.keys() if then.get(code) != now.get(code)}
            name = files[n].file if n < len(files) else str(before[n]["file"])
            yield Difference(
                key, name, str(report["rules"]), {c: then[c] for c in codes & then.keys()},
                {c: now[c] for c in codes & now.keys()},
            )  # fmt: skip


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {code: n for code, n in counts.items() if code not in CONTEXT_CODES}
