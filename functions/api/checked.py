"""What is found in a file, as it is answered. Loads all that checks files, so it is imported only where one is spoken of."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from api.doors import wired
from attendance.checking import CheckedFile, Place, check_file
from attendance.context import Known
from attendance.file_back import file_back
from attendance.rules import RULES
from attendance.text import csv_safe, london_day
from attendance.unpacking import members
from aws.clock import now

MOST_TEXT: Final = 4 * 1024 * 1024 // 3
"""Characters of CSV in an answer: none takes more than three bytes in what schools write, and Lambda answers with 6 MB at most."""
MOST_FINDINGS: Final = 8_000
"""A finding takes some 300 bytes, 600 at most."""
_CSV: Final = "text/csv; charset=utf-8"


def check(body: bytes, la: str, urn: str) -> Sequence[CheckedFile]:
    """What would be said of a file if the school sent it now, beside all that it sent before; nothing of it is kept."""
    doors, at = wired(), now()
    listed = doors.schools.listed(urn)
    record = doors.registers.read(la, urn)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(body)
        return check_file(
            path, "file", place=Place(la, urn, listed.school, listed.directory_known), received_at=at,
            known=Known.of(record.roll, record.bodies), now_day=london_day(at),
        )  # fmt: skip


def of_report(report: bytes) -> Sequence[CheckedFile]:
    """The files that a stored report speaks of."""
    return [CheckedFile.model_validate({**each, "upload": "", "parts": {}}) for each in json.loads(report)["files"]]


def as_json(files: Sequence[CheckedFile]) -> dict[str, Any]:
    """All files; of their findings so many together as an answer holds, the others counted."""
    left, said = MOST_FINDINGS, []
    for each in files:
        listed = each.findings[:left]
        out = each.findings_left_out + len(each.findings) - len(listed)
        said.append(each.model_copy(update={"findings": listed, "findings_left_out": out}).model_dump(mode="json"))
        left -= len(listed)
    return {"rules": RULES, "files": said}


def own_file_back(files: Sequence[CheckedFile], body: bytes, name: str) -> Response[Any]:
    """Each file as it was sent with two more columns, a blank line between two; the findings if that is too much."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(body)
        for n, (each, member) in enumerate(zip(files, members(path, name), strict=True)):
            if n:
                out.writerow(())
            for row in file_back(each, member.path):
                out.writerow(row)
                if text.tell() > MOST_TEXT:
                    return csv_of_findings(files)
    return Response(200, _CSV, text.getvalue(), {"x-report": "file"})


def csv_of_findings(files: Sequence[CheckedFile]) -> Response[Any]:
    """What is to be said of each file; the rest of very much stands in the report as JSON."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(("file", "row", "field", "value", "severity", "problem", "what to do"))
    for each in files:
        for found in each.findings:
            said = (each.file, found.row, found.field, found.value, found.severity, found.code, found.message)
            out.writerow([csv_safe("" if value is None else str(value)) for value in said])
            if text.tell() > MOST_TEXT:
                return Response(200, _CSV, text.getvalue(), {"x-report": "some-findings"})
    return Response(200, _CSV, text.getvalue(), {"x-report": "findings"})
