"""Who read or wrote what is recorded, and by whom what guards it was changed; the record does not record itself."""

from cloudformation import PREFIX, of_type, read, text


def selectors(core):
    (trail,) = of_type(core, "AWS::CloudTrail::Trail").values()
    return {
        selector["Name"]: {f.pop("Field"): f for f in map(dict, selector["FieldSelectors"])}
        for selector in trail["AdvancedEventSelectors"]
    }


def test_every_object_of_our_buckets_is_recorded_but_the_records(core):
    objects = selectors(core)["objects"]
    assert objects["eventCategory"] == {"Equals": ["Data"]}
    assert objects["resources.type"] == {"Equals": ["AWS::S3::Object"]}
    (starts,), (not_starts,) = objects["resources.ARN"]["StartsWith"], objects["resources.ARN"]["NotStartsWith"]
    assert text(core, starts) == f"arn:AWS::Partition:s3:::{PREFIX}-"
    assert text(core, not_starts) == f"arn:AWS::Partition:s3:::{PREFIX}-trail/"


def test_every_item_of_our_tables_is_recorded(core):
    items = selectors(core)["items"]
    assert items["resources.type"] == {"Equals": ["AWS::DynamoDB::Table"]}
    assert {text(core, arn) for arn in items["resources.ARN"]["Equals"]} == {"cases", "history", "published", "grants"}


def test_every_change_is_recorded_wherever_it_is_made(core):
    assert selectors(core)["changes"] == {
        "eventCategory": {"Equals": ["Management"]},
        "readOnly": {"Equals": ["false"]},
    }
    (trail,) = of_type(core, "AWS::CloudTrail::Trail").values()
    assert trail["IsMultiRegionTrail"] is trail["IncludeGlobalServiceEvents"] is trail["IsLogging"] is True


def test_the_records_are_encrypted_and_a_changed_one_is_told(core):
    (trail,) = of_type(core, "AWS::CloudTrail::Trail").values()
    assert text(core, trail["S3BucketName"]) == "trail"
    assert text(core, trail["KMSKeyId"]) == "kms"
    assert trail["EnableLogFileValidation"] is True


def test_an_account_that_has_such_a_trail_can_do_without(tmp_path):
    from infra.app import synth

    core = read(synth(tmp_path, PREFIX, [], packages_built=False, checked=False, trail=False), "Core")
    assert not of_type(core, "AWS::CloudTrail::Trail")
    assert f"{PREFIX}-trail" not in {bucket["BucketName"] for bucket in of_type(core, "AWS::S3::Bucket").values()}
