"""What no function may do, whatever the table of rights says (tests/cases/permissions.csv)."""

import pytest
from cloudformation import FUNCTIONS, rights_in_template


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_may_delete_anything_but_its_own_messages_nor_act_by_a_pattern(core, function):
    for (who, resource, only), actions in rights_in_template(core).items():
        if who == function:
            locked = function == "notices" and resource in {"authority-*/notices/*", "authority-*/schedules/*"}
            if locked and "s3:PutObjectRetention" in actions:
                assert "s3:object-lock-mode GOVERNANCE" in only, "a lock that a named role can lift, and nobody here"
                actions = actions - {"s3:PutObjectRetention"}
            deletes = {a for a in actions if "Delete" in a or "Bypass" in a or "Retention" in a}
            assert deletes <= ({"sqs:DeleteMessage"} if resource.split(".")[0] == function else set())
            assert not any("*" in action for action in actions)
            assert resource != "*"


def test_no_function_may_change_what_guards_it(core):
    guarding = ("iam:", "lambda:", "kms:Put", "kms:CreateGrant", "s3:PutBucket", "sts:")
    for (who, resource, _), actions in rights_in_template(core).items():
        if who == "api" and resource in {
            "officer",
            "upload-grant",
        }:  # it acts in somebody's place; as what, permissions.csv says
            actions = actions - {"sts:AssumeRole", "sts:TagSession"}
        assert not [action for action in actions if action.startswith(guarding)]
