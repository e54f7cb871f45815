"""How the schools stand that somebody may see."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from api import cursors
from api.doors import wired
from api.me import SchoolNamed
from api.routes import CursorAsked, LaAsked, Page, new_router, route, who
from api.shapes import Shape
from attendance.standing import NEAR_THRESHOLD, Positions
from aws.clock import now, today
from aws.keys import school_prefix

router = new_router()

PAGE, MOST = 20, 25
"""Schools on a page: the positions of each are read for its counts."""
_LATELY: Final = timedelta(weeks=4)


class Counts(Shape):
    """How many pupils of a school stand how."""

    pupils: int
    met: int
    near: int = Field(description="Below the threshold by three sessions or fewer")
    persistent: int
    severe: int


class SchoolListed(SchoolNamed):
    """A school with how it stands; no counts: nothing that it sent has given a position yet."""

    phase: str | None
    last_upload_at: datetime | None = Field(
        description="The last file that arrived in four weeks, else the last of which rows were accepted"
    )
    as_at: date | None
    counts: Counts | None


class SchoolsPage(Page):
    """Schools of an authority, by URN."""

    schools: list[SchoolListed]


@route(
    router, "GET", "/v1/standings", scope="positions:read", tag="school", gives=SchoolsPage, says="A page of schools",
    problems=("cursor-broken",), summary="How the schools of an authority stand", compress=True,
)  # fmt: skip
def list_standings(
    la: LaAsked,
    limit: Annotated[int, Query(ge=1, le=MOST, description="So many on a page at most")] = PAGE,
    cursor: CursorAsked = None,
) -> SchoolsPage:
    """Each school's name and phase, when it last sent a file, and how many of its pupils stand how.

    An officer sees every school of the directory that is not closed, and whichever else sent something; others see their own.
    """
    principal = who(router)
    principal.authority(la)
    doors, query = wired(), ["standings", la]
    begin = cursors.position(cursor, query, doors.secret)
    if principal.grant.everywhere(la):
        urns = sorted({*doors.schools.of(la, today()), *doors.uploads.folders(f"{la}/")})
    else:
        urns = list(principal.grant.named(la))
    left = [urn for urn in urns if begin is None or urn > begin["after"]]
    page = [_listed(la, urn) for urn in left[:limit]]
    more = cursors.cursor({"after": left[limit - 1]}, query, doors.secret) if len(left) > limit else None
    return SchoolsPage(schools=page, next=more)


def _listed(la: str, urn: str) -> SchoolListed:
    doors, school = wired(), wired().schools.listed(urn).school
    positions = positions_of(la, urn)
    counts = None
    if positions:
        every = positions.pupils
        counts = Counts(
            pupils=len(every), met=sum(each.met for each in every),
            near=sum(not each.met and each.count in NEAR_THRESHOLD for each in every),
            persistent=sum(each.persistent for each in every), severe=sum(each.severe for each in every),
        )  # fmt: skip
    # An upload's name begins with the time at which it was created: the last ones need no list of all.
    lately = f"{la}/{urn}/{now() - _LATELY:%Y%m%dT%H%M%SZ}"
    arrived = [at for _, _, at in doors.uploads.page(f"{la}/{urn}/", after=lately, limit=1000)]
    return SchoolListed(
        la=la, urn=urn, name=school.name if school else f"School {urn}", phase=school.phase or None if school else None,
        last_upload_at=max(arrived, default=positions.known_at if positions else None),
        as_at=positions.as_at if positions else None, counts=counts,
    )  # fmt: skip


def positions_of(la: str, urn: str) -> Positions | None:
    """The positions of a school as last computed; None before anything that it sent has given one."""
    key = positions_key(la, urn)
    stored = wired().positions.get(key) if key else None
    return Positions.model_validate_json(stored.body) if stored else None


def positions_key(la: str, urn: str) -> str | None:
    """Where a school's latest positions lie."""
    keys = [key for key in wired().positions.keys(school_prefix(la, urn)) if key.endswith("/positions.json")]
    return max(keys, default=None)
