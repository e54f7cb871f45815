"""The API's gateway lets nobody in without a token but to its description, is slow to a flood, and keeps who asked and who read."""

import json

from cloudformation import PREFIX, of_type, read, text

from api.app import app
from api.description import description
from api.principals import SCOPES as ASKED_FOR
from infra.api import PROGRAMS, SCOPES


def only(core, kind):
    ((_, properties),) = of_type(core, kind).items()
    return properties


def test_everything_but_the_description_wants_a_token(core):
    (authorizer,) = of_type(core, "AWS::ApiGatewayV2::Authorizer")
    routes = {r["RouteKey"]: r for r in of_type(core, "AWS::ApiGatewayV2::Route").values()}
    public = {key for key, route in routes.items() if route["AuthorizationType"] == "NONE"}
    assert public == {"GET /v1/openapi.json"}
    for key in routes.keys() - public:
        assert routes[key]["AuthorizationType"] == "JWT"
        assert routes[key]["AuthorizerId"] == {"Ref": authorizer}
    assert {key.split()[0] for key in routes} == {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}


def test_tokens_are_those_of_the_pool_for_its_clients(core):
    (pool,) = of_type(core, "AWS::Cognito::UserPool")
    clients = of_type(core, "AWS::Cognito::UserPoolClient")
    said = only(core, "AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"]
    assert json.dumps({"Ref": pool}) in json.dumps(said["Issuer"])
    assert said["Audience"] == [{"Ref": client} for client in clients]


def tokens_at(core):
    """What the function is told of where tokens are had."""
    (function,) = (f for f in of_type(core, "AWS::Lambda::Function").values() if f["Handler"] == "api.handler.handler")
    return text(core, function["Environment"]["Variables"]["TOKENS_AT"])


def scheme(at):
    """The security scheme of the description that is served with this."""
    (found,) = json.loads(description(app, at))["components"]["securitySchemes"].values()
    return found


def test_the_description_names_the_pools_own_domain(core):
    assert only(core, "AWS::Cognito::UserPoolDomain")["Domain"] == PREFIX
    assert tokens_at(core) == f"https://{PREFIX}.auth.AWS::Region.amazoncognito.com"
    assert scheme(tokens_at(core))["flows"]["clientCredentials"]["tokenUrl"] == f"{tokens_at(core)}/oauth2/token"


def test_the_description_asks_for_scopes_by_the_names_that_the_pool_knows(core):
    """Cognito knows them under the name of the resource server, and answers invalid_scope to any other."""
    server = only(core, "AWS::Cognito::UserPoolResourceServer")
    known = {f"{server['Identifier']}/{scope['ScopeName']}" for scope in server["Scopes"]}
    served = json.loads(description(app, tokens_at(core)))
    asked = {
        scope for path in served["paths"].values() for operation in path.values() for scope in scopes_of(operation)
    }
    assert asked == known
    for flow in scheme(tokens_at(core))["flows"].values():
        assert set(flow["scopes"]) == known


def test_another_provider_names_the_scopes_itself(core):
    served = json.loads(description(app, "https://id.example/.well-known/openid-configuration"))
    asked = {
        scope for path in served["paths"].values() for operation in path.values() for scope in scopes_of(operation)
    }
    assert asked == set(SCOPES)


def scopes_of(operation):
    """The scopes that a token needs for an operation."""
    return [scope for each in operation.get("security", ()) for scopes in each.values() for scope in scopes]


def test_the_scopes_of_the_pool_are_those_that_the_routes_ask_for(core):
    given = {s["ScopeName"] for s in only(core, "AWS::Cognito::UserPoolResourceServer")["Scopes"]}
    assert given == set(SCOPES) == set(ASKED_FOR)


def test_a_program_can_ask_for_nothing_that_a_person_decides(core):
    (client,) = of_type(core, "AWS::Cognito::UserPoolClient").values()
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert client["GenerateSecret"] is True
    assert {scope["Fn::Join"][1][1].removeprefix("/") for scope in client["AllowedOAuthScopes"]} == set(PROGRAMS)
    assert not {"cases:read", "cases:decide", "documents:read"} & set(PROGRAMS)


def test_people_sign_in_with_a_second_factor_and_nobody_signs_up(core):
    pool = only(core, "AWS::Cognito::UserPool")
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["DeletionProtection"] == "ACTIVE"


def test_a_flood_is_slowed_and_every_request_is_logged_without_its_query(core):
    stage = only(core, "AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50}
    assert text(core, stage["AccessLogSettings"]["DestinationArn"]) == "/aws/apigateway/attendance-test-api-access"
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert "$context.authorizer.claims.sub" in logged.values()
    assert not any("query" in value.lower() for value in logged.values())


def test_the_record_of_reads_is_kept_as_long_as_documents(core):
    groups = {g["LogGroupName"].rpartition("/")[2]: g for g in of_type(core, "AWS::Logs::LogGroup").values()}
    assert groups["attendance-test-api"]["RetentionInDays"] == 2557
    assert groups["attendance-test-api-access"]["RetentionInDays"] == 365


def test_an_idempotency_key_is_forgotten_and_a_grant_is_not(core):
    (grants,) = (t for t in of_type(core, "AWS::DynamoDB::Table").values() if t["TableName"].endswith("-grants"))
    assert grants["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_function_answers_before_the_gateway_gives_up(core):
    (function,) = (f for f in of_type(core, "AWS::Lambda::Function").values() if f["Handler"] == "api.handler.handler")
    assert function["Timeout"] < 30
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def test_any_provider_of_tokens_can_stand_in_the_place_of_the_pool(tmp_path):
    from infra.api import Callers
    from infra.app import synth

    callers = Callers(issuer="https://login.example", audience=("attendance",), origins=("https://pages.example",))
    core = read(synth(tmp_path, PREFIX, [], packages_built=False, checked=False, callers=callers), "Core")
    assert not of_type(core, "AWS::Cognito::UserPool")
    said = only(core, "AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"]
    assert said == {"Audience": ["attendance"], "Issuer": "https://login.example"}
    configuration = "https://login.example/.well-known/openid-configuration"
    assert tokens_at(core) == configuration
    assert scheme(configuration) == {"type": "openIdConnect", "openIdConnectUrl": configuration}
    cors = only(core, "AWS::ApiGatewayV2::Api")["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://pages.example"]
    assert "if-match" in cors["AllowHeaders"]


def test_pages_sign_in_by_the_code_flow_and_keep_no_secret(tmp_path):
    from infra.api import Callers
    from infra.app import synth

    callers = Callers(clients=("vendor-a", "vendor-b"), origins=("https://pages.example",))
    core = read(synth(tmp_path, PREFIX, [], packages_built=False, checked=True, callers=callers), "Core")
    clients = {c["ClientName"]: c for c in of_type(core, "AWS::Cognito::UserPoolClient").values()}
    assert set(clients) == {"vendor-a", "vendor-b", "pages"}
    assert clients["pages"]["AllowedOAuthFlows"] == ["code"]
    assert clients["pages"]["GenerateSecret"] is False
    assert clients["pages"]["CallbackURLs"] == ["https://pages.example/signed-in.html"]


def test_pages_send_files_to_the_uploads_and_read_what_is_too_large_for_an_answer(tmp_path):
    from infra.api import Callers
    from infra.app import synth

    callers = Callers(origins=("https://pages.example",))
    core = read(synth(tmp_path, PREFIX, [], packages_built=False, checked=False, callers=callers), "Core")
    buckets = {b["BucketName"].removeprefix(f"{PREFIX}-"): b for b in of_type(core, "AWS::S3::Bucket").values()}
    rules = {name: b["CorsConfiguration"]["CorsRules"] for name, b in buckets.items() if "CorsConfiguration" in b}
    assert {name: (r["AllowedMethods"], r["AllowedOrigins"]) for name, (r,) in rules.items()} == {
        "uploads": (["PUT"], ["https://pages.example"]),
        "reports": (["GET"], ["*"]),
        "positions": (["GET"], ["*"]),
    }


def test_without_pages_named_no_browser_may_ask(core):
    assert "CorsConfiguration" not in only(core, "AWS::ApiGatewayV2::Api")
    assert not [b for b in of_type(core, "AWS::S3::Bucket").values() if "CorsConfiguration" in b]
