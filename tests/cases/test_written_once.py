"""A document is written once: what the policy of an authority's bucket denies, and to whom (docs/security.md)."""

import pytest
from cloudformation import PREFIX, Template
from deployed import ACCOUNT, Deployed
from policies import Principal, decide
from tables import cases

pytestmark = pytest.mark.isolation
ON_OBJECTS = {
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
}
EVERYTHING = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)


@pytest.fixture(scope="module")
def deployed(core: Template, authority: Template) -> Deployed:
    return Deployed(core, {"886": authority}, PREFIX)


@pytest.mark.parametrize("case", cases("written_once"))
def test_a_document_is_written_once(deployed: Deployed, case: dict[str, str]) -> None:
    """Whoever asks may do everything by their own policies: what is denied is denied by the bucket."""
    (bucket,) = {
        asked.resource
        for asked in deployed.resources
        if asked.resource.name == ("authority-886/notices/x" if case["action"] in ON_OBJECTS else "authority-886")
    }
    who = Principal(case["who"], f"arn:aws:iam::{ACCOUNT}:role/{case['who']}", None, EVERYTHING)
    context = {"aws:SecureTransport": "true" if float(case["tls"]) else "false"}
    context |= {"s3:TlsVersion": case["tls"]} if float(case["tls"]) else {}
    context |= {f"s3:{header}": "*" for header in case["headers"].split()}
    assert (decide(who, case["action"], bucket, context) == "denied") == (case["denied"] == "yes")
