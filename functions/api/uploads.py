"""What vendors and schools do: send a file, ask what became of it, and check one without sending it."""

import hashlib
from base64 import b64decode
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import AwareDatetime, ConfigDict, Field

from api import cursors
from api.doors import wired
from api.problems import Problem
from api.routes import (
    ELSEWHERE,
    PAGE,
    CursorAsked,
    IdempotencyKey,
    La,
    LaAsked,
    Limit,
    Page,
    Urn,
    UrnAsked,
    as_stored,
    asked_once,
    new_router,
    route,
    who,
)
from api.shapes import Shape
from attendance.findings import Finding, Taken
from attendance.text import pretty_json
from attendance.unpacking import LONGEST_NAME, MOST_BYTES
from aws.clock import now

router = new_router()

MOST_CHECKED: Final = 4 * 1024 * 1024
"""No body of more fits the 6 MB that Lambda takes, encoded."""
MOST_BACK: Final = 2 * 1024 * 1024
"""A file of more is not given back with its report: the findings are."""
UploadId = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,200}$", description="`upload` as it was given")]
TEXT_CSV: Final = {"text/csv": {"schema": {"type": "string"}}}


_UPLOAD: Final = "20251103T180000Z-5d0f3b6e5ad1a3ad4b6d8d1d5c6a8f47-9b2c11aa"


class UploadAsked(Shape):
    """A file that a school wants to send."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "la": "886",
                    "urn": "900001",
                    "name": "2025-11-03-attendance.csv",
                    "bytes": 63,
                    "sha256": "5d0f3b6e5ad1a3ad4b6d8d1d5c6a8f47c11d0c6ea5a5d8a5f5b8f3b6e5ad1a3a",
                    "extracted_at": "2025-11-03T16:30:00Z",
                }
            ]
        },
    )

    la: str = Field(pattern=r"^[0-9]{3}$")
    urn: str = Field(pattern=r"^[0-9]{6}$")
    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="The file's own name, for the report")
    bytes: int = Field(ge=1, le=MOST_BYTES, description="Its length as it will be sent")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Its SHA-256 as it will be sent, in hex")
    extracted_at: AwareDatetime | None = Field(
        default=None, description="When it was taken out of the school's system, if the file does not say so itself"
    )


class SignedPut(Shape):
    """How the file is sent: once, with exactly these headers, before the link ends."""

    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime


class UploadCreated(Shape):
    """An upload that can be sent now."""

    la: str
    urn: str
    upload: str
    put: SignedPut
    status_url: str

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "la": "886", "urn": "900001", "upload": _UPLOAD,
                    "put": {
                        "method": "PUT", "url": f"https://uploads.example/886/900001/{_UPLOAD}?X-Amz-Signature=...",
                        "headers": {
                            "content-length": "63", "if-none-match": "*",
                            "x-amz-checksum-sha256": "XQ87blrRo61LbY0dXGqPR8EdDG6lpdil9bjztuWtGjo=",
                            "x-amz-meta-name": "2025-11-03-attendance.csv",
                        },
                        "expires_at": "2025-11-03T18:15:00Z",
                    },
                    "status_url": f"/v1/uploads/886/900001/{_UPLOAD}",
                }
            ]
        }
    )  # fmt: skip


class UploadSeen(Shape):
    """An upload that arrived; `answered` when its report is there."""

    la: str
    urn: str
    upload: str
    name: str = Field(description="The file's own name; `upload` where it was sent without")
    bytes: int
    received_at: datetime
    status: Literal["waiting", "answered"]
    taken: Taken | None = Field(default=None, description="How much of it counts, once answered; the report says why")
    report_url: str | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "la": "886", "urn": "900001", "upload": _UPLOAD, "name": "2025-11-03-attendance.csv", "bytes": 63,
                    "received_at": "2025-11-03T18:00:04Z", "status": "answered", "taken": "whole",
                    "report_url": f"/v1/uploads/886/900001/{_UPLOAD}/report",
                }
            ]
        }
    )  # fmt: skip


class UploadsPage(Page):
    """The uploads of a school, in the order asked for."""

    uploads: list[UploadSeen]


class FileReport(Shape):
    """The report on one file, or on one member of a ZIP."""

    file: str
    kind: str | None
    rows: int
    accepted: int
    unchanged: int | None
    amended: int | None
    totals: dict[str, int]
    counts: dict[str, int]
    findings: list[Finding]
    findings_left_out: int


class Report(Shape):
    """The answer to an upload: every finding with its row, field and what to do."""

    upload: str = Field(description="SHA-256 of the object as sent")
    la: str
    urn: str
    received_at: datetime
    rules: str
    files: list[FileReport]


class Checked(Shape):
    """What would be said of a file if it were sent now."""

    rules: str
    files: list[FileReport]


@route(
    router, "POST", "/v1/uploads", scope="uploads:write", tag="uploads", gives=UploadCreated, status=201,
    says="Send the file to `put.url` now", problems=("body-unreadable", "media-type"), summary="Create an upload",
)  # fmt: skip
def create_upload(asked: Annotated[UploadAsked, Body()], key: IdempotencyKey) -> UploadCreated:
    """Ask for a link to which one file is sent: its length and SHA-256 are signed, and it can be sent once."""
    who(router).own_school(asked.la, asked.urn)
    once = asked_once(router, key, asked.model_dump(mode="json"))
    upload = f"{once.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{asked.sha256[:32]}-{once.name[:8]}"
    said = {"name": quote(asked.name)}
    if asked.extracted_at:
        said["extracted-at"] = asked.extracted_at.isoformat()
    link = wired().links.to_send(
        who(router).subject, asked.la, asked.urn, upload, size=asked.bytes, sha256=asked.sha256, said=said, now=now()
    )
    put = SignedPut(url=link.url, headers=dict(link.headers), expires_at=link.expires_at)
    status = f"/v1/uploads/{asked.la}/{asked.urn}/{upload}"
    return UploadCreated(la=asked.la, urn=asked.urn, upload=upload, put=put, status_url=status)


@route(
    router, "GET", "/v1/uploads/<la>/<urn>", scope="reports:read", tag="uploads", gives=UploadsPage,
    says="A page of uploads", problems=("cursor-broken",), summary="List a school's uploads",
)  # fmt: skip
def list_uploads(
    la: La,
    urn: Urn,
    sort: Annotated[
        Literal["created", "-created"], Query(description="By when they were created; `-`: the latest first")
    ] = "created",
    limit: Limit = PAGE,
    cursor: CursorAsked = None,
) -> UploadsPage:
    """The files that arrived, and whether each is answered."""
    who(router).school(la, urn)
    doors, query = wired(), ["uploads", la, urn, sort]
    begin = cursors.position(cursor, query, doors.secret)
    prefix = f"{la}/{urn}/"
    if sort == "-created":
        # S3 lists in one direction only: the names of all, a thousand a call, which the files of one school come to in years.
        keys = [key for key in doors.uploads.keys(prefix) if begin is None or key < begin["before"]][-limit - 1 :]
        after, last = (keys[0], keys[1:]) if len(keys) > limit else (prefix, keys)
        found = doors.uploads.page(prefix, after=after, limit=limit)[: len(last)]
        more = cursors.cursor({"before": last[0]}, query, doors.secret) if len(keys) > limit else None
        return UploadsPage(uploads=[_seen(*each) for each in reversed(found)], next=more)
    found = doors.uploads.page(prefix, after=begin["after"] if begin else "", limit=limit + 1)
    more = cursors.cursor({"after": found[limit - 1][0]}, query, doors.secret) if len(found) > limit else None
    return UploadsPage(uploads=[_seen(*each) for each in found[:limit]], next=more)


@route(
    router, "GET", "/v1/uploads/<la>/<urn>/<upload>", scope="reports:read", tag="uploads", gives=UploadSeen,
    says="The upload", summary="What became of an upload",
)  # fmt: skip
def upload_status(la: La, urn: Urn, upload: UploadId) -> UploadSeen:
    """Whether the upload is answered; there is nothing to be said of one before it arrived."""
    who(router).school(la, urn)
    key = f"{la}/{urn}/{upload}"
    found = wired().uploads.page(key, after="", limit=1)
    if not found or found[0][0] != key:
        raise Problem("not-found")
    return _seen(*found[0])


@route(
    router, "GET", "/v1/uploads/<la>/<urn>/<upload>/report", scope="reports:read", tag="uploads", gives=Report,
    says="The report", also=TEXT_CSV, problems=("report-not-ready",), summary="The report on an upload", compress=True,
    larger=ELSEWHERE,
)  # fmt: skip
def upload_report(
    la: La, urn: Urn, upload: UploadId,
    as_: Annotated[Literal["json", "csv"] | None, Query(alias="format", description="Otherwise as `Accept` says")] = None,
) -> Response[Any]:  # fmt: skip
    """Every finding with its row and what to do; as CSV the school's own file with two more columns, to mend and send again.

    As CSV a file of more than 2 MB, or of much more when unpacked, is answered by its findings alone. A value that a
    spreadsheet would run is neutralised.
    """
    who(router).school(la, urn)
    key = f"{la}/{urn}/{upload}"
    stored = wired().reports.get(f"{key}.json")
    if stored is None:
        upload_status(la, urn, upload)
        raise Problem("report-not-ready")
    who(router).read("report", la=la, urn=urn, upload=upload)
    if not _wants_csv(as_):
        return as_stored(wired().reports, f"{key}.json", stored.body)
    from api import checked  # with all that checks files

    files = checked.of_report(stored.body)
    sent = wired().uploads.get(key)
    if sent is None or len(sent.body) > MOST_BACK:
        return checked.csv_of_findings(files)
    return checked.own_file_back(files, sent.body, unquote(sent.metadata.get("name", "")) or upload)


@route(
    router, "POST", "/v1/checks", scope="uploads:write", tag="uploads", gives=Checked, says="What would be said of it",
    also=TEXT_CSV, problems=("too-large",), summary="Check a file without sending it", compress=True,
    extensions={
        "requestBody": {
            "required": True,
            "description": "The file: CSV, NDJSON, gzip or ZIP, at most 4 MiB",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "text/csv": {"schema": {"type": "string"}, "example": "upn,date,session,code\r\n"},
            },
        }
    },
)  # fmt: skip
def check_without_sending(
    la: LaAsked, urn: UrnAsked, key: IdempotencyKey,
    as_: Annotated[Literal["json", "csv"] | None, Query(alias="format", description="Otherwise as `Accept` says")] = None,
) -> Response[Any]:  # fmt: skip
    """Check a file as an upload would be checked now, against all that the school sent before; nothing of it is kept."""
    who(router).own_school(la, urn)
    event = router.current_event
    body = b64decode(event.body or "") if event.is_base64_encoded else (event.body or "").encode()
    if len(body) > MOST_CHECKED:
        raise Problem("too-large", detail=f"at most {MOST_CHECKED} bytes are checked here")
    asked_once(router, key, [la, urn, as_, _digest(body)])
    from api import checked  # with all that checks files

    files = checked.check(body, la, urn)
    who(router).read("check", la=la, urn=urn)
    if _wants_csv(as_):
        return checked.own_file_back(files, body, "file")
    return Response(200, "application/json", pretty_json(checked.as_json(files)))


# ------------------------------------------------------------------ answers


def _seen(key: str, size: int, at: datetime) -> UploadSeen:
    la, urn, upload = key.split("/", 2)
    report = wired().reports.said(f"{key}.json")
    if report is None:
        sent = wired().uploads.said(key) or {}
        name = unquote(sent.get("name", "")) or upload
        return UploadSeen(la=la, urn=urn, upload=upload, name=name, bytes=size, received_at=at, status="waiting")
    return UploadSeen(
        la=la, urn=urn, upload=upload, name=unquote(report["name"]), bytes=size, received_at=at, status="answered",
        taken=report["taken"], report_url=f"/v1/uploads/{key}/report",
    )  # fmt: skip


def _wants_csv(asked: str | None) -> bool:
    accepted = router.current_event.headers.get("accept") or ""
    return asked == "csv" or (asked is None and accepted.partition(",")[0].partition(";")[0].strip() == "text/csv")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
