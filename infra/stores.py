"""Where data lies: buckets, tables and the secret, all encrypted with one key of ours, none lost when a stack goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
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
    locked: Duration | None = None,
    kept: Duration | None = None,
    cors: Sequence[s3.CorsRule] = (),
) -> s3.Bucket:
    """A private, versioned bucket that answers only TLS 1.2 and keeps what it holds.

    `events`: every new object is told to the default event bus. `replaced`: objects are snapshots that can be made again,
    so that earlier versions go after a week, not after 30 days. `locked`: Object Lock, governance mode, for that long.
    `kept`: an object goes by itself that long after it was written, with whatever it replaced. `cors`: what pages may do
    by a signed link.
    """
    rules = [s3.LifecycleRule(id="unfinished-uploads", abort_incomplete_multipart_upload_after=Duration.days(7))]
    if replaced or kept:  # of what is written once, only the erasure role makes an earlier version
        rules.append(
            s3.LifecycleRule(id="earlier-versions", noncurrent_version_expiration=Duration.days(7 if replaced else 30))
        )
    if kept:
        rules.append(s3.LifecycleRule(id="retention", expiration=kept))
        rules.append(s3.LifecycleRule(id="marks-of-deletion", expired_object_delete_marker=True))
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
        cors=list(cors) or None,
        object_lock_enabled=True if locked else None,
        object_lock_default_retention=s3.ObjectLockRetention.governance(locked) if locked else None,
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
            " who read which object is in CloudTrail's data events (infra/trail.py)."
        },
    )
    return bucket


def sent_by(origins: Sequence[str]) -> list[s3.CorsRule]:
    """A page of these origins may send a file by a link, with the headers that were signed; without origins, none."""
    rule = s3.CorsRule(
        allowed_origins=list(origins),
        allowed_methods=[s3.HttpMethods.PUT],
        allowed_headers=["content-type", "if-none-match", "x-amz-checksum-sha256", "x-amz-meta-*"],
        exposed_headers=["etag", "x-amz-version-id"],
        max_age=3600,
    )
    return [rule] if origins else []


def read_by(origins: Sequence[str]) -> list[s3.CorsRule]:
    """A page may read what the API sent it on to: any page with the link, for a browser that was sent on names no origin."""
    rule = s3.CorsRule(allowed_origins=["*"], allowed_methods=[s3.HttpMethods.GET], exposed_headers=["etag"])
    return [rule] if origins else []


def years(number: int) -> Duration:
    """That many years, leap days included."""
    return Duration.days(round(number * 365.25))


def nothing_replaced(
    bucket: s3.IBucket, *, but_by: str | None = None, folders: Sequence[str] = ("",)
) -> iam.PolicyStatement:
    """Nobody writes over an object: Object Lock keeps versions, but a new one would hide the old one from readers.

    `but_by`: the erasure role, where it takes one child's rows out of what is about many. `folders`: below these only.
    """
    except_it = {"ArnNotEquals": {"aws:PrincipalArn": but_by}} if but_by else {}
    return iam.PolicyStatement(
        sid="NothingReplaced" if but_by is None else "NothingReplacedButToErase",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects(f"{folder}*") for folder in folders],
        conditions={"Null": {"s3:if-none-match": "true"}, **except_it},
    )


def nothing_taken_away(bucket: s3.IBucket, erasure_role: str, *also: str) -> iam.PolicyStatement:
    """Nobody but the erasure role deletes or unlocks an object, hides it by a delete marker, or does what `also` names."""
    return iam.PolicyStatement(
        sid="NothingTakenAway",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=[
            "s3:BypassGovernanceRetention",
            "s3:DeleteBucket",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            *also,
        ],
        resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
        conditions={"ArnNotEquals": {"aws:PrincipalArn": erasure_role}},
    )


@dataclass(frozen=True)
class Index:
    """A second way into a table: its partition and sort key, and whether it holds whole items or keys only."""

    partition: str
    sort: str
    whole: bool = False


def table(
    scope: Construct,
    name: str,
    table_name: str,
    key: kms.IKey,
    indexes: Mapping[str, Index],
    expires: str | None = None,
    *,
    sort_key: bool = True,
) -> dynamodb.Table:
    """A table of `pk` and `sk`, or of `pk` alone, paid per request, recoverable to any second of 35 days.

    An index holds keys only, so that nothing about a child is kept twice, or whole items, where the whole state of a
    school is read in one query and every write that follows is conditional on a version read consistently.
    `expires`: the attribute that says when an item goes by itself.
    """

    def text(attribute: str) -> dynamodb.Attribute:
        return dynamodb.Attribute(name=attribute, type=dynamodb.AttributeType.STRING)

    made = dynamodb.Table(
        scope,
        name,
        table_name=table_name,
        partition_key=text("pk"),
        sort_key=text("sk") if sort_key else None,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
        encryption_key=key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=True,
        time_to_live_attribute=expires,
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
