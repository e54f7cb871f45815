"""Who is asking, as the pages for people need it: for whom they act, as whom they decide, and which schools are theirs to see."""

from datetime import date
from typing import get_args

from pydantic import Field

from api.doors import wired
from api.routes import LaAsked, new_router, route, who
from api.shapes import Shape
from attendance.settings import Action, SettingsRefused
from aws.clock import today
from aws.grants import Kind
from aws.keys import school_prefix

router = new_router()


class OfficerSeen(Shape):
    """Somebody as an authority's settings name them; the name is blank where they do not."""

    id: str
    name: str = ""
    office: str = ""
    may: list[Action] = Field(default=[], description="What they may do today by the settings")


class Me(Shape):
    """For whom the bearer of a token acts."""

    kind: Kind
    officer: dict[str, OfficerSeen] = Field(description="As whom they decide, by authority")
    schools: list[str] = Field(description="`la/urn` of each school that they act for; `la/*`: all of an authority")
    until: date | None = Field(description="The last day of the grant")
    today: date = Field(description="The day, as the service has it")


class SchoolNamed(Shape):
    """A school by its name."""

    la: str
    urn: str
    name: str = Field(description="As the directory has it")


class SchoolsNamed(Shape):
    """Schools by URN."""

    schools: list[SchoolNamed]


@route(
    router, "GET", "/v1/me", scope=None, tag="me", gives=Me, says="For whom they act", summary="Who is asking",
)  # fmt: skip
def whoever_asks() -> Me:
    """The grant of the token's subject, with the officer's name from each authority's settings of the day."""
    grant, day = who(router).grant, today()
    return Me(
        kind=grant.kind, officer={la: _officer(la, by, day) for la, by in sorted(grant.officer.items())},
        schools=sorted(grant.schools), until=grant.until, today=day,
    )  # fmt: skip


def _officer(la: str, by: str, day: date) -> OfficerSeen:
    try:
        settings = wired().settings.on(la, day)
    except SettingsRefused:  # what was published by another version: a decision says so, with its reasons
        settings = None
    found = next((each for each in settings.officers if each.id == by), None) if settings else None
    if found is None:
        return OfficerSeen(id=by)
    may = [action for action in get_args(Action) if found.holds(action, day)]
    return OfficerSeen(id=by, name=found.name, office=found.office, may=may)


@route(
    router, "GET", "/v1/schools", scope="positions:read", tag="school", gives=SchoolsNamed, says="The schools",
    summary="The schools of an authority that are yours to see",
)  # fmt: skip
def list_schools(la: LaAsked) -> SchoolsNamed:
    """Those of the directory that are not closed, and whichever else sent something; none where none is yours to see."""
    principal, doors = who(router), wired()
    listed = doors.schools.of(la, today())
    below = school_prefix(la, "").split("urn=")[0]
    sent = {each.removeprefix("urn=") for each in doors.positions.folders(below)}
    theirs = [urn for urn in sorted({*listed, *sent}) if principal.grant.sees(la, urn)]
    return SchoolsNamed(
        schools=[SchoolNamed(la=la, urn=urn, name=listed.get(urn) or doors.schools.named(urn)) for urn in theirs]
    )
