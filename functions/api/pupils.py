"""The pupils of a school whom somebody must look at now, by name: near the threshold, met, or left at code N too long."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from api import cursors
from api.doors import wired
from api.places import positions_of
from api.problems import Problem
from api.routes import PAGE, CursorAsked, La, Limit, Page, Urn, new_router, route, who
from api.seen import PupilNamed
from api.shapes import Shape
from attendance.identifiers import pupil_id
from attendance.standing import NEAR_THRESHOLD, MarkedSession, MetAt, Position
from aws.clock import today

router = new_router()

Show = Literal["near", "met", "n_overdue", "persistent", "severe", "every"]


class PupilOfSchool(PupilNamed):
    """A pupil as the school's roll has them."""

    year_group: str | None = None
    on_roll: bool


class CodeOverdue(MarkedSession):
    """A session left at code N, and since when it may not be."""

    overdue_since: date


class PupilStands(Shape):
    """A pupil with how they stand."""

    pupil: PupilOfSchool
    count: int = Field(description="Countable sessions in the last ten school weeks that no notice used")
    sessions: list[MarkedSession] = Field(description="Those sessions")
    to_go: int
    drops_on: date | None = Field(description="The Monday on which the oldest of them leave the ten weeks")
    met: bool
    met_at: MetAt | None
    provisional: bool
    blockers: list[str]
    flags: list[str]
    illness_days: int
    persistent: bool
    severe: bool
    n_overdue: list[CodeOverdue] = Field(description="Given where they were asked for")


class PupilsPage(Page):
    """Pupils of a school, the nearest to the threshold first."""

    as_at: date
    known_at: datetime | None
    pupils: list[PupilStands]


@route(
    router, "GET", "/v1/schools/<la>/<urn>/pupils", scope="positions:read", tag="school", gives=PupilsPage,
    says="A page of pupils", problems=("cursor-broken",), summary="A school's pupils, by name", compress=True,
)  # fmt: skip
def list_pupils(
    la: La,
    urn: Urn,
    show: Annotated[
        Show,
        Query(
            description="`near`: 7 to 9 sessions, so that support comes first; `met`: the threshold; `n_overdue`: code N left"
            " longer than it may be, as the register is today"
        ),
    ] = "near",
    limit: Limit = PAGE,
    cursor: CursorAsked = None,
) -> PupilsPage:
    """The pupils whom the school or its officer must look at, named as the school itself sent them.

    Not for a vendor's program, which sent the names and needs none back: it reads `positions`.
    """
    principal = who(router)
    principal.school(la, urn)
    if principal.grant.kind == "vendor":
        raise Problem("not-found")
    positions = positions_of(la, urn)
    if positions is None:
        raise Problem("not-found", detail="nothing that the school sent has given a position yet")
    doors, query = wired(), ["pupils", la, urn, show]
    begin = cursors.position(cursor, query, doors.secret)
    overdue = dict(_overdue(la, urn)) if show == "n_overdue" else {}
    chosen = [each for each in positions.pupils if _shown(show, each, each.upn in overdue)]
    roll = doors.registers.roll(la, urn).pupils

    def place(each: Position) -> tuple[int, str, str, str]:
        row = roll.get(each.upn)
        return -each.count, row.surname if row else "", row.forename if row else "", each.upn

    chosen.sort(key=place)
    first = int(begin["first"]) if begin else 0  # a number: what pupils are sorted by is nothing for an address
    page = []
    for each in chosen[first : first + limit]:
        row = roll.get(each.upn)
        pupil = PupilOfSchool(
            pupil=pupil_id(each.upn, doors.secret), upn=each.upn, surname=row.surname if row else "",
            forename=row.forename if row else "", year_group=row.year_group if row else None,
            on_roll=row is not None and row.on_roll(today()),
        )  # fmt: skip
        page.append(
            PupilStands(
                pupil=pupil, count=each.count, sessions=list(each.window.sessions), to_go=each.to_go,
                drops_on=each.drops_on, met=each.met, met_at=each.met_at, provisional=each.provisional,
                blockers=list(each.blockers), flags=list(each.flags), illness_days=each.illness_days,
                persistent=each.persistent, severe=each.severe, n_overdue=overdue.get(each.upn, []),
            )
        )  # fmt: skip
    principal.read("pupils", la=la, urn=urn, show=show)
    last = first + limit
    more = cursors.cursor({"first": str(last)}, query, doors.secret) if len(chosen) > last else None
    return PupilsPage(as_at=positions.as_at, known_at=positions.known_at, pupils=page, next=more)


def _shown(show: Show, each: Position, overdue: bool) -> bool:
    match show:
        case "near":
            return not each.met and each.count in NEAR_THRESHOLD
        case "met":
            return each.met
        case "n_overdue":
            return overdue
        case "persistent":
            return each.persistent
        case "severe":
            return each.severe
        case "every":
            return True


def _overdue(la: str, urn: str) -> Iterator[tuple[str, list[CodeOverdue]]]:
    """Each pupil whose code N of this academic year stands longer than it may, as the register is now."""
    from attendance.positions import Assessor
    from attendance.told import overdue_codes
    from aws.view import seen

    doors, day = wired(), today()
    record, listed = doors.registers.read(la, urn), doors.schools.listed(urn)
    view = seen(doors.registers, record, listed, doors.settings.on(la, day), day, {}, {}).view
    for upn, sessions in overdue_codes(Assessor(view, day)):
        found = [
            CodeOverdue(date=session.day, session=session.half, code="N", overdue_since=since)
            for session, since in sessions
            if since <= day
        ]
        if found:
            yield upn, found
