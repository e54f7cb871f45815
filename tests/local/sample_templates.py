"""Small templates to raise in tests: what they leave open, the test says."""

from typing import Any

from local.synth import LOCAL_PREFIX, Templates

PREFIX = f"{LOCAL_PREFIX}-"


def queue(name: str, tries: int = 3, **more: Any) -> dict[str, Any]:
    """A queue and its dead letters, by logical id (`Orders` -> `Orders`, `OrdersDead`)."""
    fifo = {"FifoQueue": True} if name.endswith(".fifo") else {}
    stem = name.removesuffix(".fifo")
    suffix = name.removeprefix(stem)
    dead = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{PREFIX}{stem}-dead{suffix}", **fifo}}
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": [f"{stem.title()}Dead", "Arn"]}, "maxReceiveCount": tries}
    properties = {"QueueName": f"{PREFIX}{name}", "RedrivePolicy": redrive, "VisibilityTimeout": 60, **fifo, **more}
    return {stem.title(): {"Type": "AWS::SQS::Queue", "Properties": properties}, f"{stem.title()}Dead": dead}


def function(name: str, handler: str = "handler", **environment: Any) -> dict[str, Any]:
    """A function whose handler is in `sample_function`, by logical id (`taker` -> `Taker`)."""
    properties = {
        "FunctionName": f"{PREFIX}{name}",
        "Handler": f"sample_function.{handler}",
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "Code": {"S3Bucket": {"Fn::Sub": "assets-${AWS::AccountId}"}, "S3Key": "code.zip"},
        "Environment": {"Variables": {"FUNCTION": name, **environment}},
        "LoggingConfig": {"LogGroup": f"/aws/lambda/{name}"},
        "MemorySize": 512,
        "Role": "arn:aws:iam::123456789012:role/any",
        "Timeout": 10,
    }
    return {name.title(): {"Type": "AWS::Lambda::Function", "Properties": properties}}


def mapping(source: str, target: str, batch_size: int = 10, **more: Any) -> dict[str, Any]:
    """An event source mapping between two logical ids."""
    properties = {
        "EventSourceArn": {"Fn::GetAtt": [source, "Arn"]},
        "FunctionName": {"Ref": target},
        "BatchSize": batch_size,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        **more,
    }
    return {f"{source}To{target}": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}}


def bucket(name: str, **properties: Any) -> dict[str, Any]:
    """A bucket, by logical id (`uploads` -> `Uploads`)."""
    return {name.title(): {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{PREFIX}{name}", **properties}}}


def told_to_event_bridge(name: str) -> dict[str, Any]:
    """A versioned bucket whose events reach EventBridge."""
    return bucket(
        name,
        NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        VersioningConfiguration={"Status": "Enabled"},
    )


def rule(name: str, pattern: dict[str, Any], target: str, **more: Any) -> dict[str, Any]:
    """A rule that sends what matches to a queue."""
    targets = [{"Id": "Target", "Arn": {"Fn::GetAtt": [target, "Arn"]}}]
    return {name: {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "Targets": targets, **more}}}


def core(*resources: dict[str, Any]) -> Templates:
    """A deployment of these resources alone, without any authority."""
    return Templates(
        core={"Resources": {key: value for part in resources for key, value in part.items()}}, authorities={}
    )
