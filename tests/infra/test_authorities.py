"""One small stack per authority: an authority can join without touching the others."""

from cloudformation import PREFIX, of_type, read

from attendance.authorities import AUTHORITIES


def test_all_authorities_have_their_bucket(deployment):
    assert len(deployment.authorities) == len(AUTHORITIES) == 153
    for la, template in deployment.authorities.items():
        (bucket,) = of_type(template, "AWS::S3::Bucket").values()
        assert bucket["BucketName"] == f"{PREFIX}-authority-{la}"


def test_no_stack_comes_near_the_limits_of_cloudformation(deployment):
    for template in (deployment.core, *deployment.authorities.values()):
        assert len(template["Resources"]) <= 200
        for role in of_type(template, "AWS::IAM::Role").values():
            assert len(role.get("ManagedPolicyArns", [])) <= 5


def test_an_authority_that_joins_leaves_core_as_it_is_to_the_byte(deployment, tmp_path):
    from infra.app import synth

    alone = synth(tmp_path, PREFIX, [], packages_built=False, checked=False)
    with_all = (deployment.folder / "Core.template.json").read_bytes()
    assert (alone / "Core.template.json").read_bytes() == with_all
    assert not any(f'"{la}"'.encode() in with_all for la in AUTHORITIES)


def test_what_an_authority_takes_from_core_core_gives(deployment):
    given = {output["Export"]["Name"] for output in deployment.core["Outputs"].values()}
    taken, told = ("key-arn", "notices-role-arn", "officer-role-arn"), ("api-url", "api-issuer")
    assert {f"{PREFIX}-{name}" for name in (*taken, *told)} == given


def test_an_authority_may_have_a_key_of_its_own_that_admits_only_notices_its_officers_and_who_erases(tmp_path):
    from infra.app import synth

    template = read(
        synth(tmp_path, PREFIX, ["886"], packages_built=False, own_keys=True, retention_years=6), "Authority886"
    )
    ((logical_id, key),) = of_type(template, "AWS::KMS::Key").items()
    (bucket,) = of_type(template, "AWS::S3::Bucket").values()
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == {"Fn::GetAtt": [logical_id, "Arn"]}
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"] == 2192
    root, notices, officer, erasure = key["KeyPolicy"]["Statement"]
    assert ":root" in str(root["Principal"])
    assert notices["Principal"] == {"AWS": {"Fn::ImportValue": f"{PREFIX}-notices-role-arn"}}
    assert set(notices["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert officer["Principal"] == {"AWS": {"Fn::ImportValue": f"{PREFIX}-officer-role-arn"}}
    assert officer["Action"] == "kms:Decrypt"
    assert officer["Condition"]["StringEquals"]["aws:PrincipalTag/la"] == "886"
    assert str(erasure["Principal"]).endswith(f":role/{PREFIX}-erasure']]}}}}")
    assert set(erasure["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
