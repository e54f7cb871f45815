"""Links by which somebody sends one file, or reads one object, within minutes: signed in the place of whom they are for.

The function may neither write uploads nor read documents. It assumes a role that may, for one school or one authority (tags of
the session), under the name of the subject: the trail says for whom an object was read.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

TO_SEND: Final = timedelta(minutes=15)
"""How long a file may begin to be sent: as long as the role allows."""
TO_READ: Final = timedelta(minutes=5)
_SESSION: Final = timedelta(minutes=60)  # no longer, for a role assumed by a role
_MARGIN: Final = timedelta(minutes=20)  # a link outlives no session
_NOT_THERE: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion", "403", "AccessDenied", "NoSuchBucket"})

SIGNED: Final = Config(
    signature_version="s3v4", s3={"addressing_style": "virtual"}, request_checksum_calculation="when_required"
)


@dataclass(frozen=True)
class Found:
    """An object as it is now: its key, its size and when it was written."""

    key: str
    bytes: int
    written_at: datetime


@dataclass(frozen=True)
class Link:
    """A link, the headers that must be sent with it, and when it ends."""

    url: str
    headers: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True)
class Readable:
    """A link to one version of an object, and what the object is."""

    url: str
    expires_at: datetime
    version: str
    bytes: int
    content_type: str


@dataclass(frozen=True)
class Links:
    """The roles that are assumed, and the buckets that they reach."""

    sts: STSClient
    officer_role: str
    upload_role: str
    uploads_bucket: str
    authority_prefix: str
    sessions: dict[tuple[str, ...], tuple[datetime, S3Client]] = field(default_factory=dict)

    def to_send(
        self, subject: str, la: str, urn: str, upload: str, *, size: int, sha256: str, said: Mapping[str, str], now: datetime
    ) -> Link:  # fmt: skip
        """A link for one new upload of exactly these bytes (`sha256` in hex); `said` is kept with it as metadata."""
        checksum = b64encode(bytes.fromhex(sha256)).decode()
        params = {
            "Bucket": self.uploads_bucket, "Key": f"{la}/{urn}/{upload}", "ContentLength": size, "ChecksumSHA256": checksum,
            "IfNoneMatch": "*", "Metadata": dict(said),
        }  # fmt: skip
        s3 = self._session(self.upload_role, subject, {"la": la, "urn": urn}, now)
        url = s3.generate_presigned_url("put_object", Params=params, ExpiresIn=int(TO_SEND.total_seconds()))
        headers = {
            "content-length": str(size), "if-none-match": "*", "x-amz-checksum-sha256": checksum,
            **{f"x-amz-meta-{name}": value for name, value in sorted(said.items())},
        }  # fmt: skip
        return Link(url, headers, now + TO_SEND)

    def documents(
        self, subject: str, la: str, prefix: str, now: datetime, *, after: str = "", limit: int = 1000
    ) -> list[Found]:
        """What lies in an authority's bucket below a prefix, in order of key, after one of them."""
        s3 = self._officer(subject, la, now)
        try:
            answer = s3.list_objects_v2(
                Bucket=f"{self.authority_prefix}{la}", Prefix=prefix, StartAfter=after, MaxKeys=limit
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_THERE:  # an authority without a bucket has no documents
                return []
            raise
        return [Found(item["Key"], item["Size"], item["LastModified"]) for item in answer.get("Contents", ())]

    def to_read(self, subject: str, la: str, key: str, now: datetime) -> Readable | None:
        """A link to a document of an authority in the version that stands; None if there is none."""
        return readable(self._officer(subject, la, now), f"{self.authority_prefix}{la}", key, now)

    def _officer(self, subject: str, la: str, now: datetime) -> S3Client:
        return self._session(self.officer_role, subject, {"la": la}, now)

    def _session(self, role: str, subject: str, tags: Mapping[str, str], now: datetime) -> S3Client:
        """S3 as seen by the role with these tags, in the subject's name; one session is used as long as a link needs."""
        of = (role, subject, *tags.values())
        if (kept := self.sessions.get(of)) and now < kept[0] - _MARGIN:
            return kept[1]
        for old in [name for name, (until, _) in self.sessions.items() if until - _MARGIN <= now]:
            del self.sessions[old]
        given: Sequence[Any] = [{"Key": name, "Value": value} for name, value in tags.items()]
        credentials = self.sts.assume_role(
            RoleArn=role, RoleSessionName=_session_name(subject), DurationSeconds=int(_SESSION.total_seconds()), Tags=given
        )["Credentials"]  # fmt: skip
        s3 = boto3.client(
            "s3", config=SIGNED, aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"], aws_session_token=credentials["SessionToken"],
        )  # fmt: skip
        self.sessions[of] = (now + _SESSION, s3)
        return s3


def readable(s3: S3Client, bucket: str, key: str, now: datetime) -> Readable | None:
    """A link to an object in the version that stands, by whoever `s3` is; None if there is none."""
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_THERE:
            return None
        raise
    name = quote(key.rsplit("/", 1)[-1])
    params: dict[str, Any] = {
        "Bucket": bucket, "Key": key, "VersionId": head["VersionId"],
        "ResponseContentDisposition": f"attachment; filename*=UTF-8''{name}", "ResponseCacheControl": "no-store",
    }  # fmt: skip
    url = s3.generate_presigned_url("get_object", Params=params, ExpiresIn=int(TO_READ.total_seconds()))
    return Readable(url, now + TO_READ, head["VersionId"], head["ContentLength"], head["ContentType"])


def _session_name(subject: str) -> str:
    return re.sub(r"[^\w+=,.@-]", "-", subject, flags=re.ASCII)[:64].ljust(2, "-")
