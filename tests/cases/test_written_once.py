"""A document is written once: what the policy of an authority's bucket denies, and to whom (docs/security.md)."""

from collections.abc import Mapping

import pytest
from cloudformation import Template, listed, of_type, text
from tables import cases


def denied(template: Template, request: Mapping[str, str]) -> bool:
    """Whether the bucket policy denies a request; raises on what it cannot judge."""

    tls = float(request["tls"])

    def holds(operator: str, key: str, value: str) -> bool:
        match operator, key:
            case "Null", "s3:if-none-match":
                return ("if-none-match" not in request["headers"].split()) == (value == "true")
            case "ArnNotEquals", "aws:PrincipalArn":
                return not text(template, value).endswith(f":role/{request['who']}")
            case "Bool", "aws:SecureTransport":
                return (tls > 0) == (value == "true")
            case "NumericLessThan", "s3:TlsVersion":
                return tls < float(value)
        raise NotImplementedError(f"{operator} {key}")

    (policy,) = of_type(template, "AWS::S3::BucketPolicy").values()
    for statement in policy["PolicyDocument"]["Statement"]:
        assert statement["Effect"] == "Deny"
        assert statement["Principal"] in ("*", {"AWS": "*"})
        if not {request["action"], "s3:*"} & set(listed(statement["Action"])):
            continue
        conditions = statement["Condition"].items()
        if all(holds(operator, key, value) for operator, keys in conditions for key, value in keys.items()):
            return True
    return False


@pytest.mark.parametrize("case", cases("written_once"))
def test_a_document_is_written_once(authority: Template, case: dict[str, str]) -> None:
    assert denied(authority, case) == (case["denied"] == "yes")
