"""Who read or wrote which object and item, and who changed what guards them: CloudTrail, kept where nobody deletes it."""

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.assumed import erasure_role_arn
from infra.stores import nothing_taken_away, private_bucket

Select = cloudtrail.CfnTrail.AdvancedEventSelectorProperty
Field = cloudtrail.CfnTrail.AdvancedFieldSelectorProperty


class Trail(Construct):
    """Every call on objects of our buckets and items of our tables, and every change to anything in the account."""

    def __init__(
        self, scope: Construct, prefix: str, key: kms.Key, tables: list[dynamodb.ITable], *, kept: Duration
    ) -> None:
        super().__init__(scope, "Trail")
        name, stack = f"{prefix}-trail", Stack.of(self)
        arn = stack.format_arn(
            service="cloudtrail", resource="trail", resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )
        bucket = private_bucket(self, "Records", name, key, locked=kept, kept=kept)
        bucket.add_to_resource_policy(nothing_taken_away(bucket, erasure_role_arn(stack, prefix)))
        service = iam.ServicePrincipal("cloudtrail.amazonaws.com")
        ours = {"aws:SourceArn": arn}  # the trail of another account could name our bucket and key
        records = bucket.arn_for_objects(f"AWSLogs/{Aws.ACCOUNT_ID}/*")
        for action, resource, only in (
            ("s3:GetBucketAcl", bucket.bucket_arn, ours),
            ("s3:PutObject", records, {**ours, "s3:x-amz-acl": "bucket-owner-full-control"}),
        ):
            bucket.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[service], actions=[action], resources=[resource], conditions={"StringEquals": only}
                )
            )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[service],
                actions=["kms:DescribeKey", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": ours},
            )
        )
        buckets = f"arn:{Aws.PARTITION}:s3:::{prefix}-"
        trail = cloudtrail.CfnTrail(
            self,
            "Resource",
            trail_name=name,
            s3_bucket_name=bucket.bucket_name,
            kms_key_id=key.key_arn,
            is_logging=True,
            enable_log_file_validation=True,
            is_multi_region_trail=True,  # roles and their policies belong to no region
            include_global_service_events=True,
            advanced_event_selectors=[
                # By prefix, so that an authority can join; not the records themselves, or each would cause the next.
                _data("objects", "AWS::S3::Object", starts_with=[buckets], not_starts_with=[f"{buckets}trail/"]),
                _data("items", "AWS::DynamoDB::Table", equal_to=[table.table_arn for table in tables]),
                Select(
                    name="changes",
                    field_selectors=[
                        Field(field="eventCategory", equal_to=["Management"]),
                        Field(field="readOnly", equal_to=["false"]),
                    ],
                ),
            ],
        )
        trail.node.add_dependency(bucket.policy)


def _data(name: str, kind: str, **arns: list[str]) -> Select:
    return Select(
        name=name,
        field_selectors=[
            Field(field="eventCategory", equal_to=["Data"]),
            Field(field="resources.type", equal_to=[kind]),
            Field(field="resources.ARN", **arns),
        ],
    )
