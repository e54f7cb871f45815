"""What the templates deploy, as IAM sees it: every principal, every resource with its policy, and what can be asked of it.

Names, ARNs and references are filled in as they would be in an account. The actions are those of AWS's Service Authorization
Reference, as cfn-lint carries it. Beside what is deployed stand an administrator of the account, one of another account,
nobody known, and a stranger's bucket that bears a name of ours.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import resources
from typing import Any

from cloudformation import Template, listed
from policies import Context, Principal, Resource, Statement

from local.template import ACCOUNT, REGION, Physical, Values

STRANGER, SQUATTER = "999999999999", "888888888888"
LAS = {"886": "118001", "926": "121001"}
"""Two authorities, and a school of each."""

# How IAM names what CloudFormation makes: (service, type of resource) of the actions that can be asked of it.
ASKED_OF = {
    "AWS::CloudTrail::Trail": [("cloudtrail", "trail")],
    "AWS::DynamoDB::Table": [("dynamodb", "table"), ("dynamodb", "index")],
    "AWS::Events::EventBus": [("events", "event-bus")],
    "AWS::Events::Rule": [("events", "rule-on-default-event-bus")],
    "AWS::IAM::Role": [("iam", "role"), ("sts", "role")],
    "AWS::KMS::Key": [("kms", "key")],
    "AWS::Lambda::Function": [("lambda", "function")],
    "AWS::Logs::LogGroup": [("logs", "log-group"), ("logs", "log-stream")],
    "AWS::S3::Bucket": [("s3", "bucket"), ("s3", "object")],
    "AWS::SNS::Topic": [("sns", "topic")],
    "AWS::SQS::Queue": [("sqs", "queue")],
    "AWS::Scheduler::Schedule": [("scheduler", "schedule")],
    "AWS::SecretsManager::Secret": [("secretsmanager", "secret")],
}
# What has no policy that says who may do what: parts of others, alarms, and what only the account's administration reaches.
NOT_ASKED = {
    "AWS::Budgets::Budget",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::CloudWatch::Alarm",
    "AWS::Glue::Database",  # descriptions of tables, of no child: who queries needs the buckets besides
    "AWS::Glue::Table",
    "AWS::IAM::Policy",
    "AWS::KMS::Alias",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
POLICY_OF = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}


@dataclass(frozen=True)
class Request:
    """One question to IAM, and the words in which the table speaks of its circumstances."""

    who: str
    resource: str
    action: str
    words: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """A resource, the actions that exist for it, and under which circumstances each is asked."""

    resource: Resource
    kind: str
    """The type of the resource in IAM: bucket, object, table, index, key ..."""
    actions: tuple[str, ...]


@cache
def _reference() -> Mapping[str, Any]:
    text = (resources.files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def actions_on(service: str, kind: str) -> tuple[str, ...]:
    """The actions that exist for a type of resource, in lower case: `s3:getobject`."""
    every = _reference()[service]["Actions"].items()
    found = sorted(
        f"{service}:{action}" for action, about in every if kind in {of.lower() for of in about.get("Resources", ())}
    )
    assert found, f"nothing can be asked of {service} {kind}"
    return tuple(found)


@cache
def actions_on_nothing() -> tuple[str, ...]:
    """The actions that name no resource, as to make a key, of every service that we use."""
    return tuple(
        sorted(
            f"{service}:{action}"
            for service in {service for kinds in ASKED_OF.values() for service, _ in kinds}
            for action, of in _reference()[service]["Actions"].items()
            if not of.get("Resources")
        )
    )


# --- From the templates to principals and resources ----------------------------------------------------------------------


def _physical(logical_id: str, resource: Mapping[str, Any], stack: str) -> Physical:
    """What a resource would answer; every name of our templates is written out in them."""
    properties, kind = resource.get("Properties", {}), resource["Type"]

    def arn(service: str, rest: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
        return f"arn:aws:{service}:{region}:{account}:{rest}"

    match kind:
        case "AWS::S3::Bucket":
            name = properties["BucketName"]
            return Physical(name, {"Arn": arn("s3", name, region="", account="")})
        case "AWS::SQS::Queue":
            name = properties["QueueName"]
            return Physical(f"https://sqs/{name}", {"Arn": arn("sqs", name), "QueueName": name})
        case "AWS::DynamoDB::Table":
            name = properties["TableName"]
            return Physical(name, {"Arn": arn("dynamodb", f"table/{name}")})
        case "AWS::Events::EventBus":
            name = properties["Name"]
            return Physical(name, {"Arn": arn("events", f"event-bus/{name}"), "Name": name})
        case "AWS::Events::Rule":
            return Physical(properties["Name"], {"Arn": arn("events", f"rule/{properties['Name']}")})
        case "AWS::IAM::Role":
            name = properties.get("RoleName", logical_id)
            return Physical(name, {"Arn": arn("iam", f"role/{name}", region="")})
        case "AWS::KMS::Key":
            name = "shared" if stack == "Core" else f"of-{stack}"
            return Physical(name, {"Arn": arn("kms", f"key/{name}")})
        case "AWS::Lambda::Function":
            name = properties["FunctionName"]
            return Physical(name, {"Arn": arn("lambda", f"function:{name}")})
        case "AWS::Logs::LogGroup":
            name = properties["LogGroupName"]
            return Physical(name, {"Arn": arn("logs", f"log-group:{name}:*")})
        case "AWS::SNS::Topic":
            name = properties["TopicName"]
            return Physical(arn("sns", name), {"TopicArn": arn("sns", name), "TopicName": name})
        case "AWS::SecretsManager::Secret":
            name = f"{properties['Name']}-AbCdEf"
            return Physical(arn("secretsmanager", f"secret:{name}"), {"Id": name})
        case "AWS::Scheduler::Schedule":
            return Physical(properties["Name"], {"Arn": arn("scheduler", f"schedule/default/{properties['Name']}")})
        case "AWS::CloudTrail::Trail":
            return Physical(properties["TrailName"], {"Arn": arn("cloudtrail", f"trail/{properties['TrailName']}")})
    return Physical(logical_id)


@dataclass(frozen=True)
class Made:
    """One resource of a template, everything in it filled in."""

    type: str
    properties: Mapping[str, Any]
    physical: Physical

    @property
    def arn(self) -> str:
        for attribute in ("Arn", "TopicArn"):
            if attribute in self.physical.attributes:
                return self.physical.attributes[attribute].removesuffix(":*")
        return self.physical.ref


class Deployed:
    """The shared stack and those of the authorities, as one account."""

    def __init__(self, core: Template, authorities: Mapping[str, Template], prefix: str) -> None:
        self.prefix = prefix
        exports: dict[str, str] = {}
        self.made: list[Made] = []
        for stack, template in {"Core": core, **authorities}.items():
            physical = {name: _physical(name, r, stack) for name, r in template["Resources"].items()}
            values = Values(stack, exports, physical.__getitem__)
            for name, resource in template["Resources"].items():
                properties = values.of(resource.get("Properties", {}))
                self.made.append(Made(resource["Type"], properties, physical[name]))
            for output in template.get("Outputs", {}).values():
                exports[values.of(output["Export"]["Name"])] = values.of(output["Value"])
        assert {made.type for made in self.made} <= set(ASKED_OF) | NOT_ASKED, (
            "a type of which nobody said who may use it"
        )
        self.roles = {self.short(made.physical.ref): made for made in self.made if made.type == "AWS::IAM::Role"}
        self.resources = [*self._resources(), *self._strange(), *self._nothing()]
        self.principals = [*self._roles(), *self._services(), *self._others()]

    def short(self, name: str) -> str:
        return name.removeprefix(f"{self.prefix}-")

    # --- Principals ------------------------------------------------------------------------------------------------------

    def statements_of(self, role: Made) -> tuple[Statement, ...]:
        """All that a role's own policies say; managed policies it must not have."""
        assert not role.properties.get("ManagedPolicyArns")
        found = [s for p in role.properties.get("Policies", []) for s in p["PolicyDocument"]["Statement"]]
        for made in self.made:
            if made.type == "AWS::IAM::Policy" and role.physical.ref in made.properties["Roles"]:
                found += made.properties["PolicyDocument"]["Statement"]
        return tuple(found)

    def _roles(self) -> Iterator[Principal]:
        tagged: Mapping[str, Sequence[Mapping[str, str]]] = {
            "officer": [{"la": la} for la in LAS] + [{}],
            "upload-grant": [{"la": la, "urn": urn} for la, urn in LAS.items()] + [{"la": "886"}, {}],
        }
        for name, role in self.roles.items():
            for tags in tagged.get(name, [{}]):
                of = " ".join(tags.values()) or ("nobody" if name in tagged else "")
                context = {f"aws:PrincipalTag/{tag}": value for tag, value in tags.items()}
                yield Principal(f"{name} of {of}" if of else name, role.arn, None, self.statements_of(role), context)

    def _services(self) -> Iterator[Principal]:
        def called(service: str, of: str, arn: str, account: str) -> Principal:
            context = {"aws:SourceArn": arn, "aws:SourceAccount": account}
            return Principal(f"{service} for {of}", None, f"{service}.amazonaws.com", (), context)

        sources = {"AWS::Events::Rule": "events", "AWS::CloudTrail::Trail": "cloudtrail"}
        sources |= {"AWS::Scheduler::Schedule": "scheduler", "AWS::Lambda::Function": "lambda"}
        for made in self.made:
            if service := sources.get(made.type):
                # The scheduler names the group of the schedule, not the schedule.
                source = (
                    made.arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]
                    if service == "scheduler"
                    else made.arn
                )
                yield called(service, self.short(made.physical.ref), source, ACCOUNT)
                yield called(
                    service,
                    f"a stranger's {self.short(made.physical.ref)}",
                    made.arn.replace(ACCOUNT, STRANGER),
                    STRANGER,
                )
        for account, whose in ((ACCOUNT, "api"), (STRANGER, "a stranger's api")):
            for made in self.made:
                if made.type == "AWS::ApiGatewayV2::Api":
                    called_by = f"arn:aws:execute-api:{REGION}:{account}:{made.physical.ref}/$default/GET/v1/{{proxy+}}"
                    yield called("apigateway", whose, called_by, account)
        for account, whose in ((ACCOUNT, "alarms"), (STRANGER, "a stranger's alarms")):
            yield called("cloudwatch", whose, f"arn:aws:cloudwatch:{REGION}:{account}:alarm:{self.prefix}-x", account)
        for account, whose in ((ACCOUNT, "month"), (STRANGER, "a stranger's month")):
            yield called("budgets", whose, f"arn:aws:budgets::{account}:budget/{self.prefix}-month", account)

    def _others(self) -> Iterator[Principal]:
        everything = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)
        yield Principal("administrator", f"arn:aws:iam::{ACCOUNT}:role/administrator", None, everything)
        yield Principal("administrator elsewhere", f"arn:aws:iam::{STRANGER}:role/administrator", None, everything)
        yield Principal("erasure elsewhere", f"arn:aws:iam::{STRANGER}:role/{self.prefix}-erasure", None, everything)
        yield Principal("anybody")

    # --- Resources -------------------------------------------------------------------------------------------------------

    def _resources(self) -> Iterator[Asked]:
        for made in self.made:
            policy = tuple(self._policy_of(made))
            for service, kind in ASKED_OF.get(made.type, ()):
                for name, arn in self._parts(made, kind):
                    how = {"key": "key", "role": "role"}.get(kind, "other")
                    resource = Resource(name, arn, ACCOUNT, policy, how if service != "iam" else "other")  # type: ignore[arg-type]
                    yield Asked(resource, kind, actions_on(service, kind))

    def _policy_of(self, made: Made) -> Iterator[Statement]:
        if made.type == "AWS::KMS::Key":
            yield from made.properties["KeyPolicy"]["Statement"]
        if made.type == "AWS::IAM::Role":
            yield from made.properties["AssumeRolePolicyDocument"]["Statement"]
        for other in self.made:
            if other.type == "AWS::Lambda::Permission" and other.properties["FunctionName"] == made.arn:
                said = other.properties
                yield {
                    "Effect": "Allow",
                    "Principal": {"Service": said["Principal"]},
                    "Action": said["Action"],
                    "Resource": made.arn,
                    "Condition": {"ArnLike": {"aws:SourceArn": said["SourceArn"]}},
                }
            if (member := POLICY_OF.get(other.type)) and made.physical.ref in listed(other.properties[member]):
                yield from other.properties["PolicyDocument"]["Statement"]

    def _parts(self, made: Made, kind: str) -> Iterator[tuple[str, str]]:
        """What a resource is asked as: itself, or some of its objects, indexes or streams, by name and ARN."""
        name = self.short(made.physical.ref.rsplit("/", 1)[-1].rsplit(":", 1)[-1]).removesuffix("-AbCdEf")
        match kind:
            case "object":
                yield from ((f"{name}/{key}", f"{made.arn}/{key}") for key in self._keys(made))
            case "index":
                indexes = [each["IndexName"] for each in made.properties.get("GlobalSecondaryIndexes", [])]
                yield from ((f"{name}/index/{each}", f"{made.arn}/index/{each}") for each in [*indexes, "another"])
            case "log-group":
                yield f"log:{name}", f"{made.arn}:log-stream:"
            case "log-stream":
                yield f"log:{name}:x", f"{made.arn}:log-stream:x"
            case "key" | "role" | "function" | "schedule" | "trail" | "topic" | "queue":
                yield f"{kind}:{name}", made.arn
            case _ if made.type == "AWS::Events::Rule":
                yield f"rule:{name}", made.arn
            case _ if made.type == "AWS::Events::EventBus":
                yield f"bus:{name}", made.arn
            case _:
                yield name, made.arn

    def _keys(self, bucket: Made) -> list[str]:
        """Keys to ask for in a bucket: of two authorities, of none, and one for every pattern that any policy names there."""
        keys = {"x"} | {f"{la}/{urn}/x" for la, urn in LAS.items()}
        for pattern, (la, urn) in itertools.product(self.patterns, LAS.items()):
            arn = pattern.replace("${aws:PrincipalTag/la}", la).replace("${aws:PrincipalTag/urn}", urn)
            name, _, key = arn.partition("/")
            if key and fnmatchcase(bucket.arn, name):
                keys.add(key.replace("*", "x"))
        return sorted(keys)

    @cached_property
    def statements(self) -> list[Statement]:
        """Every statement of every policy."""
        documents = [made.properties.get("PolicyDocument") or made.properties.get("KeyPolicy") for made in self.made]
        documents += [role.properties["AssumeRolePolicyDocument"] for role in self.roles.values()]
        documents += [p["PolicyDocument"] for role in self.roles.values() for p in role.properties.get("Policies", [])]
        return [statement for document in documents if document for statement in document["Statement"]]

    @cached_property
    def patterns(self) -> list[str]:
        """Every pattern of resources that a policy names; "*" in the policy of a key is the key."""
        named = [pattern for statement in self.statements for pattern in listed(statement.get("Resource", []))]
        return sorted(set(named) - {"*"})

    def _strange(self) -> Iterator[Asked]:
        """A bucket that bears a name of ours, but lies in an account of somebody who would like to be written to."""
        ours = [role.arn for role in self.roles.values()]
        open_to_us = ({"Effect": "Allow", "Principal": {"AWS": ours}, "Action": "*", "Resource": "*"},)
        name = f"{self.prefix}-authority-strange"
        for kind, key in (("bucket", ""), ("object", "/notices/x"), ("object", "/x")):
            resource = Resource(f"authority-strange{key}", f"arn:aws:s3:::{name}{key}", SQUATTER, open_to_us)
            yield Asked(resource, kind, actions_on("s3", kind))

    def _nothing(self) -> Iterator[Asked]:
        yield Asked(Resource("account", "*", ACCOUNT), "nothing", actions_on_nothing())

    def requests(self, who: str, resources: Sequence[str]) -> Iterator[Request]:
        """Every request of these principals for these resources, both by pattern."""
        principals = [principal.name for principal in self.principals if fnmatchcase(principal.name, who)]
        for asked in self.resources:
            if any(fnmatchcase(asked.resource.name, pattern) for pattern in resources):
                for action in asked.actions:
                    for words, _ in self.circumstances(asked, action):
                        yield from (Request(name, asked.resource.name, action, words) for name in principals)

    # --- Circumstances ---------------------------------------------------------------------------------------------------

    def circumstances(self, asked: Asked, action: str) -> list[tuple[frozenset[str], Context]]:
        """The ways in which a request can be made that any policy looks at: the table's words, and what IAM is told."""
        kind, arn = asked.kind, asked.resource.arn
        ways: list[tuple[str, dict[str, Any]]] = [("", {})]
        if kind == "object" and action == "s3:putobject":
            ways = [*_PUTS]
        elif kind == "object" and action == "s3:putobjectretention":
            ways = [(mode.lower(), {"s3:object-lock-mode": mode}) for mode in ("GOVERNANCE", "COMPLIANCE")] + [("", {})]
        elif kind in ("table", "index"):
            ways = [("", {})] + [
                (f"leading-{'+'.join(keys)}", {"dynamodb:LeadingKeys": keys}) for keys in _leading(arn)
            ]
        elif kind == "key":
            ways = [("direct", {}), *self._through()]
        elif kind == "role":
            ways = [*_TAGS] if action.startswith("sts:") else ways
        base: dict[str, Any] = {"aws:ResourceAccount": asked.resource.account}
        if kind in ("bucket", "object"):
            base |= {"s3:ResourceAccount": asked.resource.account}
        safe = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
        found = [(frozenset(words.split()), {**base, **safe, **context}) for words, context in ways]
        if kind in ("bucket", "object", "queue", "topic"):
            unsafe = {"no-tls": {"aws:SecureTransport": "false"}}
            if kind in ("bucket", "object"):
                unsafe["old-tls"] = {**safe, "s3:TlsVersion": "1.1"}
            for words, context in ways:
                found += [
                    (frozenset({*words.split(), word}), {**base, **how, **context}) for word, how in unsafe.items()
                ]
        return found

    def _through(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Ways to a key: through a service, for something encrypted in its context."""
        for made in self.made:
            service, said = {
                "AWS::S3::Bucket": ("s3", {"aws:s3:arn": made.arn}),
                "AWS::DynamoDB::Table": ("dynamodb", {"aws:dynamodb:tableName": made.physical.ref}),
                "AWS::SecretsManager::Secret": ("secretsmanager", {"SecretARN": made.arn}),
                "AWS::SNS::Topic": ("sns", {"aws:sns:topicArn": made.arn}),
            }.get(made.type, ("", {}))
            if service:
                context = {f"kms:EncryptionContext:{key}": value for key, value in said.items()}
                name = self.short(made.physical.ref.rsplit(":", 1)[-1]).removesuffix("-AbCdEf")
                via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
                yield f"through-{service} for-{name}", {**via, **context}


_PRESIGNED = {"s3:authType": "REST-QUERY-STRING"}
_ONCE = {"s3:if-none-match": "*"}
_PUTS: list[tuple[str, dict[str, Any]]] = [
    (" ".join(words), {"s3:authType": "REST-HEADER", **signed, **condition})
    for (signing, signed), (conditional, condition) in itertools.product(
        [
            ("", {}),
            ("presigned fresh", {**_PRESIGNED, "s3:signatureAge": "900000"}),
            ("presigned stale", {**_PRESIGNED, "s3:signatureAge": "900001"}),
        ],
        [
            ("", {}),
            ("if-none-match", _ONCE),
            ("if-match", {"s3:if-match": "etag"}),
            ("record", {"s3:x-amz-acl": "bucket-owner-full-control"}),
        ],
    )
    for words in [[word for word in (signing, conditional) if word]]
]
_TAGS: list[tuple[str, dict[str, Any]]] = [
    (
        f"tags-{'+'.join(f'{tag}={value}' for tag, value in tags.items())}" if tags else "",
        {
            **{f"aws:RequestTag/{tag}": value for tag, value in tags.items()},
            **({"aws:TagKeys": list(tags)} if tags else {}),
        },
    )
    for tags in (
        {},
        {"la": "886"},
        {"la": "8860"},
        {"la": "886", "urn": "118001"},
        {"la": "886", "role": "x"},
        {"urn": "118001"},
    )
]


def _leading(arn: str) -> list[list[str]]:
    """Partition keys to ask for: items of one authority, of another, of both at once, of all; an index has its own."""
    if arn.endswith("-grants"):
        return [["KEY#x"], ["subject"], ["KEY#x", "subject"]]
    if "/index/due" in arn:
        return [["886"], ["926"], ["886", "926"]]
    if "/index/" in arn:
        return [["118001"], ["886"], ["886#p"]]
    return [["886#p"], ["926#p"], ["886#p", "926#p"], ["AUTHORITIES"], ["p"], ["886"]]
