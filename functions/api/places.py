"""Who somebody is here, and the schools that they may see, each with how it stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, get_args

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

from api import cursors
from api.doors import wired
from api.routes import CursorAsked, LaAsked, Page, new_router, route, who
from attendance.authorities import AUTHORITIES
from attendance.positions import NEAR_THRESHOLD, Positions
from attendance.settings import Action
from aws.clock import now, today
from aws.registers import school_prefix

router = new_router()

MOST_NAMED: Final = 100
"""So many schools are named to whom acts for them; a trust with more asks for them page by page."""
PAGE, MOST = 20, 25
"""Schools on a page: the positions of each are read for its counts."""
_LATELY: Final = timedelta(weeks=4)


class OfficerOfMine(BaseModel):
    """An officer as the authority's settings have them, and what they may do today; without settings only the id is known."""

    id: str
    name: str | None = None
    office: str | None = None
    may: list[Action]


class AuthorityOfMine(BaseModel):
    """An authority that somebody decides for, or acts for schools of."""

    la: str
    name: str
    all_schools: bool = Field(description="Whether every school of it may be seen")
    officer: OfficerOfMine | None = None


class SchoolNamed(BaseModel):
    """A school by its name in the directory."""

    la: str
    urn: str
    name: str


class Me(BaseModel):
    """Who the token is of, and for whom they act."""

    subject: str
    kind: Literal["vendor", "school", "officer"]
    called: str | None = Field(description="The officer's or the school's name, where one is known")
    authorities: list[AuthorityOfMine]
    schools: list[SchoolNamed] = Field(
        description="Schools named one by one, a hundred at most; others are in /v1/schools"
    )


class Counts(BaseModel):
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
    router, "GET", "/v1/me", scope=None, tag="places", gives=Me, says="Who you are",
    summary="Who the token is of, and for whom they act",
)  # fmt: skip
def me() -> Me:
    """Kind, name, authorities with what an officer may do today by the settings, and schools: for a page to begin with."""
    principal = who(router)
    grant, doors = principal.grant, wired()
    authorities = []
    for la in grant.authorities:
        settings = doors.settings.on(la, today())
        officer = None
        if given := grant.officer.get(la):
            found = next((each for each in settings.officers if each.id == given), None) if settings else None
            may = [action for action in get_args(Action) if found and found.holds(action, today())]
            officer = OfficerOfMine(
                id=given, name=found.name if found else None, office=found.office if found else None, may=may
            )
        name = settings.name if settings else AUTHORITIES.get(la, la)
        authorities.append(
            AuthorityOfMine(la=la, name=name, all_schools=grant.everywhere(la), officer=officer)
        )  # fmt: skip
    places = [(each.la, urn) for each in authorities for urn in grant.named(each.la)][:MOST_NAMED]
    schools = [SchoolNamed(la=la, urn=urn, name=doors.schools.named(urn)) for la, urn in places]
    names = [each.officer.name for each in authorities if each.officer and each.officer.name]
    names += [each.name for each in schools] if grant.kind == "school" else []
    return Me(
        subject=principal.subject, kind=grant.kind, called=names[0] if names else None, authorities=authorities,
        schools=schools,
    )  # fmt: skip


@route(
    router, "GET", "/v1/schools", scope="positions:read", tag="places", gives=SchoolsPage, says="A page of schools",
    problems=("cursor-broken",), summary="The schools of an authority that you may see", compress=True,
)  # fmt: skip
def list_schools(
    la: LaAsked,
    limit: Annotated[int, Query(ge=1, le=MOST, description="So many on a page at most")] = PAGE,
    cursor: CursorAsked = None,
) -> SchoolsPage:
    """Each school's name and phase, when it last sent a file, and how many of its pupils stand how.

    An officer sees every school of the directory that is not closed, and whichever else sent something; others see their own.
    """
    principal = who(router)
    principal.authority(la)
    doors, query = wired(), ["schools", la]
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
