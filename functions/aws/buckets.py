"""Objects in S3: read by version, written once, or replaced only if nobody else did meanwhile."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = frozenset({"NoSuchKey", "404", "NoSuchVersion"})
_STANDS = "PreconditionFailed"
_PACKED = "packed"
"""Said in the metadata of what we packed ourselves: what a school's program says of its own upload unpacks nothing here."""
_AS_PACKED: Mapping[str, object] = {"ContentEncoding": "gzip"}
_CONTENDED = "ConditionalRequestConflict"  # 409: another write of this key is under way, and may yet fail


class NotOurs(RuntimeError):
    """Another object stands under a key that only this very content should have."""


@dataclass(frozen=True)
class Stored:
    """An object as read: its bytes, the tag that names this state of it, when it was received, what was said of it."""

    body: bytes
    etag: str
    received_at: datetime
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Bucket:
    """One bucket."""

    s3: S3Client
    name: str

    def get(self, key: str, version: str | None = None) -> Stored | None:
        """The object (of that version), or None if there is none."""
        try:
            answer = (
                self.s3.get_object(Bucket=self.name, Key=key, VersionId=version)
                if version
                else self.s3.get_object(Bucket=self.name, Key=key)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        body, metadata = answer["Body"].read(), answer["Metadata"]
        plain = gzip.decompress(body) if _PACKED in metadata else body
        return Stored(plain, answer["ETag"], answer["LastModified"], metadata)

    def said(self, key: str) -> Mapping[str, str] | None:
        """What was said of an object when it was written, without reading it; None if there is none."""
        try:
            return self.s3.head_object(Bucket=self.name, Key=key)["Metadata"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise

    def put_once(
        self, key: str, body: bytes, content_type: str = "application/octet-stream", retain_until: date | None = None
    ) -> bool:
        """Write an object that never changes, locked up to a day (included) if one is given; False if one stands there already.

        While another write of it is under way nothing is known to stand there: S3's answer is raised, to be tried again.
        """
        digest = hashlib.sha256(body).hexdigest()
        lock: dict[str, object] = {}
        if retain_until:
            end = datetime.combine(retain_until + timedelta(days=1), time(), UTC)
            lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": end}
        return bool(self._put(key, body, content_type, {"sha256": digest}, {"IfNoneMatch": "*", **lock}, {_STANDS}))

    def put_once_packed(self, key: str, body: bytes, content_type: str, said: Mapping[str, str]) -> bool:
        """The same of text that is kept for years, packed; `get` gives it plain, and who follows a link is told its encoding.

        `said` of it is what `said` gives without reading it: names in lower case, values in ASCII.
        """
        packed, metadata = _packed(body, said)
        return bool(self._put(key, packed, content_type, metadata, {"IfNoneMatch": "*", **_AS_PACKED}, {_STANDS}))

    def put_ours(self, key: str, body: bytes, content_type: str, retain_until: date | None = None) -> None:
        """Write an object that never changes; already there is normal if it is this very one, else NotOurs is raised."""
        if not self.put_once(key, body, content_type, retain_until):
            standing = self.get(key)
            if standing is None or standing.body != body:
                raise NotOurs(f"{self.name}/{key} holds something else")

    def replace(
        self, key: str, body: bytes, read: Stored | str | None, content_type: str = "application/octet-stream"
    ) -> str | None:
        """Write the next state of an object if it is still as it was `read`, or still has that tag, and give the tag it has now.

        None if somebody else was first. What lay packed lies packed again, with what was said of it.
        """
        if read:  # it may also have been deleted since
            tag = read if isinstance(read, str) else read.etag
            lost, condition = {_STANDS, _CONTENDED, "NoSuchKey"}, {"IfMatch": tag}
            if isinstance(read, Stored) and _PACKED in read.metadata:
                packed, metadata = _packed(body, read.metadata)
                return self._put(key, packed, content_type, metadata, {**condition, **_AS_PACKED}, lost)
            return self._put(key, body, content_type, {}, condition, lost)
        return self._put(key, body, content_type, {}, {"IfNoneMatch": "*"}, {_STANDS, _CONTENDED})

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order."""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
            for item in page.get("Contents", ()):
                yield item["Key"]

    def page(self, prefix: str, *, after: str, limit: int) -> list[tuple[str, int, datetime]]:
        """Keys below a prefix after one of them, in order, with size and time of writing."""
        answer = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix, StartAfter=after, MaxKeys=limit)
        return [(item["Key"], item["Size"], item["LastModified"]) for item in answer.get("Contents", ())]

    def folders(self, prefix: str) -> Iterator[str]:
        """The folders just below a prefix, in order."""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, Delimiter="/"):
            for item in page.get("CommonPrefixes", ()):
                yield item["Prefix"].removeprefix(prefix).rstrip("/")

    def _put(
        self,
        key: str,
        body: bytes,
        content_type: str,
        metadata: Mapping[str, str],
        condition: Mapping[str, object],
        lost: Set[str],
    ) -> str | None:
        """Write under a condition and give the tag; None if the answer is one of those by which it was `lost`."""
        try:
            answer = self.s3.put_object(
                Bucket=self.name, Key=key, Body=body, ContentType=content_type, Metadata=metadata,
                **condition,  # type: ignore[arg-type]
            )  # fmt: skip
        except ClientError as error:
            if error.response["Error"]["Code"] in lost:
                return None
            raise
        return answer["ETag"]


def _packed(body: bytes, said: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """A body as it lies packed, and what is said of it beside what was given."""
    return gzip.compress(body, 6, mtime=0), {**said, "sha256": hashlib.sha256(body).hexdigest(), _PACKED: "gzip"}
