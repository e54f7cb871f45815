"""The deployer raises what a template says, all of it, and refuses what it does not know."""

import json
from typing import Any

import pytest
from moto import mock_aws
from sample_templates import bucket, core, function, mapping, queue, rule

from local.deployer import Stack, deploy
from local.resources import SECRET, client
from local.template import TemplateRefused

ROLE = "arn:aws:iam::123456789012:role/any"
KEY = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}


@pytest.fixture(autouse=True)
def _moto() -> Any:
    with mock_aws():
        yield


def raised(*resources: dict[str, Any]) -> Stack:
    return deploy("sample", core(*resources).core, {})


def of(kind: str, **properties: Any) -> dict[str, Any]:
    return {"It": {"Type": kind, "Properties": properties}}


def schedule(**more: Any) -> dict[str, Any]:
    target = {"Arn": {"Fn::GetAtt": ["Orders", "Arn"]}, "RoleArn": ROLE, "Input": "{}", **more}
    return of(
        "AWS::Scheduler::Schedule",
        FlexibleTimeWindow={"Mode": "OFF"},
        Name="daily",
        ScheduleExpression="cron(30 18 * * ? *)",
        ScheduleExpressionTimezone="Europe/London",
        Target=target,
    )


TABLE = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
INDEX = {"IndexName": "due", "KeySchema": TABLE["KeySchema"], "Projection": {"ProjectionType": "ALL"}}
ALARM = {"ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 1, "MetricName": "m", "Namespace": "n"}
TAKER = function("taker")["Taker"]["Properties"]


def lifecycle(**rule: Any) -> dict[str, Any]:
    return bucket("files", LifecycleConfiguration={"Rules": [{"Status": "Enabled", **rule}]})


def targeted(**target: Any) -> dict[str, Any]:
    to = {"Id": "a", "Arn": {"Fn::GetAtt": ["Orders", "Arn"]}, **target}
    return of("AWS::Events::Rule", EventPattern={"source": ["x"]}, Targets=[to])


UNKNOWN: list[tuple[str, tuple[dict[str, Any], ...]]] = [
    ("AWS::StepFunctions::StateMachine", (of("AWS::StepFunctions::StateMachine"),)),
    ("CreationPolicy", ({"It": {**KEY, "CreationPolicy": {}}},)),
    ("AccelerateConfiguration", (bucket("files", AccelerateConfiguration={}),)),
    ("BucketKey", (bucket("files", BucketEncryption={"ServerSideEncryptionConfiguration": [{"BucketKey": True}]}),)),
    ("Days", (lifecycle(Days=3),)),
    ("Weeks", (lifecycle(NoncurrentVersionExpiration={"Weeks": 3}),)),
    ("BlockEverything", (bucket("files", PublicAccessBlockConfiguration={"BlockEverything": True}),)),
    ("QueueConfigurations", (bucket("files", NotificationConfiguration={"QueueConfigurations": []}),)),
    ("FifoThroughputLimit", (queue("orders.fifo", FifoThroughputLimit="perMessageGroupId"),)),
    ("KinesisStreamSpecification", (of("AWS::DynamoDB::Table", **TABLE, KinesisStreamSpecification={}),)),
    ("Sparse", (of("AWS::DynamoDB::Table", **TABLE, GlobalSecondaryIndexes=[{**INDEX, "Sparse": True}]),)),
    ("Strong", (of("AWS::DynamoDB::Table", **TABLE, SSESpecification={"SSEEnabled": True, "Strong": True}),)),
    ("no queue", (queue("orders"), targeted(Arn="arn:aws:lambda:eu-west-2:1:function:f"))),
    ("InputTransformer", (queue("orders"), targeted(InputTransformer={"InputTemplate": "x"}))),
    ("not enabled", (queue("orders"), rule("It", {"source": ["x"]}, "Orders", State="DISABLED"))),
    ("Colour", (queue("orders"), schedule(Colour="blue"))),
    ("no queue", (queue("orders"), schedule(Arn="arn:aws:lambda:eu-west-2:1:function:f"))),
    ("context attributes", (queue("orders"), schedule(Input="<aws.scheduler.execution-id>"))),
    ("SnapStart", (of("AWS::Lambda::Function", **TAKER, SnapStart={}),)),
    ("Values", (of("AWS::Lambda::Function", **{**TAKER, "Environment": {"Variables": {}, "Values": {}}}),)),
    ("Enabled", (queue("orders"), function("taker"), mapping("Orders", "Taker", Enabled=False))),
    ("FilterCriteria", (queue("orders"), function("taker"), mapping("Orders", "Taker", FilterCriteria={}))),
    (
        "FunctionResponseTypes",
        (queue("orders"), function("taker"), mapping("Orders", "Taker", FunctionResponseTypes=["X"])),
    ),
    ("EventSourceArn", ({"Orders": KEY}, function("taker"), mapping("Orders", "Taker"))),
    ("LogGroupClass", (of("AWS::Logs::LogGroup", LogGroupClass="INFREQUENT_ACCESS"),)),
    ("Sound", (of("AWS::CloudWatch::Alarm", **ALARM, Sound="loud"),)),
    ("Worth", (of("AWS::CloudWatch::Alarm", **ALARM, Dimensions=[{"Name": "a", "Value": "b", "Worth": "c"}]),)),
]


@pytest.mark.parametrize(("word", "resources"), UNKNOWN, ids=[word for word, _ in UNKNOWN])
def test_what_is_not_known_is_refused_by_name(word: str, resources: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(TemplateRefused, match=word):
        raised(*resources)


def test_a_circle_of_references_is_refused() -> None:
    one = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Two"}}}
    two = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "One"}}}
    with pytest.raises(TemplateRefused, match="One -> Two -> One"):
        raised({"One": one, "Two": two})


def test_a_resource_policy_is_accepted_and_not_raised() -> None:
    policy = of("AWS::S3::BucketPolicy", Bucket={"Ref": "Files"}, PolicyDocument={})
    raised(bucket("files"), policy)
    with pytest.raises(client("s3").exceptions.ClientError, match="NoSuchBucketPolicy"):
        client("s3").get_bucket_policy(Bucket="attendance-local-files")


def test_a_bucket_is_what_the_template_says() -> None:
    key = {"Key": KEY}
    stack = raised(
        key,
        bucket(
            "files",
            VersioningConfiguration={"Status": "Enabled"},
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            BucketEncryption={
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]},
                        },
                    }
                ]
            },
            LifecycleConfiguration={
                "Rules": [
                    {"Id": "a", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
                    {"Id": "b", "Status": "Enabled", "Prefix": "x/", "ExpirationInDays": 40},
                    {"Id": "c", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
                    {
                        "Id": "d",
                        "Status": "Enabled",
                        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 90}],
                    },
                ]
            },
            NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        ),
    )
    s3, name = client("s3"), "attendance-local-files"
    assert stack.resources["Files"].physical.attributes["Arn"] == f"arn:aws:s3:::{name}"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-2"
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]
    [encryption] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption["BucketKeyEnabled"] is True
    key_arn = stack.resources["Key"].physical.attributes["Arn"]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]}
    assert rules["a"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert (rules["b"]["Expiration"]["Days"], rules["b"]["Filter"]["Prefix"]) == (40, "x/")
    assert rules["c"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rules["d"]["Transitions"] == [{"StorageClass": "GLACIER", "Days": 90}]


def test_a_locked_bucket_keeps_its_versions() -> None:
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2557}}}
    raised(bucket("files", ObjectLockEnabled=True, ObjectLockConfiguration=lock))
    s3, name = client("s3"), "attendance-local-files"
    stands = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (stands["Mode"], stands["Days"]) == ("GOVERNANCE", 2557)
    version = s3.put_object(Bucket=name, Key="notice.pdf", Body=b"x")["VersionId"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=name, Key="notice.pdf", VersionId=version)


def test_a_queue_is_what_the_template_says() -> None:
    stack = raised(queue("orders.fifo", tries=5, SqsManagedSseEnabled=True, MessageRetentionPeriod=345600))
    url = stack.resources["Orders"].physical.ref
    attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    dead = stack.resources["OrdersDead"].physical.attributes["Arn"]
    assert attributes["FifoQueue"] == "true"
    assert attributes["ContentBasedDeduplication"] == "false"
    assert attributes["VisibilityTimeout"] == "60"
    assert attributes["MessageRetentionPeriod"] == "345600"
    assert attributes["SqsManagedSseEnabled"] == "true"
    assert json.loads(attributes["RedrivePolicy"]) == {"deadLetterTargetArn": dead, "maxReceiveCount": 5}


def test_a_table_is_what_the_template_says() -> None:
    text = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "la", "due_on")]
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    due = {
        "IndexName": "due",
        "KeySchema": [{"AttributeName": "la", "KeyType": "HASH"}, {"AttributeName": "due_on", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    raised(
        {"Key": KEY},
        of(
            "AWS::DynamoDB::Table",
            TableName="cases",
            AttributeDefinitions=text,
            KeySchema=keys,
            BillingMode="PAY_PER_REQUEST",
            DeletionProtectionEnabled=True,
            GlobalSecondaryIndexes=[due],
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
            TimeToLiveSpecification={"AttributeName": "gone_at", "Enabled": True},
        ),
    )
    dynamodb = client("dynamodb")
    table = dynamodb.describe_table(TableName="cases")["Table"]
    assert table["KeySchema"] == keys
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True
    assert table["SSEDescription"]["Status"] == "ENABLED"
    [index] = table["GlobalSecondaryIndexes"]
    assert {name: index[name] for name in due} == due
    backups = dynamodb.describe_continuous_backups(TableName="cases")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    expiry = dynamodb.describe_time_to_live(TableName="cases")["TimeToLiveDescription"]
    assert expiry == {"AttributeName": "gone_at", "TimeToLiveStatus": "ENABLED"}


def test_rules_buses_and_schedules_are_what_the_template_says() -> None:
    raised(
        queue("orders"),
        {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "notices"}}},
        rule("Issued", {"detail-type": ["notice.issued.v1"]}, "Orders", Name="issued", EventBusName={"Ref": "Bus"}),
        schedule(RetryPolicy={"MaximumRetryAttempts": 3}),
    )
    events, scheduler = client("events"), client("scheduler")
    arn = "arn:aws:sqs:eu-west-2:123456789012:attendance-local-orders"
    stands = events.describe_rule(Name="issued", EventBusName="notices")
    assert json.loads(stands["EventPattern"]) == {"detail-type": ["notice.issued.v1"]}
    assert events.list_targets_by_rule(Rule="issued", EventBusName="notices")["Targets"] == [
        {"Id": "Target", "Arn": arn}
    ]
    daily = scheduler.get_schedule(Name="daily")
    assert (daily["ScheduleExpression"], daily["ScheduleExpressionTimezone"]) == (
        "cron(30 18 * * ? *)",
        "Europe/London",
    )
    assert (daily["Target"]["Arn"], daily["Target"]["RetryPolicy"]) == (arn, {"MaximumRetryAttempts": 3})


def test_an_event_put_on_a_bus_reaches_the_queue_of_its_rule() -> None:
    stack = raised(
        queue("orders"),
        {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "notices"}}},
        rule("Issued", {"detail-type": ["notice.issued.v1"]}, "Orders", EventBusName={"Ref": "Bus"}),
    )
    entries = [
        {"Source": "attendance", "DetailType": kind, "Detail": "{}", "EventBusName": "notices"}
        for kind in ("notice.issued.v1", "threshold.met.v1")
    ]
    client("events").put_events(Entries=entries)
    url = stack.resources["Orders"].physical.ref
    [message] = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"])["detail-type"] == "notice.issued.v1"


def test_keys_secrets_roles_logs_topics_and_alarms_are_what_the_template_says() -> None:
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    allowed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}],
    }
    resources = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {**KEY["Properties"], "EnableKeyRotation": True}},
        "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/x", "TargetKeyId": {"Ref": "Key"}}},
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "s", "KmsKeyId": {"Ref": "Key"}, "GenerateSecretString": {"PasswordLength": 64}},
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": trust}},
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": "p", "PolicyDocument": allowed, "Roles": [{"Ref": "Role"}]},
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/l", "RetentionInDays": 365}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "KmsMasterKeyId": {"Ref": "Key"}}},
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmActions": [{"Ref": "Topic"}],
                "AlarmName": "a",
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Dimensions": [{"Name": "QueueName", "Value": "q"}],
                "EvaluationPeriods": 1,
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Namespace": "AWS/SQS",
                "Period": 60,
                "Statistic": "Maximum",
                "Threshold": 1,
                "TreatMissingData": "notBreaching",
            },
        },
    }
    stack = raised(resources)
    key = stack.resources["Key"].physical.ref
    assert client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    assert [alias["AliasName"] for alias in client("kms").list_aliases(KeyId=key)["Aliases"]] == ["alias/x"]
    secret = client("secretsmanager")
    assert secret.get_secret_value(SecretId=stack.resources["Secret"].physical.ref)["SecretString"] == SECRET
    assert secret.describe_secret(SecretId="s")["KmsKeyId"] == key
    iam = client("iam")
    assert iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == trust
    assert iam.get_role_policy(RoleName="r", PolicyName="p")["PolicyDocument"] == allowed
    [group] = client("logs").describe_log_groups(logGroupNamePrefix="/l")["logGroups"]
    assert group["retentionInDays"] == 365
    topic = stack.resources["Topic"].physical.ref
    assert client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"] == key
    [alarm] = client("cloudwatch").describe_alarms(AlarmNames=["a"])["MetricAlarms"]
    assert (alarm["Threshold"], alarm["AlarmActions"], alarm["Period"]) == (1.0, [topic], 60)


def test_what_one_stack_exports_another_imports() -> None:
    first = deploy(
        "first",
        {
            "Resources": {"Key": KEY},
            "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}, "Export": {"Name": "x-key"}}},
        },
        {},
    )
    alias = {"AliasName": "alias/y", "TargetKeyId": {"Fn::ImportValue": "x-key"}}
    template = {"Resources": of("AWS::KMS::Alias", **alias)}
    deploy("second", template, first.exports)
    described = client("kms").describe_key(KeyId="alias/y")["KeyMetadata"]["Arn"]
    assert described == first.exports["x-key"]
    with pytest.raises(TemplateRefused, match="export x-key"):
        deploy("third", template, {})
