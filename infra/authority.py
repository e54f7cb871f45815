"""Stack `Authority`: the bucket of one authority; a document is written into it once, and none goes."""

from aws_cdk import ArnFormat, Aws, Duration, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stores import private_bucket


class Authority(Stack):
    """What belongs to one authority alone. It takes from `Core` by exported name, so that `Core` need not know it."""

    def __init__(self, scope: Construct, prefix: str, la: str, *, retention_years: int, own_key: bool) -> None:
        super().__init__(
            scope,
            f"Authority{la}",
            stack_name=f"{prefix}-authority-{la}",
            description=f"School attendance: the documents of authority {la}",
            termination_protection=True,
        )
        name = f"{prefix}-authority-{la}"
        key = self._own_key(name, prefix) if own_key else self._shared_key(prefix)
        bucket = private_bucket(self, "Documents", name, key, retention=Duration.days(round(retention_years * 365.25)))
        erasure = self.format_arn(
            service="iam",
            region="",
            resource="role",
            resource_name=f"{prefix}-erasure",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        for statement in written_once(bucket, erasure):
            bucket.add_to_resource_policy(statement)

    def _shared_key(self, prefix: str) -> kms.IKey:
        return kms.Key.from_key_arn(self, "Key", Fn.import_value(f"{prefix}-key-arn"))

    def _own_key(self, name: str, prefix: str) -> kms.Key:
        key = kms.Key(self, "Key", alias=f"alias/{name}", enable_key_rotation=True, removal_policy=RemovalPolicy.RETAIN)
        # The key admits the function, so that the function's role need not list the keys of authorities.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ArnPrincipal(Fn.import_value(f"{prefix}-notices-role-arn"))],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"kms:ViaService": f"s3.{Aws.REGION}.amazonaws.com"}},
            )
        )
        return key


def written_once(bucket: s3.IBucket, erasure_role: str) -> tuple[iam.PolicyStatement, iam.PolicyStatement]:
    """Nobody replaces a document, and nobody but the erasure role hides, deletes or unlocks one.

    Object Lock keeps versions, but a new version or a delete marker would still hide the document from readers.
    """
    everyone = iam.AnyPrincipal()
    return (
        iam.PolicyStatement(
            sid="NothingReplaced",
            effect=iam.Effect.DENY,
            principals=[everyone],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            conditions={"Null": {"s3:if-none-match": "true"}},
        ),
        iam.PolicyStatement(
            sid="NothingTakenAway",
            effect=iam.Effect.DENY,
            principals=[everyone],
            actions=[
                "s3:BypassGovernanceRetention",
                "s3:DeleteBucket",
                "s3:DeleteObject",
                "s3:DeleteObjectVersion",
                "s3:PutLifecycleConfiguration",
            ],
            resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": erasure_role}},
        ),
    )
