"""The HTTP API: its gateway with whose tokens it takes, its function, and the table of grants."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.alarms import call_somebody
from infra.reasons import acknowledge
from infra.stage import worker
from infra.stores import table

API = "api"
MEMORY, TIMEOUT = 1769, 29
"""MB and seconds: a check of 4 MB takes one processor some seconds, and an HTTP API waits half a minute at most."""
PER_SECOND, AT_ONCE = 50, 100
"""Requests of everybody together: a school's daily file takes three."""
FAILURES, REFUSALS = 1, 200
"""In five minutes: so many answers of 5xx, or of 4xx, call somebody."""
SCOPES = {
    "uploads:write": "Create uploads, and check files without sending them",
    "reports:read": "List uploads and read reports",
    "positions:read": "Read how the pupils of a school stand",
    "returns:read": "Read the returns of a school",
    "cases:read": "Read cases and their explanation",
    "cases:decide": "Record decisions",
    "documents:read": "Read documents, packs and the annual return",
}
PROGRAMS = ("uploads:write", "reports:read", "positions:read", "returns:read")
"""What a vendor's program may ask for; the rest is a person's."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
"""All but OPTIONS, which the gateway answers itself; what a path does not know, the function answers 405."""
ACCESS_LOG = {
    "at": "$context.requestTime", "request": "$context.requestId", "from": "$context.identity.sourceIp",
    "subject": "$context.authorizer.claims.sub", "method": "$context.httpMethod", "path": "$context.path",
    "status": "$context.status", "bytes": "$context.responseLength", "milliseconds": "$context.responseLatency",
    "refused": "$context.authorizer.error",
}  # fmt: skip


@dataclass(frozen=True)
class Callers:
    """Whose tokens the API takes: of the OpenID provider `issuer`, for `audience`; without one, of a user pool of its own
    with these `clients` (one a vendor or trust). `origins`: the pages that may ask from a browser.
    """

    issuer: str | None = None
    audience: Sequence[str] = ()
    clients: Sequence[str] = ("example",)
    origins: Sequence[str] = ()


NOBODY_NAMED = Callers()


class Api(Construct):
    """`/v1/...` for vendors, schools and officers. All but its description wants a token; what a token may do, the grants say."""

    def __init__(
        self,
        scope: Construct,
        prefix: str,
        code: lambda_.Code,
        key: kms.IKey,
        alarm: cloudwatch.IAlarmAction,
        callers: Callers,
    ) -> None:
        super().__init__(scope, "Api")
        self.grants = table(self, "Grants", f"{prefix}-grants", key, indexes={}, expires="expires_at")
        # The record of who read what is in this log: it is kept as long as documents are.
        self.log_group, self.role, self.function = worker(
            self, API, prefix, code, memory=MEMORY, timeout=TIMEOUT, scratch=1024, kept=logs.RetentionDays.SEVEN_YEARS
        )
        self.tell({"GRANTS_TABLE": self.grants.table_name})
        self.for_pages: dict[str, str] = {}
        """What `attendance pages` is told of the user pool's client for pages, if there is one."""
        if callers.issuer:
            self.issuer, audience = callers.issuer, list(callers.audience)
            self.tell({"OPENID_URL": f"{self.issuer}/.well-known/openid-configuration"})
        else:
            self.issuer, audience = self._user_pool(prefix, callers)
        self.http = self._gateway(prefix, callers, self.issuer, audience)
        self.url = f"https://{self.http.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}/v1"
        self._stage(prefix)
        self._watch(prefix, alarm)

    def tell(self, environment: Mapping[str, str]) -> None:
        """Give the function these environment variables as well."""
        for name, value in environment.items():
            self.function.add_environment(name, value)

    def allow(self, *statements: iam.PolicyStatement) -> None:
        """Let the function do what these statements say, and nothing else."""
        for statement in statements:
            self.role.add_to_policy(statement)

    def _gateway(self, prefix: str, callers: Callers, issuer: str, audience: list[str]) -> gateway.HttpApi:
        cors = gateway.CorsPreflightOptions(
            allow_origins=list(callers.origins),
            allow_methods=[gateway.CorsHttpMethod.GET, gateway.CorsHttpMethod.POST],
            allow_headers=["authorization", "content-type", "idempotency-key", "if-match"],
            expose_headers=["etag", "retry-after", "x-report"],
            max_age=Duration.hours(1),
        )
        http = gateway.HttpApi(
            self,
            "Http",
            api_name=f"{prefix}-api",
            description="School attendance: uploads, cases, decisions, documents",
            create_default_stage=False,
            cors_preflight=cors if callers.origins else None,
        )
        function = integrations.HttpLambdaIntegration("Function", self.function)
        tokens = authorizers.HttpJwtAuthorizer("Tokens", issuer, jwt_audience=audience)
        http.add_routes(
            path="/v1/{proxy+}",
            methods=[gateway.HttpMethod(method) for method in METHODS],
            integration=function,
            authorizer=tokens,
        )
        public = http.add_routes(path="/v1/openapi.json", methods=[gateway.HttpMethod.GET], integration=function)
        acknowledge(
            public[0], {"AwsSolutions-APIG4": "The description of the API is for everybody, and holds no data."}
        )
        return http

    def _stage(self, prefix: str) -> None:
        access = logs.LogGroup(
            self,
            "Access",
            log_group_name=f"/aws/apigateway/{prefix}-api-access",
            retention=logs.RetentionDays.ONE_YEAR,
            removal_policy=RemovalPolicy.DESTROY,
        )
        gateway.CfnStage(
            self,
            "Stage",
            api_id=self.http.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=PER_SECOND, throttling_burst_limit=AT_ONCE
            ),
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=access.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
        )

    def _user_pool(self, prefix: str, callers: Callers) -> tuple[str, list[str]]:
        """A user pool of our own: people sign in with a second factor, programs with their client's secret."""
        pool = cognito.UserPool(
            self,
            "People",
            user_pool_name=f"{prefix}-people",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=14, require_digits=True, require_lowercase=True, require_symbols=True, require_uppercase=True
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            pool,
            {
                "AwsSolutions-COG3": "Threat protection is priced for each person and month; people need a second factor anyway.",
                "AwsSolutions-COG8": "The plus tier is what threat protection costs.",
            },
        )
        pool.add_domain("Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix))
        signing_in = f"https://{prefix}.auth.{Aws.REGION}.amazoncognito.com"
        self.tell({"TOKEN_URL": f"{signing_in}/oauth2/token", "SIGN_IN_URL": f"{signing_in}/oauth2/authorize"})
        scopes = {name: cognito.ResourceServerScope(scope_name=name, scope_description=s) for name, s in SCOPES.items()}
        server = pool.add_resource_server(
            "Scopes", identifier="attendance", user_pool_resource_server_name="attendance", scopes=list(scopes.values())
        )

        def asked(*names: str) -> list[cognito.OAuthScope]:
            return [cognito.OAuthScope.resource_server(server, scopes[name]) for name in names]

        clients = [
            pool.add_client(
                f"Client-{name}",
                user_pool_client_name=name,
                generate_secret=True,
                access_token_validity=Duration.hours(1),
                o_auth=cognito.OAuthSettings(
                    flows=cognito.OAuthFlows(client_credentials=True), scopes=asked(*PROGRAMS)
                ),
            )
            for name in callers.clients
        ]
        if callers.origins:  # the pages: a browser keeps no secret, so the code flow with PKCE
            back = [f"{origin}/signed-in.html" for origin in callers.origins]
            pages = pool.add_client(
                "Pages",
                user_pool_client_name="pages",
                generate_secret=False,
                access_token_validity=Duration.hours(1),
                refresh_token_validity=Duration.hours(12),
                prevent_user_existence_errors=True,
                o_auth=cognito.OAuthSettings(
                    flows=cognito.OAuthFlows(authorization_code_grant=True),
                    scopes=[cognito.OAuthScope.OPENID, *asked(*SCOPES)],
                    callback_urls=back,
                    logout_urls=[f"{origin}/signed-out.html" for origin in callers.origins],
                ),
            )
            clients.append(pages)
            self.for_pages = {
                "pages-client": pages.user_pool_client_id,
                "pages-sign-out": f"{signing_in}/logout",
            }
        issuer = f"https://cognito-idp.{Aws.REGION}.amazonaws.com/{pool.user_pool_id}"
        return issuer, [client.user_pool_client_id for client in clients]

    def _watch(self, prefix: str, action: cloudwatch.IAlarmAction) -> None:
        five = Duration.minutes(5)
        watched = (
            ("errors", self.function.metric_errors(period=five), 1, "The function stopped: time, memory or start."),
            ("failures", self.http.metric_server_error(period=five, statistic="Sum"), FAILURES, "Answers of 5xx."),
            ("refusals", self.http.metric_client_error(period=five, statistic="Sum"), REFUSALS, "Answers of 4xx."),
        )
        for kind, metric, threshold, meaning in watched:
            call_somebody(self, kind, f"{prefix}-api", metric, threshold, meaning, action)
