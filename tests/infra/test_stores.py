"""Whatever holds data is private, encrypted with our key, recoverable, and outlives its stack."""

from collections.abc import Mapping
from typing import Any

from cloudformation import NAMED_BY, of_type, policy_of, text

BUCKETS = {"parts", "positions", "receipts", "registers", "reports", "trail", "uploads"}


def every_bucket(*templates: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], str, dict[str, Any]]]:
    return [(t, name, bucket) for t in templates for name, bucket in of_type(t, "AWS::S3::Bucket").items()]


def test_the_buckets_are_those_of_the_flow_and_one_of_each_authority(core, authority):
    assert {text(t, {"Ref": name}) for t, name, _ in every_bucket(core, authority)} == {*BUCKETS, "authority-886"}


def test_every_bucket_is_private_and_its_owner_owns_every_object(core, authority):
    for _, _, bucket in every_bucket(core, authority):
        assert set(bucket["PublicAccessBlockConfiguration"].items()) == {
            ("BlockPublicAcls", True),
            ("BlockPublicPolicy", True),
            ("IgnorePublicAcls", True),
            ("RestrictPublicBuckets", True),
        }
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        assert "AccessControl" not in bucket


def test_every_bucket_is_versioned_and_encrypted_with_our_key(core, authority):
    for template, _, bucket in every_bucket(core, authority):
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["BucketKeyEnabled"] is True
        default = rule["ServerSideEncryptionByDefault"]
        assert default["SSEAlgorithm"] == "aws:kms"
        ours = (
            {"Fn::GetAtt": [next(iter(of_type(template, "AWS::KMS::Key"))), "Arn"]}
            if of_type(template, "AWS::KMS::Key")
            else {"Fn::ImportValue": "attendance-test-key-arn"}
        )
        assert default["KMSMasterKeyID"] == ours


def test_every_bucket_refuses_whoever_comes_without_tls(core, authority):
    for template, name, _ in every_bucket(core, authority):
        denied = [s for s in policy_of(template, "AWS::S3::BucketPolicy", "Bucket", name) if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [s.get("Condition") for s in denied]
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in [s.get("Condition") for s in denied]


def test_only_uploads_parts_and_reports_tell_of_new_objects(core, authority):
    """Reports for who waits for one, by a rule of their own (docs/integrating.md)."""
    telling = {text(t, {"Ref": n}) for t, n, b in every_bucket(core, authority) if "NotificationConfiguration" in b}
    assert telling == {"uploads", "parts", "reports"}


def lifecycle(bucket: Mapping[str, Any]) -> dict[str, Any]:
    """What the rules of a bucket take away and after how many days, by kind."""
    taken = {"ExpirationInDays", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" and "Prefix" not in rule for rule in rules)
    return {kind: rule[kind] for rule in rules for kind in taken & set(rule)}


def test_what_has_had_its_time_goes_by_itself_but_no_document(core, authority):
    """A year longer than documents are locked: a notice is verified from what it rests on as long as it is kept."""
    kept = {
        text(template, {"Ref": name}): (rules.get("ExpirationInDays"), rules.get("NoncurrentVersionExpiration"))
        for template, name, bucket in every_bucket(core, authority)
        for rules in [lifecycle(bucket)]
    }
    eight, seven, soon, sooner = 2922, 2557, {"NoncurrentDays": 30}, {"NoncurrentDays": 7}
    made_again = {"registers", "positions"}
    assert kept == {
        **dict.fromkeys(BUCKETS - {"trail"} - made_again, (eight, soon)),
        **dict.fromkeys(made_again, (eight, sooner)),
        "trail": (seven, soon),
        "authority-886": (None, None),
    }


def test_unfinished_uploads_go_after_a_week(core, authority):
    for _, _, bucket in every_bucket(core, authority):
        assert lifecycle(bucket)["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_the_trail_is_locked_as_long_as_documents(core):
    (trail,) = (bucket for t, name, bucket in every_bucket(core) if text(t, {"Ref": name}) == "trail")
    assert trail["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 2557}


def test_a_document_is_locked_for_seven_years(authority):
    (bucket,) = of_type(authority, "AWS::S3::Bucket").values()
    assert bucket["ObjectLockEnabled"] is True
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": "GOVERNANCE", "Days": 2557}


def test_every_table_is_encrypted_recoverable_and_paid_per_request(core):
    tables = of_type(core, "AWS::DynamoDB::Table").values()
    assert {table["TableName"] for table in tables} == {
        f"attendance-test-{name}" for name in ("cases", "history", "published", "grants")
    }
    for table in tables:
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert text(core, table["SSESpecification"]["KMSMasterKeyId"]) == "kms"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["DeletionProtectionEnabled"] is True
        assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_cases_are_found_by_due_date_and_by_school_and_only_the_latter_copies_items(core):
    (cases,) = (t for t in of_type(core, "AWS::DynamoDB::Table").values() if "GlobalSecondaryIndexes" in t)
    indexes = {
        i["IndexName"]: [key["AttributeName"] for key in i["KeySchema"]] for i in cases["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "due": ["la", "due_on"],
        "school": ["school", "among"],
        "opened": ["queue", "opened_on"],
        "deadline": ["queue", "prosecute_by"],
    }
    copied = {i["IndexName"]: i["Projection"] for i in cases["GlobalSecondaryIndexes"]}
    assert copied == {key: {"ProjectionType": "KEYS_ONLY"} for key in indexes} | {"school": {"ProjectionType": "ALL"}}


def test_the_key_is_rotated_and_the_secret_is_generated_never_written_down(core):
    (key,) = of_type(core, "AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True
    (secret,) = of_type(core, "AWS::SecretsManager::Secret").values()
    assert secret["GenerateSecretString"] == {"ExcludePunctuation": True, "PasswordLength": 64}
    assert text(core, secret["KmsKeyId"]) == "kms"
    assert "SecretString" not in secret


def test_what_holds_data_outlives_its_stack(core, authority):
    kinds = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret"}
    assert kinds <= set(NAMED_BY)
    for template in (core, authority):
        for name, resource in template["Resources"].items():
            if resource["Type"] in kinds:
                assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name
