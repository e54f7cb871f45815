"""The roles that a person, or the API in a person's place, assumes for a while: one of each, whoever it is for.

An officer's authority and a school are tags of the session, and policies speak of the tags: no role is made for an
authority that joins. The account's own IAM says who may assume them; of functions, the API alone may, and neither the erasure
role.
"""

from collections.abc import Mapping, Sequence

from aws_cdk import ArnFormat, Aws, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import rights

LA, URN = "${aws:PrincipalTag/la}", "${aws:PrincipalTag/urn}"
GRANT_MINUTES = 15
"""How long the signature of an upload may be used: the time to begin sending a file, not to end."""


def officer(scope: Construct, prefix: str, cases: dynamodb.ITable, due: str, key: kms.IKey, buckets: str) -> iam.Role:
    """Reads the documents and cases of the one authority that its session is tagged with (`la`), and writes nothing.

    What an officer decides is recorded by a function, which checks it: a policy can tell items apart by authority only.
    `due`: the index of `cases` by authority. `buckets`: the ARN of the authorities' buckets up to the code.
    """
    role = _role(
        scope,
        "Officer",
        f"{prefix}-officer",
        "Reads what is of one authority, that of the session's tag `la`",
        {"la": "???"},
    )
    bucket = f"{buckets}{LA}"
    _allow(role, ["s3:GetObject", "s3:GetObjectVersion"], [f"{bucket}/*"], {"StringEquals": rights.OUR_ACCOUNT})
    _allow(role, ["s3:ListBucket"], [bucket], {"StringEquals": rights.OUR_ACCOUNT})
    # "For all values" holds of a request that names no key, too: the second condition asks for one.
    named = {"Null": {"dynamodb:LeadingKeys": "false"}}
    _allow(
        role,
        ["dynamodb:GetItem", "dynamodb:Query"],
        [cases.table_arn],
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{LA}#*"]}, **named},
    )
    _allow(
        role,
        ["dynamodb:Query"],
        [f"{cases.table_arn}/index/{due}"],
        {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [LA]}, **named},
    )
    # Shared or not, the key opens what was closed for this bucket (a bucket key's context is the bucket) or this table.
    _use(role, key, "s3", ["Decrypt"], {"aws:s3:arn": bucket})
    _use(role, key, "dynamodb", ["Decrypt"], {"aws:dynamodb:tableName": cases.table_name})
    return role


def upload_grant(scope: Construct, prefix: str, uploads: s3.IBucket, key: kms.IKey) -> iam.Role:
    """Signs uploads of the one school that its session is tagged with (`la`, `urn`): new objects, by a fresh signed URL.

    S3 has no condition for the length of an object: how many bytes may be sent is signed into the URL (Content-Length).
    """
    role = _role(
        scope,
        "UploadGrant",
        f"{prefix}-upload-grant",
        "Signs uploads of one school, that of the session's tags `la` and `urn`",
        {"la": "???", "urn": "??????"},
    )
    _allow(
        role,
        ["s3:PutObject"],
        [uploads.arn_for_objects(f"{LA}/{URN}/*")],
        {
            **rights.ONCE,
            "StringEquals": {"s3:authType": "REST-QUERY-STRING"},
            "NumericLessThanEquals": {"s3:signatureAge": str(GRANT_MINUTES * 60 * 1000)},
        },
    )
    _use(role, key, "s3", ["GenerateDataKey"], {"aws:s3:arn": uploads.bucket_arn})
    return role


def erasure(scope: Construct, prefix: str, buckets: Sequence[str]) -> iam.Role:
    """The one role that may take an object away, when its time of retention has ended or the law says so.

    `buckets`: their ARNs, or patterns of them.
    """
    role = iam.Role(
        scope,
        "Erasure",
        role_name=f"{prefix}-erasure",
        description="Erases what has had its time, or whom the law says; assumed by a person, never by a function",
        assumed_by=iam.AccountRootPrincipal(),
        max_session_duration=Duration.hours(1),
    )
    objects = [f"{bucket}/*" for bucket in buckets]
    ours = {"StringEquals": rights.OUR_ACCOUNT}
    _allow(role, ["s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"], objects, ours)
    _allow(role, ["s3:ListBucket", "s3:ListBucketVersions"], buckets, ours)
    return role


def erasure_role_arn(stack: Stack, prefix: str) -> str:
    """The erasure role by its name, so that a bucket can except it wherever it is made."""
    return stack.format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name=f"{prefix}-erasure",
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )


def _role(scope: Construct, name: str, role_name: str, description: str, tags: Mapping[str, str]) -> iam.Role:
    """A role that is assumed for an hour at most, with exactly these tags, each of its pattern."""
    return iam.Role(
        scope,
        name,
        role_name=role_name,
        description=description,
        assumed_by=iam.SessionTagsPrincipal(
            iam.AccountRootPrincipal().with_conditions(
                {
                    "StringLike": {f"aws:RequestTag/{tag}": pattern for tag, pattern in tags.items()},
                    "ForAllValues:StringEquals": {"aws:TagKeys": sorted(tags)},
                }
            )
        ),
        max_session_duration=Duration.hours(1),
    )


def _allow(
    role: iam.Role, actions: Sequence[str], resources: Sequence[str], when: Mapping[str, object] | None = None
) -> None:
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=when))


def _use(role: iam.Role, key: kms.IKey, service: str, actions: Sequence[str], context: Mapping[str, str]) -> None:
    """Let a tagged session use the key through a service, only for what was encrypted in this context."""
    said = {f"kms:EncryptionContext:{name}": value for name, value in context.items()}
    only = {
        "StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com", **said},
        "Null": {"aws:PrincipalTag/la": "false"},
    }
    _allow(role, [f"kms:{action}" for action in actions], [key.key_arn], only)
