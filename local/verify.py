"""`attendance verify`: whether an issued notice holds, and what differs."""

from __future__ import annotations

import argparse
import io
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pypdf
from pydantic import ValidationError

from attendance.identifiers import reference_problem
from attendance.text import pretty_json
from attendance.verification import Recorded, Refolded, Withdrawal, verified
from aws.buckets import Bucket
from local import saying_verdict
from local.inputs import BadInput
from local.refolding import of_deployed, of_input
from local.source import exit_code

type Read = Callable[[str, str], bytes | None]
"""What lies in a folder (`notices`, `schedules`, `withdrawals`) under a name; None if nothing does."""


class CannotVerify(ValueError):
    """Nothing can be said of a file; the message says why and what to do."""


@dataclass(frozen=True)
class Notice:
    """A file to be verified, the data it carries, and what is kept of the notice; `carried` is None if it cannot be read."""

    path: Path
    pdf: bytes
    carried: Mapping[str, Any] | None
    whole: Mapping[str, Any]
    record: Recorded
    withdrawn: Withdrawal | None
    schedule: bytes | None


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `verify` to the command."""
    parser = commands.add_parser(
        "verify",
        help="whether an issued notice holds, and what differs",
        description="Hold issued notices against their records: whether the file is byte for byte the one issued; whether the "
        "data inside is the record's, field by field; and, with --input or --prefix, whether what was received by then gives "
        "the same evidence and the same registers again, and whether each session listed still stands as it was entered, or who "
        "amended it, when and why. Without either, the evidence is not looked at, and the answer says so.",
        epilog="The record of notice R is R.json beside the PDF, or with --prefix that in the authority's bucket; a withdrawal is "
        "told, and is no failure. Exit code: 0 every notice holds, 1 one does not (file, data or evidence differ, or a session was "
        "amended since), 2 a file, its record or INPUT cannot be used.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.pdf", help="notices as they were issued")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--input",
        type=Path,
        metavar="INPUT",
        help="the folder that `run` reads: the files of the pupil's schools are replayed",
    )
    source.add_argument(
        "--prefix",
        metavar="PREFIX",
        help="of a deployed system: records and parts are read with your AWS credentials, and nothing is written",
    )
    parser.add_argument(
        "--as-at",
        type=date.fromisoformat,
        metavar="DATE",
        help="with --input, for a notice of the last day of a `run --as-at DATE`, which received all later files that day "
        "(default: each file is received at its own time)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    return exit_code(lambda: _verify(args), args.prefix)


def _verify(args: argparse.Namespace) -> int:
    notices: list[Notice] = []
    unusable = False
    for path in dict.fromkeys(args.files):
        try:
            notices.append(_notice(path, _beside(path) if args.prefix is None else _in_buckets(args.prefix)))
        except CannotVerify as problem:
            print(f"{path}: {problem}", file=sys.stderr)
            unusable = True
    refolded = _refolded([notice.record for notice in notices], args)
    verdicts = {
        notice.path: verified(
            notice.whole,
            notice.pdf,
            notice.carried,
            refolded.get(notice.record.reference),
            notice.withdrawn,
            notice.schedule,
        )
        for notice in notices
    }
    if args.format == "json":
        told = [verdict.model_dump(mode="json") | {"file": str(path)} for path, verdict in verdicts.items()]
        print(pretty_json({"notices": told}), end="")
    else:
        print("\n".join(saying_verdict.text(path.name, verdict) for path, verdict in verdicts.items()), end="")
    return 2 if unusable else 0 if all(verdict.holds for verdict in verdicts.values()) else 1


def _refolded(records: Sequence[Recorded], args: argparse.Namespace) -> Mapping[str, Refolded]:
    """What the parts give of each notice, from where they are asked for; nothing if they are not."""
    if args.as_at and args.input is None:
        raise BadInput("--as-at says when a replay of INPUT ends: give --input, too.")
    if args.prefix is not None:
        return {record.reference: of_deployed(record, args.prefix) for record in records}
    return of_input(records, args.input, args.as_at) if args.input is not None and records else {}


# ------------------------------------------------------------------ the file and its record


def _notice(path: Path, read: Read) -> Notice:
    """A file with its record, which is found by the reference inside or, where the file is damaged, by the file's name."""
    if not path.is_file():
        raise CannotVerify("there is no such file. Give the PDF of a notice.")
    try:
        pdf = path.read_bytes()
    except OSError as problem:
        raise CannotVerify(f"it cannot be read ({problem.strerror}). Give a file that you may read.") from None
    carried = _carried(pdf)
    named = [carried.get("reference") if carried else None, path.stem]
    references = [each for each in named if isinstance(each, str) and reference_problem(each) is None]
    if not references:
        raise CannotVerify(
            "this is no notice of ours: it carries no notice.json with a reference, and its name is no reference. Give the PDF "
            "as it was issued; if it is damaged, under its own name, REFERENCE.pdf."
        )
    found = next(((each, body) for each in references if (body := read("notices", f"{each}.json")) is not None), None)
    if found is None:
        raise CannotVerify(
            f"there is no record {references[0]}.json. Put the one from notices/ of the authority's bucket beside the file, or "
            "give --prefix of the deployed system that issued it."
        )
    reference, body = found
    whole = _json(body)
    try:
        record = Recorded.model_validate(whole)
        withdrawal = read("withdrawals", f"{reference}.json")
        withdrawn = None if withdrawal is None else Withdrawal.model_validate(_json(withdrawal))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        raise CannotVerify(
            f"{reference}.json is not what the system wrote ({'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}). "
            "Fetch notices/ and withdrawals/ anew from the authority's bucket."
        ) from None
    return Notice(path, pdf, carried, whole or {}, record, withdrawn, read("schedules", f"{reference}.pdf"))


def _carried(pdf: bytes) -> Mapping[str, Any] | None:
    """The data that a PDF carries as notice.json; None if it cannot be read."""
    logging.getLogger(pypdf.__name__).setLevel(logging.CRITICAL)  # what it repairs, it tells of line by line
    try:
        return _json(pypdf.PdfReader(io.BytesIO(pdf)).attachments["notice.json"][0])
    except (
        Exception
    ):  # a damaged file breaks its reader in more ways than the reader's own errors name: the answer is the same
        return None


def _json(body: bytes) -> Mapping[str, Any] | None:
    """The JSON object in a text, or None."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _beside(path: Path) -> Read:
    """Records that lie beside a file, and withdrawals in the folder beside its own, as in OUTPUT and in a bucket."""

    def read(folder: str, name: str) -> bytes | None:
        file = (path.parent if folder == "notices" else path.parent.parent / folder) / name
        return file.read_bytes() if file.is_file() else None

    return read


def _in_buckets(prefix: str) -> Read:
    """Records in the bucket of the authority, whose code begins the reference."""

    def read(folder: str, name: str) -> bytes | None:
        stored = Bucket(boto3.client("s3"), f"{prefix}-authority-{name[:3]}").get(f"{folder}/{name}")
        return stored.body if stored else None

    return read
