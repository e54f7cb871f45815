"""The API as the tests ask it: through the door of a raised system, by made-up people, with a school that has cases."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from local.door import Answer, Door, people_of
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, support, upn
from tests.raised_system import System, raised

SCHOOLS = {"900001": "886", "900002": "301", "900003": "886"}
VENDOR, OFFICER, OTHER_OFFICER = "made-up-vendor", "officer-886", "officer-301"
OFFICE, OTHER_OFFICE = "school-900001", "school-900002"
LAST_DAY = date(2025, 11, 21)
NOW = "2025-11-24T18:00"
CHILDREN = tuple(Child(upn(n), forename=f"Perpetua{n}") for n in range(1, 9))
"""The first six have a case by holiday, the seventh by lateness with support that failed, the last has none."""
ELSEWHERE = Child(upn(50), surname="Ostrander", forename="Theophilus")
keys = count(1)


@dataclass(frozen=True)
class Asking:
    """Asks as somebody; every POST has a new key unless one is given."""

    system: System
    door: Door

    def get(self, who: str, path: str, **headers: str) -> Answer:
        """Ask for something."""
        return self.ask(who, "GET", path, None, headers)

    def post(self, who: str, path: str, body: Any, **headers: str) -> Answer:
        """Send JSON."""
        return self.ask(who, "POST", path, json.dumps(body).encode(), {"content_type": "application/json", **headers})

    def ask(self, who: str, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Ask anything; headers with `_` for `-`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"authorization": f"Bearer {self.door.issuer.token(who)}", **given}
        if method == "POST":
            given.setdefault("idempotency-key", f"key-of-tests-{next(keys)}")
        return self.door.answer(method, path, given, body or b"")

    def send(self, body: bytes, name: str = "file.csv", la: str = "886", urn: str = "900001") -> dict[str, Any]:
        """Send a file by a link; the upload as it was created."""
        asked = {"la": la, "urn": urn, "name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        created = self.post(VENDOR, "/v1/uploads", asked)
        assert created.status == 201, created.body
        at = urlsplit(created.json()["put"]["url"])
        sent = self.door.answer("PUT", f"{at.path}?{at.query}", created.json()["put"]["headers"], body)
        assert sent.status == 200, sent.body
        return dict(created.json())

    def case_of(self, child: Child, la: str = "886") -> str:
        """The name of a child's first case."""
        return str(self.system.cases(child.upn, la)[0].id)

    def decide(self, child: Child, action: str, who: str = OFFICER, **more: Any) -> Answer:
        """Decide about a child's case as it is now."""
        case = self.case_of(child)
        tag = self.get(who, f"/v1/cases/{case}").headers["etag"]
        return self.post(who, "/v1/decisions", {"case": case, "action": action, **more}, if_match=tag)


def is_problem(answered: Answer, status: int, kind: str) -> None:
    """See that an answer is this problem."""
    assert (answered.status, answered.headers["content-type"]) == (status, "application/problem+json"), answered.body
    assert answered.json()["type"] == f"urn:attendance:problem:{kind}"
    assert answered.json()["status"] == status


@contextmanager
def asking() -> Iterator[Asking]:
    """A raised system with two authorities, whose schools sent a term through the API."""
    with raised(SCHOOLS) as system:
        system.at(NOW)
        door = Door(system.world, "http://127.0.0.1:8000", people_of(system.world, SCHOOLS))
        door.throttled = False
        api = Asking(system, door)
        holiday = away(date(2025, 11, 10), date(2025, 11, 14))
        late = away(date(2025, 11, 10), date(2025, 11, 14), "U")
        absent = {**{child.upn: holiday for child in CHILDREN[:6]}, CHILDREN[6].upn: late}
        rows = [row for child in CHILDREN for row in marks(child, FIRST_DAY, LAST_DAY, absent.get(child.upn))]
        for body in (
            pupils(*CHILDREN),
            parents(*CHILDREN),
            calendar(FIRST_DAY, date(2026, 7, 20)),
            support(CHILDREN[6], date(2025, 11, 12), "not_engaged"),
            csv_of(rows),
        ):
            api.send(body)
        for body in (
            pupils(ELSEWHERE),
            parents(ELSEWHERE),
            calendar(FIRST_DAY, date(2026, 7, 20)),
            csv_of(marks(ELSEWHERE, FIRST_DAY, LAST_DAY, holiday)),
        ):
            api.send(body, la="301", urn="900002")
        yield api
