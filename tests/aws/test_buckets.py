"""Objects: written once, or replaced only by who saw what stands there; read in the version named."""

import gzip
import hashlib
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from aws.buckets import Bucket, NotOurs
from aws.documents import Documents
from local.world import World, raise_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with raise_world(["886"]) as raised:
        yield raised


@pytest.fixture
def bucket(world: World) -> Bucket:
    return Bucket(world.s3, world.names["registers"])


def test_what_is_written_once_stands_as_first_written(bucket: Bucket) -> None:
    assert bucket.put_once("once", b"first", "text/plain")
    assert not bucket.put_once("once", b"second", "text/plain")
    stored = bucket.get("once")
    assert stored is not None
    assert stored.body == b"first"


def test_what_is_kept_for_years_lies_packed_and_is_read_plain(bucket: Bucket) -> None:
    text = b'{"row": 1}\n' * 1000
    assert bucket.said("packed") is None
    assert bucket.put_once_packed("packed", text, "application/json", {"of": "a"})
    assert not bucket.put_once_packed("packed", b"other", "application/json", {"of": "b"})
    lies = bucket.s3.get_object(Bucket=bucket.name, Key="packed")
    assert (lies["ContentEncoding"], len(lies["Body"].read()) < len(text) / 10) == ("gzip", True)
    stored = bucket.get("packed")
    assert stored is not None
    assert stored.body == text

    assert bucket.replace("packed", text[:5000], stored, "application/json")
    assert bucket.s3.head_object(Bucket=bucket.name, Key="packed")["ContentEncoding"] == "gzip"
    replaced = bucket.get("packed")
    assert replaced is not None
    assert replaced.body == text[:5000]
    said = bucket.said("packed")
    assert said is not None
    assert (said["of"], said["sha256"]) == ("a", hashlib.sha256(text[:5000]).hexdigest())


def test_what_a_school_says_of_its_own_file_unpacks_nothing(bucket: Bucket) -> None:
    """A program may send any header with its upload: a bomb is met by the bounds of unpacking, and not here."""
    bomb = gzip.compress(bytes(1_000_000))
    bucket.s3.put_object(Bucket=bucket.name, Key="sent", Body=bomb, ContentEncoding="gzip")
    stored = bucket.get("sent")
    assert stored is not None
    assert stored.body == bomb


def test_what_is_ours_may_be_written_again_and_what_is_not_is_an_error(bucket: Bucket) -> None:
    bucket.put_ours("ours", b"same", "text/plain")
    bucket.put_ours("ours", b"same", "text/plain")
    with pytest.raises(NotOurs, match="ours"):
        bucket.put_ours("ours", b"other", "text/plain")


def test_only_who_read_the_present_state_replaces_it(bucket: Bucket) -> None:
    assert bucket.replace("state", b"1", None)
    read = bucket.get("state")
    assert bucket.replace("state", b"2", read)
    assert not bucket.replace("state", b"lost", read), "somebody else was first"
    assert not bucket.replace("state", b"lost", None), "it is there by now"
    now = bucket.get("state")
    assert now is not None
    assert now.body == b"2"


def test_under_contention_nobody_knows_what_stands_there(world: World) -> None:
    """S3's 409 (moto never gives it): another write of this key is under way and may yet fail, so it is no "there already"."""
    s3 = boto3.client("s3")
    bucket = Bucket(s3, world.names["registers"])
    with Stubber(s3) as stubber:
        for _ in range(2):
            stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
        with pytest.raises(ClientError, match="ConditionalRequestConflict"):
            bucket.put_once("contended", b"lost if this were taken for written")
        assert not bucket.replace("contended", b"read again, and try again", None)


def test_what_was_deleted_since_it_was_read_is_read_again(bucket: Bucket, world: World) -> None:
    bucket.replace("gone", b"1", None)
    read = bucket.get("gone")
    world.s3.delete_object(Bucket=bucket.name, Key="gone")
    assert bucket.get("gone") is None
    assert not bucket.replace("gone", b"2", read)
    assert bucket.replace("gone", b"2", bucket.get("gone"))


def test_a_version_named_is_read_whatever_came_later(bucket: Bucket, world: World) -> None:
    version = world.s3.put_object(Bucket=bucket.name, Key="versions", Body=b"old")["VersionId"]
    world.s3.put_object(Bucket=bucket.name, Key="versions", Body=b"new")
    old, new = bucket.get("versions", version), bucket.get("versions")
    assert old is not None
    assert new is not None
    assert (old.body, new.body) == (b"old", b"new")
    assert bucket.get("versions", "no-such-version") is None


def test_keys_are_those_below_a_prefix_in_order(bucket: Bucket) -> None:
    for key in ("list/b", "list/a/1", "other"):
        bucket.put_once(key, b"")
    assert list(bucket.keys("list/")) == ["list/a/1", "list/b"]
    assert list(bucket.keys("nothing/")) == []


def test_any_other_answer_of_s3_is_a_failure(world: World) -> None:
    stranger = Bucket(world.s3, "no-such-bucket")
    for call in (
        lambda: stranger.get("x"),
        lambda: stranger.put_once("x", b""),
        lambda: stranger.replace("x", b"", None),
    ):
        with pytest.raises(world.s3.exceptions.ClientError, match="NoSuchBucket"):
            call()


def test_a_document_is_out_when_its_record_lies_beside_it(world: World) -> None:
    documents = Documents(world.s3, world.names["authority-886"].removesuffix("886"))
    bucket = Bucket(world.s3, world.names["authority-886"])
    bucket.put_once("notices/8869F3HP428T.pdf", b"pdf", "application/pdf")
    assert not documents.written("886", "notices/8869F3HP428T")
    documents.write("886", "notices/8869F3HP428T", b"pdf", {})
    assert documents.written("886", "notices/8869F3HP428T")
    documents.write("886", "notices/8869F3HP428T", b"pdf", {})
    with pytest.raises(NotOurs):
        documents.write("886", "notices/8869F3HP428T", b"another pdf", {})
