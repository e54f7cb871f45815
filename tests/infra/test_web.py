"""The pages lie in a private bucket that only CloudFront reads, with headers under which a browser does no more than they ask."""

from collections.abc import Mapping
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint
from cloudformation import PREFIX, of_type, read

from web.build import inline_scripts

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Under cdk-nag, as every template."""
    from infra.app import synth
    from infra.web import Site

    site = Site("pages.example", CERTIFICATE)
    out = tmp_path_factory.mktemp("pages")
    return synth(out, PREFIX, ["886", "301"], packages_built=False, checked=True, site=site)


@pytest.fixture(scope="module")
def pages(folder: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = read(folder, "Pages")
    return found


def only(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    ((_, properties),) = of_type(template, kind).items()
    return properties


def said(value: Any) -> str:
    """A value put together from parts, with each part that is known only when deployed in angle brackets."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(said, value["Fn::Join"][1]))
    return f"<{next(iter(value.values()))}>"


def directives(pages: Mapping[str, Any]) -> dict[str, str]:
    given = only(pages, "AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    csp = said(given["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    return dict(each.strip().split(" ", 1) for each in csp.split(";"))


def test_cloudformation_would_take_it(folder: Any) -> None:
    text = (folder / "Pages.template.json").read_text(encoding="utf-8")
    assert lint(text, config=ManualArgs(regions=["eu-west-2"], ignore_checks=["W3005"])) == []


def test_only_cloudfront_reads_the_files_and_only_those_of_this_distribution(pages: Mapping[str, Any]) -> None:
    for bucket in of_type(pages, "AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    allowed = [
        statement
        for policy in of_type(pages, "AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Action"] == "s3:GetObject"
    ]
    (statement,) = allowed
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    (distribution,) = of_type(pages, "AWS::CloudFront::Distribution")
    assert f"<{distribution}>" in said(statement["Condition"]["StringEquals"]["AWS:SourceArn"])


def test_a_browser_runs_only_our_scripts_and_asks_only_whom_the_pages_ask(pages: Mapping[str, Any]) -> None:
    csp = directives(pages)
    assert csp["default-src"] == "'none'"
    assert csp["script-src"].split() == ["'self'", *(f"'{each}'" for each in inline_scripts())]
    assert csp["frame-ancestors"] == csp["base-uri"] == "'none'"
    assert csp["connect-src"].split() == [
        "'self'",
        f"<{PREFIX}-api-url>/",
        f"<{PREFIX}-api-issuer>/",
        f"https://{PREFIX}.auth.<AWS::Region>.amazoncognito.com/oauth2/",
        *(
            f"https://{PREFIX}-{name}.s3.<AWS::Region>.<AWS::URLSuffix>"
            for name in ("authority-301", "authority-886", "reports", "uploads")
        ),
    ]


def test_no_connection_is_weaker_than_tls_1_2(pages: Mapping[str, Any]) -> None:
    distribution = only(pages, "AWS::CloudFront::Distribution")["DistributionConfig"]
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert distribution["Logging"]["IncludeCookies"] is False


def test_files_are_sent_by_the_pages_alone_and_read_by_whoever_has_the_link(folder: Any) -> None:
    """A browser that is sent on to a link names no origin: the signature is what opens it."""
    asked = {
        bucket["BucketName"]: (rule["AllowedOrigins"], rule["AllowedMethods"])
        for stack in ("Core", "Authority886")
        for bucket in of_type(read(folder, stack), "AWS::S3::Bucket").values()
        for rule in bucket.get("CorsConfiguration", {}).get("CorsRules", [])
    }
    ours = ["https://pages.example"]
    assert asked == {
        f"{PREFIX}-uploads": (ours, ["PUT"]),
        f"{PREFIX}-reports": (["*"], ["GET"]),
        f"{PREFIX}-positions": (["*"], ["GET"]),
        f"{PREFIX}-authority-886": (["*"], ["GET"]),
    }


def test_the_pages_client_of_the_pool_comes_back_to_the_pages(folder: Any) -> None:
    core = read(folder, "Core")
    (client,) = (c for c in of_type(core, "AWS::Cognito::UserPoolClient").values() if c["ClientName"] == "pages")
    assert client["CallbackURLs"] == ["https://pages.example/signed-in.html"]
    assert client["LogoutURLs"] == ["https://pages.example/signed-out.html"]
    assert {"pagesclient", "pagessignout"} <= set(core["Outputs"])
