"""One resource each: the AWS calls that CloudFormation would make for its properties.

A raiser gets a name to use where the template gives none, and the resolved properties. It takes out of them what it
knows: what is left over, the deployer refuses. Nested keys are refused here, or by botocore where the API has the same
names as CloudFormation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3
from pydantic import ValidationError

from local.functions import EventSourceMapping, LambdaFunction
from local.template import ACCOUNT, REGION, Physical, TemplateRefused, nothing_else

SECRET = "a made-up secret, the same in every local world, for no real one"  # noqa: S105
"""The value of every generated secret: two runs must give the same pupil ids."""

Properties = dict[str, Any]


@cache
def client(service: str) -> Any:
    """The client of a service in the region of the local world; no real credentials are looked for."""
    session: Any = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)  # noqa: S106
    return session.client(service)


def _renamed(given: Mapping[str, Any], names: Mapping[str, str], where: str) -> dict[str, Any]:
    """The same values under the names of the API; a key not named raises."""
    nothing_else(given, set(names), where)
    return {names[key]: value for key, value in given.items()}


def _taken(properties: Properties, *names: str) -> dict[str, Any]:
    """Those of the named properties that are given, taken out."""
    return {name: properties.pop(name) for name in names if name in properties}


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _bucket(name: str, properties: Properties) -> Physical:
    s3 = client("s3")
    bucket = properties.pop("BucketName", name.lower())
    s3.create_bucket(
        Bucket=bucket,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=properties.pop("ObjectLockEnabled", False),
    )
    if (versioning := properties.pop("VersioningConfiguration", None)) is not None:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=versioning)
    if (access := properties.pop("PublicAccessBlockConfiguration", None)) is not None:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=access)
    if (ownership := properties.pop("OwnershipControls", None)) is not None:
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ownership)
    if (lock := properties.pop("ObjectLockConfiguration", None)) is not None:
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    if (tags := properties.pop("Tags", None)) is not None:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    if (encryption := properties.pop("BucketEncryption", None)) is not None:
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_encryption(encryption, name))
    if (lifecycle := properties.pop("LifecycleConfiguration", None)) is not None:
        nothing_else(lifecycle, {"Rules"}, f"{name} LifecycleConfiguration")
        rules = [_lifecycle_rule(rule, f"{name} lifecycle rule") for rule in lifecycle["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    if (notification := properties.pop("NotificationConfiguration", None)) is not None:
        if notification != {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}:
            raise TemplateRefused(f"{name}: notifications other than to EventBridge: {notification}")
        s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    if (cors := properties.pop("CorsConfiguration", None)) is not None:
        names = {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"}
        same = ("AllowedHeaders", "AllowedMethods", "AllowedOrigins")
        names |= {each: each for each in same}
        nothing_else(cors, {"CorsRules"}, f"{name} CorsConfiguration")
        cors_rules = [_renamed(rule, names, f"{name} CORS rule") for rule in cors["CorsRules"]]
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": cors_rules})
    domain = f"{bucket}.s3.amazonaws.com"
    regional = f"{bucket}.s3.{REGION}.amazonaws.com"
    return Physical(bucket, {"Arn": f"arn:aws:s3:::{bucket}", "DomainName": domain, "RegionalDomainName": regional})


def _encryption(encryption: Mapping[str, Any], name: str) -> dict[str, Any]:
    nothing_else(encryption, {"ServerSideEncryptionConfiguration"}, f"{name} BucketEncryption")
    names = {
        "ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault",
        "BucketKeyEnabled": "BucketKeyEnabled",
    }
    rules = encryption["ServerSideEncryptionConfiguration"]
    return {"Rules": [_renamed(rule, names, f"{name} encryption rule") for rule in rules]}


def _lifecycle_rule(rule: Mapping[str, Any], where: str) -> dict[str, Any]:
    rule = dict(rule)
    converted: dict[str, Any] = {
        "Status": rule.pop("Status"),
        "Filter": {"Prefix": rule.pop("Prefix", "")},
        **_renamed(_taken(rule, "Id"), {"Id": "ID"}, where),
        **_taken(rule, "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"),
    }
    expiration = _taken(rule, "ExpirationInDays", "ExpiredObjectDeleteMarker")
    if expiration:
        names = {"ExpirationInDays": "Days", "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"}
        converted["Expiration"] = _renamed(expiration, names, where)
    moves = {"StorageClass": "StorageClass", "TransitionInDays": "Days"}
    if "Transitions" in rule:
        converted["Transitions"] = [_renamed(move, moves, where) for move in rule.pop("Transitions")]
    moves = {"StorageClass": "StorageClass", "TransitionInDays": "NoncurrentDays"}
    if "NoncurrentVersionTransitions" in rule:
        moved = rule.pop("NoncurrentVersionTransitions")
        converted["NoncurrentVersionTransitions"] = [_renamed(move, moves, where) for move in moved]
    nothing_else(rule, set(), where)
    return converted


_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DelaySeconds",
    "FifoQueue",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)


def _queue(name: str, properties: Properties) -> Physical:
    queue = properties.pop("QueueName", name + (".fifo" if properties.get("FifoQueue") else ""))
    attributes = {key: _attribute(value) for key, value in _taken(properties, *_QUEUE_ATTRIBUTES).items()}
    tags = {tag["Key"]: tag["Value"] for tag in properties.pop("Tags", [])}
    url = client("sqs").create_queue(QueueName=queue, Attributes=attributes, tags=tags)["QueueUrl"]
    return Physical(url, {"Arn": _arn("sqs", queue), "QueueName": queue, "QueueUrl": url})


def _attribute(value: Any) -> str:
    """SQS takes every attribute as text: JSON for what has a structure, and for true and false."""
    return value if isinstance(value, str) else json.dumps(value)


def _table(name: str, properties: Properties) -> Physical:
    dynamodb = client("dynamodb")
    table = properties.pop("TableName", name)
    recovery = properties.pop("PointInTimeRecoverySpecification", None)
    expiry = properties.pop("TimeToLiveSpecification", None)
    sse = _renamed(
        properties.pop("SSESpecification", {}),
        {"SSEEnabled": "Enabled", "SSEType": "SSEType", "KMSMasterKeyId": "KMSMasterKeyId"},
        f"{name} SSESpecification",
    )
    arguments = _taken(
        properties,
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "ProvisionedThroughput",
        "StreamSpecification",
        "TableClass",
        "Tags",
    )
    dynamodb.create_table(TableName=table, **arguments, **({"SSESpecification": sse} if sse else {}))
    if recovery is not None:
        dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    if expiry is not None:
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
    return Physical(table, {"Arn": _arn("dynamodb", f"table/{table}")})


def _key(_name: str, properties: Properties) -> Physical:
    kms = client("kms")
    rotation = _taken(properties, "RotationPeriodInDays")
    rotated = properties.pop("EnableKeyRotation", False)
    policy = json.dumps(properties.pop("KeyPolicy"))
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.pop("Tags", [])]
    arguments = _taken(properties, "Description", "KeySpec", "KeyUsage", "MultiRegion")
    key = kms.create_key(Policy=policy, Tags=tags, **arguments)["KeyMetadata"]
    if rotated:
        kms.enable_key_rotation(KeyId=key["KeyId"], **rotation)
    return Physical(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})


def _key_alias(_name: str, properties: Properties) -> Physical:
    alias = properties.pop("AliasName")
    client("kms").create_alias(AliasName=alias, TargetKeyId=properties.pop("TargetKeyId"))
    return Physical(alias)


def _secret(name: str, properties: Properties) -> Physical:
    secret = properties.pop("Name", name)
    arguments = _taken(properties, "Description", "KmsKeyId", "Tags")
    arn = client("secretsmanager").create_secret(Name=secret, SecretString=SECRET, **arguments)["ARN"]
    return Physical(arn, {"Id": arn})


def _event_bus(name: str, properties: Properties) -> Physical:
    bus = properties.pop("Name", name)
    arguments = _taken(properties, "Description", "KmsKeyIdentifier", "DeadLetterConfig", "Tags")
    client("events").create_event_bus(Name=bus, **arguments)
    return Physical(bus, {"Arn": _arn("events", f"event-bus/{bus}"), "Name": bus})


def _rule(name: str, properties: Properties) -> Physical:
    events = client("events")
    rule = properties.pop("Name", name)
    bus = _taken(properties, "EventBusName")
    targets = properties.pop("Targets", [])
    if properties.get("State", "ENABLED") != "ENABLED":
        raise TemplateRefused(f"{name}: a rule that is not enabled")
    for target in targets:  # moto would drop any other key in silence, and delivers to queues only
        nothing_else(target, {"Arn", "Id", "DeadLetterConfig", "RetryPolicy", "SqsParameters"}, f"{name} target")
        if not target["Arn"].startswith("arn:aws:sqs:"):
            raise TemplateRefused(f"{name}: a target that is no queue: {target['Arn']}")
    arguments = _taken(properties, "Description", "State", "Tags")
    pattern = json.dumps(properties.pop("EventPattern"))
    arn = events.put_rule(Name=rule, EventPattern=pattern, **bus, **arguments)["RuleArn"]
    if targets:
        events.put_targets(Rule=rule, Targets=targets, **bus)
    return Physical(rule, {"Arn": arn})


def _schedule(name: str, properties: Properties) -> Physical:
    schedule = properties.pop("Name", name)
    target = properties["Target"]
    if not target["Arn"].startswith("arn:aws:sqs:"):
        raise TemplateRefused(f"{name}: a schedule whose target is no queue: {target['Arn']}")
    if "<aws." in target.get("Input", ""):
        raise TemplateRefused(f"{name}: context attributes in the input of a schedule")
    arguments = _taken(
        properties,
        "Description",
        "EndDate",
        "FlexibleTimeWindow",
        "GroupName",
        "KmsKeyArn",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "StartDate",
        "State",
        "Target",
    )
    arn = client("scheduler").create_schedule(Name=schedule, **arguments)["ScheduleArn"]
    return Physical(schedule, {"Arn": arn})


def _topic(name: str, properties: Properties) -> Physical:
    sns = client("sns")
    topic = properties.pop("TopicName", name)
    attributes = {key: str(value) for key, value in _taken(properties, "DisplayName", "KmsMasterKeyId").items()}
    arn = sns.create_topic(Name=topic, Attributes=attributes, **_taken(properties, "Tags"))["TopicArn"]
    return Physical(arn, {"TopicArn": arn, "TopicName": topic})


def _alarm(name: str, properties: Properties) -> Physical:
    alarm = properties.pop("AlarmName", name)
    arguments = _taken(
        properties,
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "ComparisonOperator",
        "DatapointsToAlarm",
        "Dimensions",
        "EvaluationPeriods",
        "ExtendedStatistic",
        "InsufficientDataActions",
        "MetricName",
        "Metrics",
        "Namespace",
        "OKActions",
        "Period",
        "Statistic",
        "Tags",
        "Threshold",
        "TreatMissingData",
        "Unit",
    )
    client("cloudwatch").put_metric_alarm(AlarmName=alarm, **arguments)
    return Physical(alarm, {"Arn": _arn("cloudwatch", f"alarm:{alarm}")})


def _role(name: str, properties: Properties) -> Physical:
    iam = client("iam")
    role = properties.pop("RoleName", name)
    trust = json.dumps(properties.pop("AssumeRolePolicyDocument"))
    inline, managed = properties.pop("Policies", []), properties.pop("ManagedPolicyArns", [])
    arguments = _taken(properties, "Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags")
    created = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust, **arguments)["Role"]
    for policy in inline:
        nothing_else(policy, {"PolicyName", "PolicyDocument"}, f"{name} policy")
        document = json.dumps(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=document)
    for arn in managed:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Physical(role, {"Arn": created["Arn"], "RoleId": created["RoleId"]})


def _role_policy(_name: str, properties: Properties) -> Physical:
    policy = properties.pop("PolicyName")
    document = json.dumps(properties.pop("PolicyDocument"))
    for role in properties.pop("Roles"):
        client("iam").put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)
    return Physical(policy)


def _log_group(name: str, properties: Properties) -> Physical:
    logs = client("logs")
    group = properties.pop("LogGroupName", name)
    days = properties.pop("RetentionInDays", None)
    key = {"kmsKeyId": properties.pop("KmsKeyId")} if "KmsKeyId" in properties else {}
    tags = {tag["Key"]: tag["Value"] for tag in properties.pop("Tags", [])}
    logs.create_log_group(logGroupName=group, tags=tags, **key)
    if days is not None:
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)
    return Physical(group, {"Arn": _arn("logs", f"log-group:{group}:*")})


def _function(name: str, properties: Properties) -> Physical:
    """Nothing is made: the function stands in the stack's record, from which the pump calls its handler."""
    function = _recorded(LambdaFunction, name, properties).function_name
    return Physical(function, {"Arn": _arn("lambda", f"function:{function}")})


def _event_source_mapping(name: str, properties: Properties) -> Physical:
    """Nothing is made: the mapping stands in the stack's record, from which the pump plays it."""
    _recorded(EventSourceMapping, name, properties)
    return Physical(name)


def _recorded[Model: (LambdaFunction, EventSourceMapping)](
    model: type[Model], name: str, properties: Properties
) -> Model:
    try:
        return model.model_validate(properties)
    except ValidationError as error:
        raise TemplateRefused(f"{name}: {error}") from error
    finally:
        properties.clear()


RAISERS: Mapping[str, Callable[[str, Properties], Physical]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Policy": _role_policy,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Alias": _key_alias,
    "AWS::KMS::Key": _key,
    "AWS::Lambda::EventSourceMapping": _event_source_mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::SecretsManager::Secret": _secret,
}
