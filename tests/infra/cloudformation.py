"""Reading a synthesised template: enough of CloudFormation to say in a test what a resource is and what a policy allows."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PREFIX = "attendance-test"
FUNCTIONS = ("validate", "thresholds", "notices", "api")
# The property that gives a resource its name, by type.
NAMED_BY = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Key": None,
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SecretsManager::Secret": "Name",
}
Template = Mapping[str, Any]


def read(folder: Path, stack: str) -> Any:
    """The template of a stack, as synthesised into a folder."""
    return json.loads((folder / f"{stack}.template.json").read_text(encoding="utf-8"))


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Properties of every resource of a type, by logical id."""
    return {name: r.get("Properties", {}) for name, r in template["Resources"].items() if r["Type"] == kind}


def policy_of(template: Template, kind: str, member: str, resource: str) -> list[dict[str, Any]]:
    """Statements of the resource policy of a type, whose `member` refers to the resource with this logical id."""
    for properties in of_type(template, kind).values():
        targets = properties[member] if isinstance(properties[member], list) else [properties[member]]
        if {"Ref": resource} in targets:
            return list(properties["PolicyDocument"]["Statement"])
    return []


def role_statements(template: Template, role: str) -> Iterator[dict[str, Any]]:
    """Every statement of the identity policies of the role with this name."""
    (logical_id,) = (name for name, p in of_type(template, "AWS::IAM::Role").items() if p.get("RoleName") == role)
    properties = template["Resources"][logical_id]["Properties"]
    assert not properties.get("ManagedPolicyArns")
    for policy in properties.get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]
    for policy in of_type(template, "AWS::IAM::Policy").values():
        if {"Ref": logical_id} in policy["Roles"]:
            yield from policy["PolicyDocument"]["Statement"]


def text(template: Template, value: Any) -> str:
    """A value with its references replaced by names: `{"Fn::GetAtt": [the uploads bucket, "Arn"]}` -> `uploads`."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(text(template, part) for part in parts)
    reference = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    if reference.startswith("AWS::"):
        return str(reference)
    resource = template["Resources"][reference]
    named_by = NAMED_BY[resource["Type"]]
    name = resource["Properties"][named_by] if named_by else resource["Type"].split("::")[1].lower()
    return str(name).removeprefix(f"{PREFIX}-")


def listed(value: Any) -> list[Any]:
    """A policy's "one or many" as many."""
    return value if isinstance(value, list) else [value]


def condition(core: Template, statement: Mapping[str, Any]) -> str:
    """The conditions of a statement in words, as the table writes them."""
    said = []
    for operator, keys in sorted(statement.get("Condition", {}).items()):
        for key, value in sorted(keys.items()):
            values = " ".join(text(core, v).removesuffix(".AWS::Region.amazonaws.com") for v in listed(value))
            said.append(f"with {key}" if (operator, values) == ("Null", "false") else f"{operator} {key} {values}")
    return "; ".join(said)


def rights_in_template(core: Template) -> dict[tuple[str, str, str], set[str]]:
    """(function, resource, condition) -> actions allowed, over all policies of the function's role."""
    rights: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for function in FUNCTIONS:
        for statement in role_statements(core, f"{PREFIX}-{function}"):
            assert statement["Effect"] == "Allow"
            assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)
            for resource in listed(statement["Resource"]):
                name = text(core, resource).removeprefix(f"arn:AWS::Partition:s3:::{PREFIX}-")
                rights[function, name, condition(core, statement)].update(listed(statement["Action"]))
    return dict(rights)
