"""Where data lies: buckets, tables and the secret, all encrypted with one key of ours, none lost when a stack goes."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.reasons import acknowledge


def private_bucket(
    scope: Construct,
    name: str,
    bucket_name: str,
    key: kms.IKey,
    *,
    events: bool = False,
    replaced: bool = False,
    retention: Duration | None = None,
) -> s3.Bucket:
    """A private, versioned bucket that answers only TLS 1.2 and keeps what it holds.

    `events`: every new object is told to the default event bus. `replaced`: objects are snapshots that can be made
    again, so that earlier versions go after 30 days. `retention`: Object Lock, governance mode, for that long.
    """
    rules = [s3.LifecycleRule(id="unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(7))]
    if replaced:
        rules.append(s3.LifecycleRule(id="earlier-versions", noncurrent_version_expiration=Duration.days(30)))
    bucket = s3.Bucket(
        scope,
        name,
        bucket_name=bucket_name,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,  # one call to KMS per bucket and while, not per object: the bill, and the throttle
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        lifecycle_rules=rules,
        object_lock_enabled=True if retention else None,
        object_lock_default_retention=s3.ObjectLockRetention.governance(retention) if retention else None,
        removal_policy=RemovalPolicy.RETAIN,
    )
    if events:
        # The property itself: the construct's own option adds a hidden Lambda function that sets it.
        resource = bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows a type that jsii leaves open
        resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)
    acknowledge(
        bucket,
        {
            "AwsSolutions-S1": "Server access logs arrive late, not always, and cannot be encrypted with a key of ours:"
            " who read which object is in the account's CloudTrail data events (docs/security.md)."
        },
    )
    return bucket


@dataclass(frozen=True)
class Index:
    """A second way into a table: its partition and sort key, and whether it holds whole items or keys only."""

    partition: str
    sort: str
    whole: bool = False


def table(scope: Construct, name: str, table_name: str, key: kms.IKey, indexes: Mapping[str, Index]) -> dynamodb.Table:
    """A table of `pk` and `sk`, paid per request, recoverable to any second of 35 days.

    An index holds keys only, so that nothing about a child is kept twice, or whole items, where the whole state of a
    school is read in one query and every write that follows is conditional on a version read consistently.
    """

    def text(attribute: str) -> dynamodb.Attribute:
        return dynamodb.Attribute(name=attribute, type=dynamodb.AttributeType.STRING)

    made = dynamodb.Table(
        scope,
        name,
        table_name=table_name,
        partition_key=text("pk"),
        sort_key=text("sk"),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    for name_of_index, index in indexes.items():
        made.add_global_secondary_index(
            index_name=name_of_index,
            partition_key=text(index.partition),
            sort_key=text(index.sort),
            projection_type=dynamodb.ProjectionType.ALL if index.whole else dynamodb.ProjectionType.KEYS_ONLY,
        )
    return made
