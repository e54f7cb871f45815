"""Trying the cases at a deployment's HTTP API, as a vendor's program would."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

import requests

from attendance.context import CONTEXT_CODES
from attendance.text import LONDON
from local.conformance.cases import CODES_IN_FORCE, Case, Sent

_TIMEOUT: Final = 120  # seconds for an answer
_OF_THE_SCHOOL: Final = CONTEXT_CODES | {"DIRECTORY_MISSING", "CALENDAR_MISSING"}
"""What may be said of any file besides, for it hangs on what the school sent."""


type Result = Literal["passed", "failed", "not tried"]


class CannotTry(Exception):
    """The deployment cannot be asked: says what is wrong and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    rule: str
    because: str
    result: Result
    detail: str = ""


@dataclass
class Deployment:
    """A deployment's API, asked by one client about one school."""

    url: str
    client: str
    secret: str
    la: str
    urn: str
    wait: float = 60
    """Seconds to wait for a report, and for what was sent to count."""

    today: date = field(init=False)
    """The day that it is there: a demo goes on from the last day of its term."""

    def __post_init__(self) -> None:
        self._http = requests.Session()
        self._http.headers["authorization"] = f"Bearer {self._token()}"

    def _token(self) -> str:
        described = self._told("GET", "/v1/openapi.json")
        self.today = _day(described)
        (scheme,) = described.json()["components"]["securitySchemes"].values()
        if "flows" in scheme:
            told = scheme["flows"]["clientCredentials"]["tokenUrl"]
        else:  # another OpenID provider, which says itself where it gives tokens
            told = self._ask("GET", scheme["openIdConnectUrl"]).json()["token_endpoint"]
        url = requests.compat.urljoin(self.url, told)
        given = self._ask("POST", url, data={"grant_type": "client_credentials"}, auth=(self.client, self.secret))
        if given.status_code != 200:
            raise CannotTry(
                f"{url} gives no token to {self.client}: {given.status_code}. Check the client id and its secret."
            )
        return str(given.json()["access_token"])

    def _ask(self, method: str, target: str, **more: Any) -> requests.Response:
        url = requests.compat.urljoin(self.url, target)
        if method == "POST":
            more.setdefault("headers", {})["idempotency-key"] = str(uuid.uuid4())
        for _ in range(6):
            try:
                answer = self._http.request(method, url, timeout=_TIMEOUT, **more)
            except requests.RequestException as problem:
                raise CannotTry(f"{url} does not answer ({type(problem).__name__}). Is the address right?") from None
            if answer.status_code != 429:
                return answer
            time.sleep(float(answer.headers.get("retry-after", 2)))
        raise CannotTry(f"{url} still says that there are too many requests. Try again later.")

    def _json(self, method: str, target: str, **more: Any) -> Any:
        return self._told(method, target, **more).json()

    def _told(self, method: str, target: str, **more: Any) -> requests.Response:
        """An answer that is no refusal."""
        answer = self._ask(method, target, **more)
        if not answer.ok:
            said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            what = said.get("detail") or said.get("title") or said.get("message") or answer.reason
            hint = _HINTS.get(answer.status_code, "")
            raise CannotTry(f"{method} {target.partition('?')[0]} answers {answer.status_code}: {what}. {hint}")
        return answer

    def check(self, body: bytes) -> dict[str, Any]:
        """What would be said of a file; nothing of it is kept."""
        headers = {"content-type": "application/octet-stream"}
        said = self._json("POST", f"/v1/checks?la={self.la}&urn={self.urn}", data=body, headers=headers)
        return dict(said["files"][0])

    def send(self, name: str, body: bytes) -> dict[str, Any]:
        """Send a file by a signed link, and give what is reported on it."""
        asked = {
            "la": self.la,
            "urn": self.urn,
            "name": name,
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        created = self._json("POST", "/v1/uploads", json=asked)
        put = requests.put(created["put"]["url"], data=body, headers=created["put"]["headers"], timeout=_TIMEOUT)
        if not put.ok:
            raise CannotTry(f"The signed link took the file with {put.status_code}, not 200.")
        until = time.monotonic() + self.wait
        while True:
            seen = self._ask("GET", created["status_url"])
            if seen.ok and seen.json()["status"] == "answered":
                return dict(self._json("GET", seen.json()["report_url"])["files"][0])
            if time.monotonic() > until:
                raise CannotTry(f"After {self.wait:.0f} seconds there is no report on what was sent.")
            time.sleep(1)


def _day(answer: requests.Response) -> date:
    """The day in London on which an answer was given, as its `Date` says."""
    if "date" not in answer.headers:
        raise CannotTry(f"{answer.url} does not say the date, by which the cases are dated. Is the address right?")
    return parsedate_to_datetime(answer.headers["date"]).astimezone(LONDON).date()


_HINTS: Final = {
    401: "The token was not taken: check the client.",
    403: "The client needs the scopes uploads:write and reports:read, and a grant (attendance grant).",
    404: "The client has no grant for this school, or there is none such: give another --school.",
}


def tried(deployment: Deployment, cases: list[Case], before: list[Sent] | None) -> Iterator[Outcome]:
    """Try every case; `before`: what to send first, None if nothing may be sent."""
    begun = False
    for case in cases:
        if not case.needs:
            yield _outcome(case, deployment.check(case.body))
        elif before is None:
            yield Outcome(case.rule, case.because, "not tried", f"it needs {case.needs}: --send")
        else:
            if not begun:
                first = [(sent, deployment.send(sent.name, sent.body)) for sent in before]
                begun = True
                for sent, said in first:
                    if said["totals"]["refused"] or said["totals"]["error"]:
                        raise CannotTry(
                            f"The made-up {sent.name} was not taken whole, so that what needs it cannot be tried."
                        )
            if case.body:
                yield _in_time(deployment, case)
            else:
                again = deployment.send(before[-1].name, before[-1].body)
                passed = set(again["counts"]) == {case.rule}
                yield Outcome(case.rule, case.because, "passed" if passed else "failed", "" if passed else _said(again))


def _in_time(deployment: Deployment, case: Case) -> Outcome:
    """The outcome once what was sent counts, which may take some seconds."""
    until = time.monotonic() + deployment.wait
    while (outcome := _outcome(case, deployment.check(case.body))).result == "failed" and time.monotonic() < until:
        time.sleep(2)
    return outcome


def _outcome(case: Case, said: dict[str, Any]) -> Outcome:
    """Whether the rule is said where it should be, and no other error of the file."""
    where = {(each["row"], each["field"]) for each in said["findings"] if each["code"] == case.rule}
    others = {
        each["code"]
        for each in said["findings"]
        if each["code"] != case.rule and each["code"] not in _OF_THE_SCHOOL and each["severity"] in {"refused", "error"}
    }
    expected = set() if case.rule == CODES_IN_FORCE else set(case.found)
    if where == expected and not others:
        return Outcome(case.rule, case.because, "passed")
    return Outcome(case.rule, case.because, "failed", f"expected {_places(expected)}; {_said(said)}")


def _said(said: dict[str, Any]) -> str:
    found = [f"{each['code']} {_places({(each['row'], each['field'])})}" for each in said["findings"][:5]]
    return f"it says {', '.join(found) or 'nothing'}"


def _places(places: set[tuple[int | None, str | None]]) -> str:
    return (
        ", ".join(
            "of the file" if row is None else f"in row {row}{f', {field}' if field else ''}"
            for row, field in sorted(places, key=str)
        )
        or "nothing"
    )
