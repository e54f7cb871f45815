"""Who may do what with what: every request there is, put to the policies of the templates, answered as the table says.

A row allows `who` the `actions` on the `resource` `when` the request is so: words that must all hold, `a|b` either. `{la}` is
each of two authorities, `*` anything; `* -s3:x` is every action that exists but s3:x. What no row allows must not be allowed.
What the words mean, and all that is asked, is in tests/infra/deployed.py; how it is decided, with its limits, in
tests/infra/policies.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest
from cloudformation import PREFIX
from deployed import LAS, Deployed, Request
from policies import decide
from tables import cases, read

from local.synth import templates

pytestmark = pytest.mark.isolation

AMISS = {"no-tls", "old-tls"}
"""Circumstances in which a row allows nothing unless it names them."""


@dataclass(frozen=True)
class Row:
    """A row of the table for one authority."""

    who: str
    resources: tuple[str, ...]
    actions: frozenset[str]
    but: frozenset[str]
    when: tuple[frozenset[str], ...]

    def allows(self, request: Request) -> bool:
        return (
            (
                request.action in self.actions
                or ("*" in self.actions and not any(fnmatchcase(request.action, but) for but in self.but))
            )
            and fnmatchcase(request.who, self.who)
            and any(fnmatchcase(request.resource, resource) for resource in self.resources)
            and all(either & request.words for either in self.when)
            and not AMISS & request.words - frozenset().union(*self.when)
        )


def rows_of(row: Mapping[str, str]) -> Iterator[Row]:
    """A row of the table, once for each authority if it speaks of one."""
    for la, urn in LAS.items():
        said = {name: row[name].replace("{la}", la).replace("{urn}", urn) for name in ("who", "resource", "when")}
        actions = row["actions"].lower().split()
        yield Row(
            said["who"],
            tuple(said["resource"].split()),
            frozenset(a for a in actions if not a.startswith("-")),
            frozenset(a[1:] for a in actions if a.startswith("-")),
            tuple(frozenset(each.split("|")) for each in said["when"].split()),
        )


@dataclass(frozen=True)
class Matrix:
    deployed: Deployed
    allowed: frozenset[Request]
    counts: Mapping[str, int]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """Every principal, resource, action and circumstance, decided."""
    raised = templates(list(LAS), PREFIX, own_keys=True, budget_usd=100)
    deployed = Deployed(raised.core, raised.authorities, PREFIX)
    allowed, counts = set(), Counter[str]()
    for asked in deployed.resources:
        for action in asked.actions:
            for words, context in deployed.circumstances(asked, action):
                for principal in deployed.principals:
                    decision = decide(principal, action, asked.resource, context)
                    counts[decision] += 1
                    if decision == "allowed":
                        allowed.add(Request(principal.name, asked.resource.name, action, words))
    return Matrix(deployed, frozenset(allowed), counts)


def test_nothing_is_allowed_but_what_the_table_says(
    matrix: Matrix, record_property: Callable[[str, object], None]
) -> None:
    record_property(
        "matrix", " ".join(f"{n:,} {decision}," for decision, n in sorted(matrix.counts.items())).rstrip(",")
    )
    rows = [row for each in read("permissions") for row in rows_of(each)]
    beyond = Counter(
        (request.who, request.resource, request.action, " ".join(sorted(request.words)))
        for request in matrix.allowed
        if not any(row.allows(request) for row in rows)
    )
    assert not beyond, "\n".join(map(str, sorted(beyond)[:40]))


@pytest.mark.parametrize("case", cases("permissions"))
def test_what_the_table_allows_is_allowed(matrix: Matrix, case: dict[str, str]) -> None:
    """Each action of a row on each resource and in all circumstances that it speaks of, and of each there is at least one."""
    for row in rows_of(case):
        asked = {request.action for request in matrix.deployed.requests(row.who, row.resources) if row.allows(request)}
        assert asked, "a row that speaks of nothing"
        assert row.actions - {"*"} <= asked, (
            "an action that does not exist for the resource, or not in these circumstances"
        )
        missing = [
            request
            for request in matrix.deployed.requests(row.who, row.resources)
            if row.allows(request) and request not in matrix.allowed
        ]
        assert not missing, missing[:10]


def test_every_pattern_of_a_policy_was_put_to_the_test(matrix: Matrix) -> None:
    """A right that no request of the matrix reaches would be one that nobody looked at."""
    deployed = matrix.deployed
    arns = {asked.resource.arn for asked in deployed.resources}
    for la, urn in LAS.items():
        for pattern in deployed.patterns:
            filled = pattern.replace("${aws:PrincipalTag/la}", la).replace("${aws:PrincipalTag/urn}", urn)
            assert any(fnmatchcase(arn, filled) for arn in arns), pattern


def test_every_condition_of_a_policy_was_met_and_not_met(matrix: Matrix) -> None:
    """A condition on something that no request mentions would be one that nobody looked at."""
    deployed = matrix.deployed
    told = {"aws:principalarn", "aws:principalaccount"}
    for asked in deployed.resources:
        for action in asked.actions:
            for _, context in deployed.circumstances(asked, action):
                told |= {key.lower() for key in context}
    told |= {key.lower() for principal in deployed.principals for key in principal.context}
    for statement in deployed.statements:
        for keys in statement.get("Condition", {}).values():
            assert {key.lower() for key in keys} <= told, statement


def test_there_is_one_role_for_officers_and_one_for_uploads_however_many_authorities(matrix: Matrix) -> None:
    assert set(matrix.deployed.roles) == {
        "validate",
        "thresholds",
        "notices",
        "api",
        "daily",
        "officer",
        "upload-grant",
        "erasure",
    }
