"""What a function may do, in the words of the stores: each line is one statement of a policy, as narrow as its use."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

ONCE = {"Null": {"s3:if-none-match": "false"}}  # only a put that refuses to replace
AUTHORITY_FOLDERS = (
    "decisions", "notices", "packs", "papers", "reminders", "returns", "schedules", "told", "withdrawals"
)  # fmt: skip
"""What lies in an authority's bucket (design 4.6; docs/data.md)."""
LIST_FOLDERS = ("returns", "told")
"""What of it is about many children in one file, of which a row may have to be erased."""
ERASURES = "erasures"
"""Where it says what was erased, why and by whom; only the erasure role writes there."""
LOCKED_FOLDERS = ("notices", "schedules")
"""What of it is locked for the retention of the settings."""
IN_TURN = {"Null": {"s3:if-match": "false"}}  # only a put that replaces exactly what was read
# Buckets are named by anyone anywhere: without our account as their owner a pattern of names would reach a stranger's.
OUR_ACCOUNT = {"s3:ResourceAccount": Aws.ACCOUNT_ID}


def read(*buckets: s3.IBucket) -> iam.PolicyStatement:
    """Read objects, in the version named or the latest."""
    return _allow(["s3:GetObject", "s3:GetObjectVersion"], _objects(buckets))


def list_keys(*buckets: s3.IBucket) -> iam.PolicyStatement:
    """List keys; without this a missing object is "access denied", not "not found"."""
    return _allow(["s3:ListBucket"], [bucket.bucket_arn for bucket in buckets])


def write_once(*buckets: s3.IBucket) -> iam.PolicyStatement:
    """Write objects that are not there yet."""
    return _allow(["s3:PutObject"], _objects(buckets), ONCE)


def write_in_turn(*buckets: s3.IBucket) -> tuple[iam.PolicyStatement, iam.PolicyStatement]:
    """Write objects that are not there yet, or replace the very version read before: nobody overwrites unseen."""
    return write_once(*buckets), _allow(["s3:PutObject"], _objects(buckets), IN_TURN)


def authority_documents(prefix: str) -> tuple[iam.PolicyStatement, ...]:
    """Write once and read documents and lists in the bucket of any authority: a pattern, so that no list need grow."""
    bucket = authority_buckets(prefix)
    documents = [f"{bucket}/{folder}/*" for folder in AUTHORITY_FOLDERS]
    ours = {"StringEquals": OUR_ACCOUNT}
    return (
        _allow(["s3:GetObject", "s3:GetObjectVersion"], documents, ours),
        _allow(["s3:PutObject"], documents, {**ours, **ONCE}),
        # A notice is locked for the retention of its settings, never past what the erasure role can undo; shortening it would
        # need the bypass, which is denied.
        _allow(
            ["s3:PutObjectRetention"],
            [f"{bucket}/{folder}/*" for folder in LOCKED_FOLDERS],
            {"StringEquals": {**OUR_ACCOUNT, "s3:object-lock-mode": "GOVERNANCE"}},
        ),
        _allow(["s3:ListBucket"], [bucket], ours),
    )


def erase_documents(prefix: str) -> tuple[iam.PolicyStatement, ...]:
    """Read what lies in the bucket of any authority, write once what was erased, and lists again without a child's rows."""
    bucket = authority_buckets(prefix)
    ours = {"StringEquals": OUR_ACCOUNT}
    return (
        _allow(["s3:GetObject", "s3:GetObjectVersion"], [f"{bucket}/*"], ours),
        _allow(["s3:PutObject"], [f"{bucket}/{ERASURES}/*"], {**ours, **ONCE}),
        _allow(["s3:PutObject"], [f"{bucket}/{folder}/*" for folder in LIST_FOLDERS], {**ours, **IN_TURN}),
    )


def erase_items(*tables: dynamodb.ITable) -> iam.PolicyStatement:
    """Find items by their key, delete them, and put others in their place; no transaction, no scan."""
    actions = ["DeleteItem", "GetItem", "PutItem", "Query"]
    return _allow([f"dynamodb:{action}" for action in actions], [table.table_arn for table in tables])


def authority_buckets(prefix: str) -> str:
    """The ARN pattern of the buckets of all authorities."""
    return f"arn:{Aws.PARTITION}:s3:::{prefix}-authority-*"


def keep_items(*tables: dynamodb.ITable) -> iam.PolicyStatement:
    """Read, query and write items, also in a transaction (which needs the rights of its parts); never delete."""
    actions = ["ConditionCheckItem", "GetItem", "PutItem", "Query", "UpdateItem"]
    return _allow([f"dynamodb:{action}" for action in actions], [table.table_arn for table in tables])


def read_items(*tables: dynamodb.ITable) -> iam.PolicyStatement:
    """Read and query items."""
    actions = ["BatchGetItem", "GetItem", "Query"]
    return _allow([f"dynamodb:{action}" for action in actions], [table.table_arn for table in tables])


def read_together(*tables: dynamodb.ITable) -> iam.PolicyStatement:
    """Read items by their keys, several in one call."""
    return _allow(["dynamodb:BatchGetItem"], [table.table_arn for table in tables])


def record_items(table: dynamodb.ITable) -> iam.PolicyStatement:
    """Write items; never delete."""
    return _allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], [table.table_arn])


def read_and_remember(table: dynamodb.ITable, begins: str) -> tuple[iam.PolicyStatement, iam.PolicyStatement]:
    """Read any item by its key, and write only those whose key begins so."""
    # "For all values" holds of a request that names no key, too: the second condition asks for one.
    own = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{begins}*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    return _allow(["dynamodb:GetItem"], [table.table_arn]), _allow(["dynamodb:PutItem"], [table.table_arn], own)


def assume(*roles: iam.IRole) -> iam.PolicyStatement:
    """Act for a while as these roles, with the tags that they ask for."""
    return _allow(["sts:AssumeRole", "sts:TagSession"], [role.role_arn for role in roles])


def query_indexes(table: dynamodb.ITable, *indexes: str) -> iam.PolicyStatement:
    """Ask these indexes of a table."""
    return _allow(["dynamodb:Query"], [f"{table.table_arn}/index/{index}" for index in indexes])


def send(*queues: sqs.IQueue) -> iam.PolicyStatement:
    """Send messages."""
    return _allow(["sqs:SendMessage"], [queue.queue_arn for queue in queues])


def find_queue(*queues: sqs.IQueue) -> iam.PolicyStatement:
    """Learn the address of a queue whose name is known."""
    return _allow(["sqs:GetQueueUrl"], [queue.queue_arn for queue in queues])


def put_events(bus: events.IEventBus) -> iam.PolicyStatement:
    """Tell other systems what happened."""
    return _allow(["events:PutEvents"], [bus.event_bus_arn])


def read_secret(secret: secretsmanager.ISecret) -> iam.PolicyStatement:
    """Read the secret that pseudonyms are made with."""
    return _allow(["secretsmanager:GetSecretValue"], [secret.secret_arn])


def use_key(key: kms.IKey, *services: str) -> iam.PolicyStatement:
    """Encrypt and decrypt with the key, only through these services."""
    actions = ["Decrypt", "GenerateDataKey"]
    if "dynamodb" in services:  # which calls KMS with the rights of whoever calls it
        actions += ["DescribeKey", "Encrypt", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo"]
    return _through(key, actions, services)


def decrypt(key: kms.IKey, *services: str) -> iam.PolicyStatement:
    """Decrypt with the key, only through these services: all that reading a table asks."""
    return _through(key, ["Decrypt"], services)


def _through(key: kms.IKey, actions: Sequence[str], services: Sequence[str]) -> iam.PolicyStatement:
    through = [f"{service}.{Aws.REGION}.amazonaws.com" for service in services]
    return _allow([f"kms:{a}" for a in actions], [key.key_arn], {"StringEquals": {"kms:ViaService": through}})


def _objects(buckets: Sequence[s3.IBucket]) -> list[str]:
    return [bucket.arn_for_objects("*") for bucket in buckets]


def _allow(
    actions: Sequence[str], resources: Sequence[str], when: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=when)
