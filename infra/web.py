"""Stack `Pages`: the pages for people, as files in a private bucket behind CloudFront. Nothing about a child lies here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Aws, CfnOutput, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.api import sign_in
from infra.reasons import acknowledge
from web.build import headers, origin, policy

MOST_NAMED = 20
"""So many authorities' buckets a policy names one by one; CloudFront takes no header of any length."""


@dataclass(frozen=True)
class Site:
    """Where the pages stand: their host name, and its certificate, which CloudFront wants from us-east-1."""

    domain: str
    certificate: str

    @property
    def origin(self) -> str:
        """What a browser calls the pages when they ask the API."""
        return f"https://{self.domain}"


class Pages(Stack):
    """Takes from `Core` by exported name, so that `Core` does not know it; `attendance pages` makes what lies in its bucket."""

    def __init__(
        self, scope: Construct, prefix: str, site: Site, authorities: Sequence[str], issuer: str | None = None
    ) -> None:
        super().__init__(
            scope,
            "Pages",
            stack_name=f"{prefix}-pages",
            description="School attendance: the pages for officers and schools",
            termination_protection=True,
        )
        logs = self._bucket("Logs", f"{prefix}-pages-logs", logs=True)
        acknowledge(logs, {"AwsSolutions-S1": "It holds logs itself."})
        files = self._bucket("Files", f"{prefix}-pages")
        acknowledge(files, {"AwsSolutions-S1": "Only CloudFront reads it, and logs every request."})
        distribution = self._distribution(prefix, site, files, logs, self._policy(prefix, authorities, issuer))
        given = {
            "pages-bucket": files.bucket_name,
            "pages-distribution": distribution.distribution_id,
            "pages-host": distribution.distribution_domain_name,
        }
        for name, value in given.items():
            CfnOutput(self, name, value=value)

    def _bucket(self, name: str, bucket_name: str, *, logs: bool = False) -> s3.Bucket:
        """A private bucket; what earlier pages were goes after 30 days, logs after a year. Keys of AWS: nothing here is secret."""
        rule = (
            s3.LifecycleRule(id="retention", expiration=Duration.days(365))
            if logs
            else s3.LifecycleRule(id="earlier-versions", noncurrent_version_expiration=Duration.days(30))
        )
        return s3.Bucket(
            self,
            name,
            bucket_name=bucket_name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # CloudFront gives itself the right to write logs by an access list.
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED
            if logs
            else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=not logs,
            lifecycle_rules=[rule],
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _policy(self, prefix: str, authorities: Sequence[str], issuer: str | None) -> str:
        """What the pages may ask: the API, who signs people in, and the buckets that links to files lead to."""
        signs_in = (
            (origin(issuer),)
            if issuer
            else (
                Fn.import_value(f"{prefix}-api-issuer") + "/",
                f"{sign_in(prefix)}/oauth2/",
            )
        )
        s3_host = f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"
        names = [*(f"authority-{la}" for la in sorted(authorities)), "reports", "uploads"]
        held = [f"https://{prefix}-{each}.{s3_host}" for each in names]
        buckets = held if len(authorities) <= MOST_NAMED else [f"https://*.{s3_host}"]
        return policy(Fn.import_value(f"{prefix}-api-url") + "/", *signs_in, *buckets)

    def _distribution(
        self, prefix: str, site: Site, files: s3.IBucket, logs: s3.IBucket, csp: str
    ) -> cloudfront.Distribution:
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"{prefix}: pages",
            domain_names=[site.domain],
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", site.certificate),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(files),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                response_headers_policy=self._headers(prefix, headers(csp)),
                compress=True,
            ),
            # A bucket that may not be listed answers 403 where there is nothing.
            error_responses=[
                cloudfront.ErrorResponse(
                    http_status=status,
                    response_http_status=404,
                    response_page_path="/404.html",
                    ttl=Duration.minutes(5),
                )
                for status in (403, 404)
            ],
            enable_logging=True,
            log_bucket=logs,
            log_file_prefix="pages/",
            log_includes_cookies=False,
        )
        acknowledge(
            distribution,
            {
                "AwsSolutions-CFR1": "Officers may be anywhere; the pages hold no data, and the API wants a token.",
                "AwsSolutions-CFR2": "There are only files to attack; what gives data is the API, which has its own limits.",
            },
        )
        return distribution

    def _headers(self, prefix: str, given: Mapping[str, str]) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=f"{prefix}-pages",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=given["content-security-policy"], override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(730), include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=given[name], override=True)
                    for name in ("cross-origin-opener-policy", "permissions-policy")
                ]
            ),
        )
