"""Stack `Authority`: the bucket of one authority; a document is written into it once, and none goes."""

from collections.abc import Sequence

from aws_cdk import Aws, Fn, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.assumed import erasure_role_arn
from infra.rights import AUTHORITY_FOLDERS, ERASURES, LIST_FOLDERS
from infra.stores import nothing_replaced, nothing_taken_away, private_bucket, read_by, years


class Authority(Stack):
    """What belongs to one authority alone. It takes from `Core` by exported name, so that `Core` need not know it."""

    def __init__(
        self,
        scope: Construct,
        prefix: str,
        la: str,
        *,
        retention_years: int,
        own_key: bool,
        origins: Sequence[str] = (),
    ) -> None:
        super().__init__(
            scope,
            f"Authority{la}",
            stack_name=f"{prefix}-authority-{la}",
            description=f"School attendance: the documents of authority {la}",
            termination_protection=True,
        )
        name = f"{prefix}-authority-{la}"
        key = self._own_key(name, prefix, la) if own_key else self._shared_key(prefix)
        # No lifecycle takes a document away: settings may lock one for longer than others, and a delete marker would hide it.
        bucket = private_bucket(self, "Documents", name, key, locked=years(retention_years), cors=read_by(origins))
        erasure = erasure_role_arn(self, prefix)
        once = [f"{folder}/" for folder in (*AUTHORITY_FOLDERS, ERASURES) if folder not in LIST_FOLDERS]
        bucket.add_to_resource_policy(nothing_replaced(bucket, folders=once))
        bucket.add_to_resource_policy(nothing_replaced(bucket, but_by=erasure))
        bucket.add_to_resource_policy(nothing_taken_away(bucket, erasure, "s3:PutLifecycleConfiguration"))

    def _shared_key(self, prefix: str) -> kms.IKey:
        return kms.Key.from_key_arn(self, "Key", Fn.import_value(f"{prefix}-key-arn"))

    def _own_key(self, name: str, prefix: str, la: str) -> kms.Key:
        key = kms.Key(self, "Key", alias=f"alias/{name}", enable_key_rotation=True, removal_policy=RemovalPolicy.RETAIN)
        through_s3 = {"kms:ViaService": f"s3.{Aws.REGION}.amazonaws.com"}
        # The key admits function and officers, so that their roles need not list the keys of authorities.
        both = ["kms:Decrypt", "kms:GenerateDataKey"]
        for role, actions, only in (
            (Fn.import_value(f"{prefix}-notices-role-arn"), both, through_s3),
            (Fn.import_value(f"{prefix}-officer-role-arn"), ["kms:Decrypt"], {**through_s3, "aws:PrincipalTag/la": la}),
            (erasure_role_arn(self, prefix), both, through_s3),
        ):
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ArnPrincipal(role)],
                    actions=actions,
                    resources=["*"],
                    conditions={"StringEquals": only},
                )
            )
        return key
