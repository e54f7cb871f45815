"""Raises a synthesised CloudFormation template in moto, by the AWS calls that CloudFormation would make.

moto's own CloudFormation silently loses most of what our template says of a bucket and knows no policies, schedules or
alarms. This deployer is strict instead: a resource type, a property or a nested key that it does not know raises
`TemplateRefused`. What it knows and does not raise stands in `NOT_RAISED`, what the local world does not enforce in
`NOT_ENFORCED`, with the reason and what covers it instead; docs/local.md prints the same table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ParamValidationError

from local.resources import RAISERS
from local.template import Physical, TemplateRefused, Values, nothing_else


@dataclass(frozen=True)
class Reason:
    """Why something of a template is not raised, or not enforced once raised, and what covers it instead."""

    why: str
    covered_by: str


_MISJUDGED = "moto judges resource policies wrongly: a TLS-only bucket answers 403 to everything"
_IN_PROCESS = "the code runs in this process, one call at a time"
_STANDS = "the clock stands while the pump works"

_THE_DOOR = "local/door.py plays it, from what the template says"
_OWN_TOKENS = "local/door.py gives tokens to made-up people and programs, and takes no others"

NOT_RAISED: Mapping[str, Reason] = {
    "AWS::Budgets::Budget": Reason("nothing costs anything here", "tests/infra/test_watch.py"),
    "AWS::ApiGatewayV2::Api": Reason(_THE_DOOR, "tests/local/test_door.py"),
    "AWS::ApiGatewayV2::Authorizer": Reason(_OWN_TOKENS, "tests/infra/test_api.py"),
    "AWS::ApiGatewayV2::Integration": Reason(_THE_DOOR, "tests/infra/test_api.py"),
    "AWS::ApiGatewayV2::Route": Reason(_THE_DOOR, "tests/local/test_door.py"),
    "AWS::ApiGatewayV2::Stage": Reason(_THE_DOOR, "tests/local/test_door.py"),
    "AWS::CloudTrail::Trail": Reason("moto records no calls", "tests/infra/test_trail.py"),
    "AWS::Cognito::UserPool": Reason(_OWN_TOKENS, "tests/infra/test_api.py"),
    "AWS::Cognito::UserPoolClient": Reason(_OWN_TOKENS, "tests/infra/test_api.py"),
    "AWS::Cognito::UserPoolDomain": Reason(_OWN_TOKENS, "tests/infra/test_api.py"),
    "AWS::Cognito::UserPoolResourceServer": Reason(_OWN_TOKENS, "tests/infra/test_api.py"),
    "AWS::Glue::Database": Reason(
        "nothing here is Athena: DuckDB reads the same files", "tests/infra/test_analytics.py"
    ),
    "AWS::Glue::Table": Reason("nothing here is Athena: DuckDB reads the same files", "tests/infra/test_analytics.py"),
    "AWS::Lambda::EventSourceMapping": Reason(
        "local/pump.py plays it: moto hands over one message at a time and never redrives", "tests/local/test_pump.py"
    ),
    "AWS::Lambda::Function": Reason(
        "local/pump.py calls its handler: moto would want Docker, or never run the code", "tests/local/test_pump.py"
    ),
    "AWS::Lambda::Permission": Reason(_THE_DOOR, "tests/infra/test_api.py"),
    "AWS::S3::BucketPolicy": Reason(_MISJUDGED, "tests/cases/test_permissions.py"),
    "AWS::SNS::TopicPolicy": Reason(_MISJUDGED, "tests/cases/test_permissions.py"),
    "AWS::SQS::QueuePolicy": Reason(_MISJUDGED, "tests/cases/test_permissions.py"),
    "AWS::SecretsManager::Secret.GenerateSecretString": Reason(
        "a fixed value, so that two runs give the same pupil ids", "tests/infra/test_stores.py"
    ),
}
"""Resource types, and properties (`type.Property`), that a template may have and that are not raised."""

NOT_ENFORCED: Mapping[str, Reason] = {
    "permissions of roles, grants of keys": Reason("moto ignores most conditions", "tests/cases/test_permissions.py"),
    "written once, in an authority's bucket": Reason(_MISJUDGED, "tests/cases/test_written_once.py"),
    "timeout, memory, disk and processor of a function": Reason(_IN_PROCESS, "nothing; an alarm tells, once deployed"),
    "functions running side by side": Reason(_IN_PROCESS, "nothing; --shuffle and --double draw other orders"),
    "the Lambda package": Reason("the code is that of this checkout", "tests/infra/test_packages.py"),
    "visibility timeout, delay, batching window": Reason(_STANDS, "tests/infra/test_stages.py"),
    "the hour of the schedule": Reason("it fires when `World.day_passed` says so", "tests/infra/test_stages.py"),
    "retries of EventBridge and of the scheduler": Reason("their deliveries never fail", "tests/infra/test_stages.py"),
    "bucket events other than Object Created": Reason("nothing listens to them", "tests/infra/test_stages.py"),
    "alarms": Reason("they are raised, and never fire", "tests/infra/test_stages.py"),
}
"""What AWS does with what is raised, and the local world does not."""


@dataclass(frozen=True)
class Resource:
    """One resource as it stands: what the template said of it (resolved), and what it answers."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    physical: Physical


@dataclass(frozen=True)
class Stack:
    """A raised stack: its resources by logical id, and what it exports to the stacks raised after it."""

    name: str
    resources: Mapping[str, Resource]
    exports: Mapping[str, str]

    def of_type(self, kind: str) -> Iterator[Resource]:
        """The resources of a type, in the order of the template."""
        return (resource for resource in self.resources.values() if resource.type == kind)


def deploy(stack: str, template: Mapping[str, Any], exports: Mapping[str, str]) -> Stack:
    """Raise a template under the name of a stack, with what other stacks export; call it inside `moto.mock_aws`."""
    return _Deployment(stack, template, exports).run()


@dataclass
class _Deployment:
    stack: str
    template: Mapping[str, Any]
    exports: Mapping[str, str]
    raised: dict[str, Resource] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)

    def run(self) -> Stack:
        nothing_else(self.template, {"Resources", "Outputs", "Parameters", "Description"}, self.stack)
        for logical_id in self.template["Resources"]:
            self.resource(logical_id)
        values = Values(self.stack, self.exports, self.physical)
        exports = {}
        for name, output in self.template.get("Outputs", {}).items():
            nothing_else(output, {"Value", "Export", "Description"}, f"output {name}")
            if "Export" in output:
                exports[values.of(output["Export"]["Name"])] = values.of(output["Value"])
        in_order = {logical_id: self.raised[logical_id] for logical_id in self.template["Resources"]}
        return Stack(self.stack, in_order, exports)

    def physical(self, logical_id: str) -> Physical:
        return self.resource(logical_id).physical

    def resource(self, logical_id: str) -> Resource:
        """The resource of a logical id, raised now (after what it refers to) if it does not stand yet."""
        if logical_id in self.raised:
            return self.raised[logical_id]
        if logical_id in self.under_way:
            raise TemplateRefused(f"a circle: {' -> '.join([*self.under_way, logical_id])}")
        if logical_id not in self.template["Resources"]:
            raise TemplateRefused(f"a reference to {logical_id}, which is no resource")
        self.under_way.append(logical_id)
        declared = self.template["Resources"][logical_id]
        kind = declared["Type"]
        allowed = {"Type", "Properties", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"}
        nothing_else(declared, allowed, logical_id)
        for other in declared.get("DependsOn", []):
            self.resource(other)
        properties = Values(self.stack, self.exports, self.physical).of(declared.get("Properties", {}))
        physical = _raise(f"{self.stack}-{logical_id}", kind, properties)
        self.under_way.pop()
        self.raised[logical_id] = Resource(logical_id, kind, properties, physical)
        return self.raised[logical_id]


def _raise(name: str, kind: str, properties: Mapping[str, Any]) -> Physical:
    raiser = RAISERS.get(kind)
    if raiser is None:
        if kind in NOT_RAISED:
            return Physical(name)
        raise TemplateRefused(f"{name}: unknown resource type {kind}")
    left = {key: value for key, value in properties.items() if f"{kind}.{key}" not in NOT_RAISED}
    try:
        physical = raiser(name, left)
    except ParamValidationError as error:  # botocore knows the nested names: those we hand on as they are
        raise TemplateRefused(f"{name} ({kind}): {error}") from error
    nothing_else(left, set(), f"{name} ({kind})")
    return physical
