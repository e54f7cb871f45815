"""What a school sees of itself: how its pupils stand, and the returns and lists that were made for it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from api.doors import wired
from api.places import positions_key
from api.problems import Problem
from api.routes import ELSEWHERE, FileName, La, LinkGiven, Urn, as_stored, link_given, new_router, route, who
from api.shapes import Shape
from attendance.due import COLUMNS
from attendance.standing import Positions
from aws.clock import now
from aws.links import readable

router = new_router()

SCHOOL_FOLDERS: Final = ("told", "letters")
"""What lies in a school's own folder beside its reports."""


class ReturnFile(Shape):
    """A file made for the school or from what it sent."""

    folder: Literal["returns", "told", "letters"]
    name: str
    bytes: int
    written_at: datetime
    link_url: str = Field(description="Where a link to it is given")


class ReturnFiles(Shape):
    """Every return of a school, and its lists and letters, by folder and name."""

    files: list[ReturnFile]


@route(
    router, "GET", "/v1/schools/<la>/<urn>/positions", scope="positions:read", tag="school", gives=Positions,
    says="The positions as last computed", summary="How a school's pupils stand", compress=True, larger=ELSEWHERE,
)  # fmt: skip
def school_positions(la: La, urn: Urn) -> Response[Any]:
    """Every pupil's sessions in ten school weeks, the threshold met or not, what stands in the way, and the sums of the year."""
    who(router).school(la, urn)
    key, bucket = positions_key(la, urn), wired().positions
    stored = bucket.get(key) if key else None
    if key is None or stored is None:
        raise Problem("not-found", detail="nothing that the school sent has given a position yet")
    who(router).read("positions", la=la, urn=urn)
    return as_stored(bucket, key, stored.body)


@route(
    router, "GET", "/v1/schools/<la>/<urn>/returns", scope="returns:read", tag="school", gives=ReturnFiles,
    says="The files", summary="A school's returns, lists and letters",
)  # fmt: skip
def list_returns(la: La, urn: Urn) -> ReturnFiles:
    """The returns made from the school's register, and the daily lists and letters made for it."""
    principal = who(router)
    principal.school(la, urn)
    doors, at = wired(), now()
    found = [
        ReturnFile(
            folder="returns", name=each.key.removeprefix("returns/"), bytes=each.bytes, written_at=each.written_at,
            link_url=f"/v1/schools/{la}/{urn}/returns/{each.key}",
        )
        for kind in COLUMNS
        for each in doors.links.documents(principal.subject, la, f"returns/{kind}-{urn}-", at)
    ]  # fmt: skip
    for folder in SCHOOL_FOLDERS:
        prefix = f"{la}/{urn}/{folder}/"
        for key, size, written_at in doors.reports.page(prefix, after="", limit=1000):
            name = key.removeprefix(prefix)
            url = f"/v1/schools/{la}/{urn}/returns/{folder}/{name}"
            found.append(ReturnFile(folder=folder, name=name, bytes=size, written_at=written_at, link_url=url))
    return ReturnFiles(files=sorted(found, key=lambda each: (each.folder, each.name)))


@route(
    router, "GET", "/v1/schools/<la>/<urn>/returns/<folder>/<name>", scope="returns:read", tag="school", gives=LinkGiven,
    says="A link to the file", summary="One of a school's returns, lists and letters",
)  # fmt: skip
def link_return(
    la: La,
    urn: Urn,
    folder: Annotated[Literal["returns", "told", "letters"], Path(description="Files of one kind")],
    name: FileName,
) -> LinkGiven:
    """A link to the file, good for five minutes."""
    principal = who(router)
    principal.school(la, urn)
    doors = wired()
    if folder == "returns":
        of_school = any(name.startswith(f"{kind}-{urn}-") for kind in COLUMNS)
        found = doors.links.to_read(principal.subject, la, f"returns/{name}", now()) if of_school else None
    else:
        found = readable(doors.reports.s3, doors.reports.name, f"{la}/{urn}/{folder}/{name}", now())
    given = link_given(found)
    principal.read("return", la=la, urn=urn, file=f"{folder}/{name}")
    return given
