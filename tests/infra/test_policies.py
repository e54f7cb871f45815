"""The evaluator answers as IAM's documentation says: one small policy a rule (policies.py says what it does not know)."""

from typing import Any

import pytest
from policies import Principal, Resource, decide

pytestmark = pytest.mark.isolation

ME, ACCOUNT = "arn:aws:iam::111111111111:role/me", "arn:aws:iam::111111111111:root"
OBJECT = "arn:aws:s3:::bucket/key"


def said(effect: str = "Allow", action: Any = "s3:GetObject", resource: Any = OBJECT, **more: Any) -> dict[str, Any]:
    named = {} if {"NotAction", "Action"} & set(more) else {"Action": action}
    asked = {} if {"NotResource"} & set(more) else {"Resource": resource}
    return {"Effect": effect, **named, **asked, **more}


def to(whom: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return said(effect, **{"Principal": whom, **more})


def answer(
    *mine: dict[str, Any],
    bucket: tuple[dict[str, Any], ...] = (),
    action: str = "s3:GetObject",
    account: str = "111111111111",
    kind: Any = "other",
    who: Principal | None = None,
    **context: Any,
) -> str:
    told = {key.replace("__", ":").replace("_", "-"): value for key, value in context.items()}
    return decide(who or Principal("me", ME, None, mine), action, Resource("it", OBJECT, account, bucket, kind), told)


NOBODY, SERVICE = Principal("nobody"), Principal("service", None, "events.amazonaws.com")


# --- Who decides ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "answered", "expected"),
    [
        ("nothing said is not allowed", answer(), "not allowed"),
        ("said by the principal's own policy", answer(said()), "allowed"),
        ("a denial wins over any permission", answer(said(), said("Deny")), "denied"),
        ("a denial of the resource wins too", answer(said(), bucket=(to("*", "Deny"),)), "denied"),
        ("a denial of somebody else does not", answer(said(), bucket=(to({"AWS": f"{ME}2"}, "Deny"),)), "allowed"),
        ("in one account the resource's permission is enough", answer(bucket=(to({"AWS": ME}),)), "allowed"),
        ("to the account is not yet to its roles", answer(bucket=(to({"AWS": ACCOUNT}),)), "not allowed"),
        ("across accounts one is not enough", answer(said(), account="2"), "not allowed"),
        ("nor the other", answer(bucket=(to({"AWS": ME}),), account="2"), "not allowed"),
        ("both are", answer(said(), bucket=(to({"AWS": ACCOUNT}),), account="2"), "allowed"),
        ("everybody is everybody", answer(bucket=(to("*"),), who=NOBODY), "allowed"),
        ("an account is not nobody", answer(bucket=(to({"AWS": ACCOUNT}),), who=NOBODY), "not allowed"),
        (
            "a service is let in by name",
            answer(bucket=(to({"Service": "events.amazonaws.com"}),), who=SERVICE),
            "allowed",
        ),
        ("and by no other", answer(bucket=(to({"Service": "sns.amazonaws.com"}),), who=SERVICE), "not allowed"),
        ("a key allows nothing by others' policies alone", answer(said(), kind="key"), "not allowed"),
        ("it may leave it to them", answer(said(), bucket=(to({"AWS": ACCOUNT}),), kind="key"), "allowed"),
        ("which must then say so", answer(bucket=(to({"AWS": ACCOUNT}),), kind="key"), "not allowed"),
        ("or allow by itself", answer(bucket=(to({"AWS": ME}),), kind="key"), "allowed"),
        ("a role is assumed only by whom it trusts", answer(said(), kind="role"), "not allowed"),
        ("all but one are denied", answer(said(), bucket=(said("Deny", NotPrincipal={"AWS": f"{ME}2"}),)), "denied"),
        ("and that one is not", answer(said(), bucket=(said("Deny", NotPrincipal={"AWS": ME}),)), "allowed"),
    ],
    ids=lambda value: value if " " in str(value) and value != "not allowed" else "",
)
def test_who_decides(rule: str, answered: str, expected: str) -> None:
    assert answered == expected, rule


# --- What a statement speaks of ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (said(action="s3:getobject"), True),  # actions whatever their case
        (said(action="s3:Get*"), True),
        (said(action="s3:GetObject?"), False),
        (said(action=["s3:PutObject", "s3:GetObject"]), True),
        (said(NotAction="s3:PutObject"), True),
        (said(NotAction="s3:*"), False),
        (said(resource="*"), True),
        (said(resource="arn:aws:s3:::bucket/*"), True),
        (said(resource="arn:aws:s3:::BUCKET/*"), False),  # resources as they are written
        (said(resource="arn:aws:s3:::bucket/ke?"), True),
        (said(resource="arn:aws:s3:*"), False),  # a wildcard stays between the colons
        (said(NotResource="arn:aws:s3:::bucket/other"), True),
        (said(NotResource="arn:aws:s3:::bucket/*"), False),
        (said(resource="arn:aws:s3:::bucket/${aws:PrincipalTag/name}"), True),
        (
            said(resource="arn:aws:s3:::bucket/${aws:PrincipalTag/other}"),
            False,
        ),  # a variable without a value matches nothing
        (said(resource="arn:aws:s3:::bucket/${aws:PrincipalTag/other, 'key'}"), True),
        (said(resource="arn:aws:s3:::bucket/${aws:PrincipalTag/star}"), False),  # its value is no pattern
        (said(resource="arn:aws:s3:::bucket/ke${*}"), False),  # nor is a wildcard that is written as itself
    ],
    ids=str,
)
def test_what_a_statement_speaks_of(statement: dict[str, Any], expected: bool) -> None:
    tags = {"aws:PrincipalTag/name": "key", "aws:PrincipalTag/star": "*"}
    decision = decide(
        Principal("me", ME, None, (statement,), tags), "s3:GetObject", Resource("it", OBJECT, "111111111111"), {}
    )
    assert (decision == "allowed") == expected


# --- Conditions ----------------------------------------------------------------------------------------------------------

TOLD = {
    "one": "a",
    "many": ["a", "b"],
    "none": [],
    "n": "5",
    "yes": "true",
    "arn": "arn:aws:events:eu-west-2:1:rule/x",
    "aws:PrincipalTag/la": "886",
    "key": ["886#p"],
    "keys": ["886#p", "926#p"],
}


@pytest.mark.parametrize(
    ("operator", "key", "values", "expected"),
    [
        ("StringEquals", "one", "a", True),
        ("StringEquals", "ONE", "a", True),  # keys whatever their case
        ("StringEquals", "one", "A", False),
        ("StringEquals", "one", "*", False),
        ("StringEquals", "one", ["b", "a"], True),  # any of the values
        ("StringEquals", "absent", "a", False),
        ("StringEqualsIfExists", "absent", "a", True),
        ("StringEqualsIfExists", "one", "b", False),
        ("StringNotEquals", "one", "b", True),
        ("StringNotEquals", "one", ["a", "b"], False),  # none of the values
        ("StringNotEquals", "absent", "a", True),  # a negated operator holds of what is not there
        ("StringEqualsIgnoreCase", "one", "A", True),
        ("StringNotEqualsIgnoreCase", "one", "A", False),
        ("StringLike", "one", "?", True),
        ("StringLike", "one", "b*", False),
        ("StringNotLike", "one", "a*", False),
        ("NumericLessThan", "n", "5", False),
        ("NumericLessThan", "n", 5.5, True),
        ("NumericLessThanEquals", "n", 5, True),
        ("NumericGreaterThan", "n", 4, True),
        ("NumericGreaterThanEquals", "n", 6, False),
        ("NumericEquals", "n", "5.0", True),
        ("NumericNotEquals", "n", 5, False),
        ("NumericLessThan", "absent", 5, False),
        ("Bool", "yes", "true", True),
        ("Bool", "yes", False, False),
        ("Bool", "absent", "false", False),
        ("Null", "absent", "true", True),
        ("Null", "absent", "false", False),
        ("Null", "one", "false", True),
        ("ArnEquals", "arn", "arn:aws:events:*:1:rule/*", True),  # the same as ArnLike
        ("ArnLike", "arn", "arn:aws:events:*", False),
        ("ArnNotEquals", "arn", "arn:aws:events:eu-west-2:1:rule/x", False),
        ("ArnNotEquals", "absent", "arn:aws:events:eu-west-2:1:rule/x", True),
        ("ForAllValues:StringEquals", "many", ["a", "b", "c"], True),
        ("ForAllValues:StringEquals", "many", ["a"], False),
        ("ForAllValues:StringEquals", "none", ["a"], True),
        ("ForAllValues:StringEquals", "absent", ["a"], True),  # which is why it is paired with Null
        ("ForAnyValue:StringEquals", "many", ["a"], True),
        ("ForAnyValue:StringEquals", "many", ["c"], False),
        ("ForAnyValue:StringEquals", "absent", ["a"], False),
        ("ForAllValues:StringLike", "key", ["${aws:PrincipalTag/la}#*"], True),
        ("ForAllValues:StringLike", "keys", ["${aws:PrincipalTag/la}#*"], False),
        ("ForAllValues:StringLike", "key", ["${aws:PrincipalTag/urn}#*"], False),
    ],
)
def test_a_condition(operator: str, key: str, values: Any, expected: bool) -> None:
    statement = said(Condition={operator: {key: values}})
    decision = decide(
        Principal("me", ME, None, (statement,)), "s3:GetObject", Resource("it", OBJECT, "111111111111"), TOLD
    )
    assert (decision == "allowed") == expected


def test_all_conditions_of_a_statement_hold_together() -> None:
    met, unmet = {"StringEquals": {"one": "a"}}, {"StringLike": {"n": "6"}}
    for condition, expected in ((met, "allowed"), ({**met, **unmet}, "not allowed")):
        me = Principal("me", ME, None, (said(Condition=condition),))
        assert decide(me, "s3:GetObject", Resource("it", OBJECT, "111111111111"), TOLD) == expected


@pytest.mark.parametrize(
    "statement",
    [
        said(Condition={"DateLessThan": {"one": "2026-01-01"}}),
        said(Condition={"IpAddress": {"one": "10.0.0.0/8"}}),
        said(Condition={"StringEquals": {"many": "a"}}),
        said(Condition={"StringNotEquals": {"one": "${aws:PrincipalTag/urn}"}}),
        {**said(), "Principal": "*"},
        {**said(), "Colour": "blue"},
    ],
    ids=str,
)
def test_what_it_does_not_know_it_refuses(statement: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        decide(Principal("me", ME, None, (statement,)), "s3:GetObject", Resource("it", OBJECT, "111111111111"), TOLD)
