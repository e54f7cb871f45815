"""Decides a request as IAM documents it: identity, resource, key and trust policies, with their conditions.

Held against the documented rules in test_policies.py. Ours, because nothing on PyPI evaluates policies with conditions offline and
moto ignores most of them. What it does not know it refuses (NotImplementedError) and never guesses: other operators,
service control policies, permission boundaries, session policies, grants of KMS, access points, ACLs. Which context a real
request carries is the asker's to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

type Statement = Mapping[str, Any]
type Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, eq=False)
class Principal:
    """Who asks: a role (`arn`, with its policies), a service (`events.amazonaws.com`), or nobody known (anonymous)."""

    name: str
    arn: str | None = None
    service: str | None = None
    policy: tuple[Statement, ...] = ()
    context: Context = field(default_factory=dict)

    @cached_property
    def account(self) -> str | None:
        return self.arn.split(":")[4] if self.arn else None


@dataclass(frozen=True, eq=False)
class Resource:
    """What is asked for: its ARN, the account it lies in, and the policy attached to it, if it has one.

    `kind`: how identity and resource policy meet; "key" and "role" (to assume) allow nothing that their own policy does not.
    """

    name: str
    arn: str
    account: str
    policy: tuple[Statement, ...] = ()
    kind: Literal["key", "role", "other"] = "other"


Decision = Literal["allowed", "denied", "not allowed"]


def decide(principal: Principal, action: str, resource: Resource, context: Context) -> Decision:
    """What IAM answers: `denied` by a statement, `allowed` by one, or `not allowed` for want of one."""
    known = {**principal.context, **context}
    if principal.arn:
        known |= {"aws:PrincipalArn": principal.arn, "aws:PrincipalAccount": str(principal.account)}
    request = _Request(principal, resource.arn, {_lower(key): value for key, value in known.items()})
    identity = {s["Effect"] for s in _about(principal, action) if request.is_met_by(s)}
    attached = [
        (s["Effect"], how) for s in _about(resource, action) if (how := request.named_by(s)) and request.is_met_by(s)
    ]
    if "Deny" in identity or any(effect == "Deny" for effect, _ in attached):
        return "denied"
    named = any(effect == "Allow" and how == "named" for effect, how in attached)
    account = any(effect == "Allow" and how == "account" for effect, how in attached)
    own = "Allow" in identity
    if not principal.arn:
        allowed = named  # a service or a stranger has no policies of its own
    elif principal.account != resource.account:
        allowed = own and (named or account)  # both accounts must agree
    elif resource.kind == "other":
        allowed = own or named
    else:
        allowed = named or (
            account and own
        )  # nothing without the resource's own policy, which may leave it to the account
    return "allowed" if allowed else "not allowed"


@cache
def _about(owner: Principal | Resource, action: str) -> tuple[Statement, ...]:
    """The statements of a policy that speak of an action."""
    found = []
    for statement in owner.policy:
        names_somebody = bool({"Principal", "NotPrincipal"} & set(statement))
        if set(statement) - _ELEMENTS or names_somebody != isinstance(owner, Resource):
            raise NotImplementedError(f"a statement of {owner.name} with {sorted(statement)}")
        patterns = _many(statement["Action"] if "Action" in statement else statement["NotAction"])
        among = any(_glob(pattern.lower()).fullmatch(action.lower()) for pattern in patterns)
        if among == ("Action" in statement):
            found.append(statement)
    return tuple(found)


@dataclass(frozen=True)
class _Request:
    principal: Principal
    arn: str
    context: Context  # keys in lower case: IAM does not tell them apart by case

    def is_met_by(self, statement: Statement) -> bool:
        """Whether a statement on the action speaks of this resource and these circumstances."""
        return self._resource(statement) and self._conditions(statement)

    def named_by(self, statement: Statement) -> Literal["named", "account", ""]:
        """How a statement of a resource policy names the principal: itself (or everybody), its account, or not at all."""
        if "NotPrincipal" in statement:
            if statement["Effect"] != "Deny":
                raise NotImplementedError("Allow with NotPrincipal: allows even strangers")
            return "" if self._named(statement["NotPrincipal"]) == "named" else "named"
        return self._named(statement["Principal"])

    def _named(self, principals: str | Mapping[str, Any]) -> Literal["named", "account", ""]:
        if principals == "*":
            return "named"
        assert isinstance(principals, Mapping)
        how: Literal["named", "account", ""] = ""
        for kind, names in principals.items():
            for name in _many(names):
                if kind == "AWS" and name == "*":
                    return "named"
                if kind == "Service" and name == self.principal.service:
                    return "named"
                if kind == "AWS" and self.principal.arn:
                    if name == self.principal.arn:
                        return "named"
                    if name in (self.principal.account, f"arn:aws:iam::{self.principal.account}:root"):
                        how = "account"
                if kind not in ("AWS", "Service"):
                    raise NotImplementedError(f"principal {kind}")
        return how

    def _resource(self, statement: Statement) -> bool:
        def among(patterns: Any) -> bool:
            return any(self._arn_like(pattern, self.arn) for pattern in _many(patterns))

        if "Resource" in statement:
            return among(statement["Resource"])
        return not among(statement["NotResource"]) if "NotResource" in statement else True  # a trust policy has neither

    def _arn_like(self, pattern: str, arn: str) -> bool:
        filled = self._filled(pattern)
        return filled is not None and (filled == "*" or _arn(filled, arn))

    def _filled(self, text: str) -> str | None:
        """A text with its policy variables filled in, their values literal; None if one has no value."""
        if "${" not in text:
            return text
        missing = False

        def value(found: re.Match[str]) -> str:
            nonlocal missing
            name, _, default = found[1].partition(",")
            if name in "*?$":
                return _literal(name)
            held = self.context.get(name.strip().lower())
            if held is None and default:
                held = default.strip().strip("'")
            if held is None:
                missing = True
                return ""
            if not isinstance(held, str):
                raise NotImplementedError(f"variable {name} of many values")
            return _literal(held)

        filled = re.sub(r"\$\{([^}]*)\}", value, text)
        return None if missing else filled

    def _conditions(self, statement: Statement) -> bool:
        return all(
            self._condition(operator, key, [_text(each) for each in _many(values)])
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )

    def _condition(self, operator: str, key: str, wanted: Sequence[str]) -> bool:
        held = self.context.get(_lower(key))
        if operator == "Null":
            return (held is None) == (_one(wanted) == "true")
        quantifier, _, bare = operator.rpartition(":")
        test = bare.removesuffix("IfExists")
        if test not in _TESTS:
            raise NotImplementedError(f"operator {operator}")
        negated = "Not" in test
        if held is None:
            if quantifier:
                return quantifier == "ForAllValues"
            return negated or bare != test
        values = _many(held)
        if not quantifier and not isinstance(held, str):
            raise NotImplementedError(f"{operator} of {key}, which has many values")
        met = (self._value(test, negated, value, wanted) for value in values)
        return any(met) if quantifier == "ForAnyValue" else all(met)

    def _value(self, test: str, negated: bool, held: str, wanted: Sequence[str]) -> bool:
        """Whether one value meets the operator: any of the values wanted, or, negated, none of them."""
        filled = [self._filled(each) for each in wanted]
        if negated and None in filled:
            raise NotImplementedError("a negated operator and a variable without a value")
        found = any(_TESTS[test](each, held) for each in filled if each is not None)
        return not found if negated else found


def _plain(pattern: str) -> str:
    """The text of a filled value without wildcards of its own."""
    return pattern.translate(_UNMARKED)


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, held: compare(float(held), float(wanted))


@cache
def _arn(wanted: str, held: str) -> bool:
    """Wildcards reach over slashes, but not over the colons that part an ARN."""
    parts, asked = wanted.split(":", 5), held.split(":", 5)
    return len(parts) == len(asked) and all(_glob(p).fullmatch(a) for p, a in zip(parts, asked, strict=True))


def _equals(wanted: str, held: str) -> bool:
    return _plain(wanted) == held


def _equals_ignoring_case(wanted: str, held: str) -> bool:
    return _plain(wanted).lower() == held.lower()


def _like(wanted: str, held: str) -> bool:
    return _glob(wanted).fullmatch(held) is not None


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": _equals,
    "StringNotEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringNotEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _like,
    "StringNotLike": _like,
    "ArnEquals": _arn,  # the same as ArnLike, by the documentation
    "ArnLike": _arn,
    "ArnNotEquals": _arn,
    "ArnNotLike": _arn,
    "Bool": _equals_ignoring_case,
    "NumericEquals": _number(lambda held, wanted: held == wanted),
    "NumericNotEquals": _number(lambda held, wanted: held == wanted),
    "NumericLessThan": _number(lambda held, wanted: held < wanted),
    "NumericLessThanEquals": _number(lambda held, wanted: held <= wanted),
    "NumericGreaterThan": _number(lambda held, wanted: held > wanted),
    "NumericGreaterThanEquals": _number(lambda held, wanted: held >= wanted),
}
_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}
# A wildcard that is meant literally (of a variable's value) is marked by a character that no policy holds.
_MARKED = {"*": "\ue000", "?": "\ue001"}
_UNMARKED = {ord(mark): sign for sign, mark in _MARKED.items()}


def _literal(value: str) -> str:
    return value.replace("*", _MARKED["*"]).replace("?", _MARKED["?"])


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(_plain(c)) for c in pattern), re.DOTALL)


@cache
def _lower(key: str) -> str:
    return key.lower()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _one(values: Iterable[str]) -> str:
    (value,) = values
    return value
