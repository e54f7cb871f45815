"""The running API keeps to its description: what that allows is asked, and what it forbids; no 5xx, nothing undeclared.

Each operation is asked over HTTP for `--seconds` by a vendor, a school and an officer, half of the time with names of what is
there. The cases are the same each time unless `--first-seed` says otherwise.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.app import app
from api.description import description
from local.door import ByDoor, server
from tests.asking import CHILDREN, OFFICE, OFFICER, VENDOR, Asking, asking

pytestmark = pytest.mark.contract

SCHEMA = schemathesis.openapi.from_dict(json.loads(description(app)))
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
EACH = 25  # requests between two looks at the clock


@dataclass(frozen=True)
class Running:
    """The API by HTTP, and names of what is there."""

    api: Asking
    url: str
    there: dict[str, list[str]]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with asking() as api:
        case = api.case_of(CHILDREN[0])
        tag = api.get(OFFICER, f"/v1/cases/{case}").headers["etag"]
        body = {
            "case": case,
            "action": "authorise_penalty_notice",
            "ground": "support_not_appropriate",
            "parent_id": "P1",
        }
        decision = api.post(OFFICER, "/v1/decisions", body, if_match=tag).json()["decision"]
        documents = api.get(OFFICER, f"/v1/documents?case={case}").json()["documents"]
        uploads = api.get(OFFICE, "/v1/uploads/886/900001").json()["uploads"]
        there = {
            "la": ["886"],
            "urn": ["900001"],
            "school": ["900001"],
            "case": [api.case_of(child) for child in CHILDREN[:3]],
            "decision": [decision],
            "folder": ["notices"],
            "name": [each["name"] for each in documents],
            "upload": [each["upload"] for each in uploads],
            "cursor": [api.get(OFFICER, "/v1/cases?la=886&limit=1").json()["next"]],
        }
        with server(0, type("Handler", (ByDoor,), {"door": api.door})) as listening:
            threading.Thread(target=listening.serve_forever, daemon=True).start()
            yield Running(api, f"http://127.0.0.1:{listening.server_port}", there)
            listening.shutdown()


def test_the_description_is_openapi() -> None:
    validate(json.loads(description(app)))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_what_is_answered_is_what_is_described(
    running: Running, operation: Any, request: pytest.FixtureRequest
) -> None:
    end = time.monotonic() + float(request.config.getoption("--seconds"))
    first = int(request.config.getoption("--first-seed"))
    well, wrongly = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    takes_something = {"parameters", "requestBody"} & set(operation.definition.raw)
    modes = (well, wrongly if takes_something else well)  # what takes nothing cannot be asked wrongly
    people = st.sampled_from([VENDOR, OFFICE, OFFICER])
    if not operation.body and not [*operation.iter_parameters()]:
        modes = modes[:1] * 2  # where nothing can be said, nothing can be said wrongly
    turn = 0
    while turn < 2 or time.monotonic() < end:
        cases = operation.as_strategy(generation_mode=modes[turn % 2])

        @seed(first + turn)
        @settings(max_examples=EACH, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=cases, who=people, names=st.none() | st.randoms(use_true_random=False))
        def ask(case: Any, who: str, names: Any) -> None:
            excluded = [positive_data_acceptance]
            if names is not None:
                excluded.append(negative_data_rejection)  # what was made wrong may be mended by it
                for given_ in (case.path_parameters, case.query):
                    for name in set(given_ or {}) & set(running.there):
                        given_[name] = names.choice(running.there[name])
            token = running.api.door.issuer.token(who)
            # Not every request that is well described is one that can be done: what is not there is 404, what changed 412.
            case.call_and_validate(
                base_url=running.url,
                headers={"authorization": f"Bearer {token}"},
                excluded_checks=excluded,
            )

        ask()
        turn += 1
    assert not running.api.system.world.dead_letters()
