"""Who is asking, as the pages for people need it: for whom they act, as whom they decide, and which schools are theirs to see."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Final

from pydantic import BaseModel, Field

from api.doors import wired
from api.routes import LaAsked, new_router, route, who
from attendance.settings import SettingsRefused
from aws.clock import today
from aws.grants import Kind
from aws.registers import school_prefix

router = new_router()
_AT_ONCE: Final = 16


class OfficerSeen(BaseModel):
    """Somebody as an authority's settings name them; the name is blank where they do not."""

    id: str
    name: str = ""
    office: str = ""


class Me(BaseModel):
    """For whom the bearer of a token acts."""

    kind: Kind
    officer: dict[str, OfficerSeen] = Field(description="As whom they decide, by authority")
    schools: list[str] = Field(description="`la/urn` of each school that they act for; `la/*`: all of an authority")
    until: date | None = Field(description="The last day of the grant")
    today: date = Field(description="The day, as the service has it")


class SchoolNamed(BaseModel):
    """A school that sent something."""

    la: str
    urn: str
    name: str = Field(description="As the directory has it; blank where it has none")


class SchoolsNamed(BaseModel):
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
    return OfficerSeen(id=by, name=found.name, office=found.office) if found else OfficerSeen(id=by)


@route(
    router, "GET", "/v1/schools", scope="positions:read", tag="school", gives=SchoolsNamed, says="The schools",
    summary="The schools of an authority that are yours to see",
)  # fmt: skip
def list_schools(la: LaAsked) -> SchoolsNamed:
    """Those that sent something which gave a position; none where none is yours to see."""
    principal, doors = who(router), wired()
    below = school_prefix(la, "").split("urn=")[0]
    sent = sorted(each.removeprefix("urn=") for each in doors.positions.folders(below))
    theirs = [urn for urn in sent if principal.grant.sees(la, urn)]
    return SchoolsNamed(schools=[SchoolNamed(la=la, urn=urn, name=name) for urn, name in _named(theirs)])


def _named(urns: Sequence[str]) -> list[tuple[str, str]]:
    """Each with its name: an object a school, so several at a time."""
    with ThreadPoolExecutor(_AT_ONCE) as several:
        listed = several.map(wired().schools.listed, urns)
        return [(urn, each.school.name if each.school else "") for urn, each in zip(urns, listed, strict=True)]
