"""The templates of `infra/` themselves, raised: what stands is what they say, and one world knows nothing of another."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.deployer import NOT_ENFORCED, NOT_RAISED
from local.synth import templates
from local.world import World, raise_world

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world() -> Iterator[World]:
    with raise_world(["886", "887"]) as raised:
        yield raised


def declared(kind: str) -> list[dict[str, Any]]:
    """The properties, not resolved, of every resource of a type in the templates of two authorities."""
    given = templates(["886", "887"])
    return [
        resource.get("Properties", {})
        for template in (given.core, *given.authorities.values())
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]


def test_every_bucket_stands_as_declared(world: World) -> None:
    buckets = declared("AWS::S3::Bucket")
    assert {bucket["Name"] for bucket in world.s3.list_buckets()["Buckets"]} == {b["BucketName"] for b in buckets}
    for bucket in buckets:
        where = {"Bucket": bucket["BucketName"]}
        assert world.s3.get_bucket_versioning(**where)["Status"] == bucket["VersioningConfiguration"]["Status"]
        stands = world.s3.get_public_access_block(**where)["PublicAccessBlockConfiguration"]
        assert stands == bucket["PublicAccessBlockConfiguration"]
        [encryption] = world.s3.get_bucket_encryption(**where)["ServerSideEncryptionConfiguration"]["Rules"]
        assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        assert encryption["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].startswith("arn:aws:kms:eu-west-2:")


def test_every_queue_and_table_stands_as_declared(world: World) -> None:
    queues = {url.rpartition("/")[2]: url for url in world.sqs.list_queues()["QueueUrls"]}
    assert set(queues) == {queue["QueueName"] for queue in declared("AWS::SQS::Queue")}
    for queue in declared("AWS::SQS::Queue"):
        answer = world.sqs.get_queue_attributes(QueueUrl=queues[queue["QueueName"]], AttributeNames=["All"])
        if "VisibilityTimeout" in queue:
            assert answer["Attributes"]["VisibilityTimeout"] == str(queue["VisibilityTimeout"])
    assert set(world.dynamodb.list_tables()["TableNames"]) == {t["TableName"] for t in declared("AWS::DynamoDB::Table")}


def test_a_function_is_told_of_the_resources_as_they_stand(world: World) -> None:
    environment = world.environment("thresholds")
    assert environment["PARTS_BUCKET"] == world.names["parts"]
    assert (
        world.sqs.get_queue_url(QueueName=world.names["notices.fifo"])["QueueUrl"] == environment["NOTICES_QUEUE_URL"]
    )
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=environment["PUPIL_SECRET_ARN"])
    assert secret["SecretString"]


def test_an_upload_lies_in_the_bucket_under_the_keys_of_school_and_upload(world: World) -> None:
    version = world.put_upload("886", "118001", "upload-1", b"upn", {"name": "Sept.csv"})
    stored = world.s3.get_object(Bucket=world.names["uploads"], Key="886/118001/upload-1", VersionId=version)
    assert (stored["Body"].read(), stored["Metadata"]) == (b"upn", {"name": "Sept.csv"})
    with pytest.raises(world.s3.exceptions.ClientError, match="PreconditionFailed"):
        world.put_upload("886", "118001", "upload-1", b"other")


def test_the_clock_stands_where_it_is_set_for_our_code_and_for_aws_and_runs_again_afterwards() -> None:
    moment = datetime(2025, 11, 3, 18, tzinfo=UTC)
    with raise_world(["886"]) as world:
        world.at(moment)
        world.put_upload("886", "118001", "upload-1", b"upn")
        stored = world.s3.head_object(Bucket=world.names["uploads"], Key="886/118001/upload-1")
        assert stored["LastModified"] == datetime.now(UTC) == moment
        world.at(datetime(2025, 11, 4, tzinfo=UTC))
        assert datetime.now(UTC) == datetime(2025, 11, 4, tzinfo=UTC)
    assert datetime.now(UTC).year >= 2026


def test_a_world_begins_empty_and_only_with_its_own_authorities() -> None:
    with raise_world(["886"]) as first:
        first.put_upload("886", "118001", "upload-1", b"upn")
    with raise_world(["887"]) as second:
        assert "Contents" not in second.s3.list_objects_v2(Bucket=second.names["uploads"])
        assert [name for name in second.names if name.startswith("authority-")] == ["authority-887"]


def test_a_second_world_beside_a_first_is_refused(world: World) -> None:
    with pytest.raises(RuntimeError, match="one world at a time"), raise_world(["887"]):
        pass


def test_no_aws_setting_of_the_machine_reaches_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://elsewhere.example")
    with raise_world(["886"]) as world:
        assert boto3.client("s3").list_buckets()["Buckets"]
        assert "AWS_PROFILE" not in world.environment("validate")


EXAMPLES = re.findall(r"```python\n(.+?)```", (ROOT / "docs/local.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_docs_have_examples() -> None:
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_in_the_docs_runs(example: str) -> None:
    exec(compile(example, "docs/local.md", "exec"), {})  # noqa: S102  (it asserts for itself)


def test_what_is_not_raised_is_what_the_templates_have_and_no_more() -> None:
    given = templates(["886"], budget_usd=100)
    resources = [r for t in (given.core, *given.authorities.values()) for r in t["Resources"].values()]
    kinds = {resource["Type"] for resource in resources}
    properties = {f"{resource['Type']}.{name}" for resource in resources for name in resource.get("Properties", {})}
    assert set(NOT_RAISED) <= kinds | properties


def test_the_table_in_the_docs_is_that_of_the_code() -> None:
    rows = re.findall(
        r"^\| (.+) \| (.+) \| (.+) \|$", (ROOT / "docs/local.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {what.strip("`"): (why, covered.strip("`")) for what, why, covered in rows}
    known = {what: (reason.why, reason.covered_by) for what, reason in {**NOT_RAISED, **NOT_ENFORCED}.items()}
    assert {what: told.get(what) for what in known} == known
    assert len(told) == len(known) + 2  # the head of the table, and the line under it


@pytest.mark.parametrize("reason", {**NOT_RAISED, **NOT_ENFORCED}.values())
def test_the_test_that_is_said_to_cover_exists(reason: Any) -> None:
    assert reason.covered_by.startswith("nothing;") or (ROOT / reason.covered_by).exists()
