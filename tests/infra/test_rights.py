"""Each function can touch exactly what the table says, and the table says why."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest
from cloudformation import listed, role_statements, text

TABLE = Path(__file__).parents[1] / "cases" / "permissions.csv"
FUNCTIONS = ("validate", "thresholds", "notices")


def condition(core, statement):
    """The conditions of a statement in words, as the table writes them."""
    said = []
    for operator, keys in sorted(statement.get("Condition", {}).items()):
        for key, value in sorted(keys.items()):
            values = " ".join(text(core, v).removesuffix(".AWS::Region.amazonaws.com") for v in listed(value))
            said.append(f"with {key}" if (operator, values) == ("Null", "false") else f"{operator} {key} {values}")
    return "; ".join(said)


def rights_in_template(core):
    """(function, resource, condition) -> actions allowed, over all policies of the function's role."""
    rights = defaultdict(set)
    for function in FUNCTIONS:
        for statement in role_statements(core, f"attendance-test-{function}"):
            assert statement["Effect"] == "Allow"
            assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)
            for resource in listed(statement["Resource"]):
                name = text(core, resource).removeprefix("arn:AWS::Partition:s3:::attendance-test-")
                rights[function, name, condition(core, statement)].update(listed(statement["Action"]))
    return dict(rights)


def rights_in_table():
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["because"] for row in rows)
    rights = {(row["function"], row["resource"], row["only"]): set(row["actions"].split()) for row in rows}
    assert len(rights) == len(rows)
    return rights


def test_each_function_may_do_exactly_what_the_table_says(core):
    assert rights_in_template(core) == rights_in_table()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_delete_anything_but_its_own_messages_nor_act_by_a_pattern(core, function):
    for (who, resource, _), actions in rights_in_template(core).items():
        if who == function:
            deletes = {a for a in actions if "Delete" in a or "Bypass" in a or "Retention" in a}
            assert deletes <= ({"sqs:DeleteMessage"} if resource.split(".")[0] == function else set())
            assert not any("*" in action for action in actions)
            assert resource != "*"


def test_no_function_may_change_what_guards_it(core):
    guarding = ("iam:", "lambda:", "kms:Put", "kms:CreateGrant", "s3:PutBucket", "sts:")
    for actions in rights_in_template(core).values():
        assert not [action for action in actions if action.startswith(guarding)]
