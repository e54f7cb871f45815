"""S3's door for signed links: signature, end and signed headers are checked as S3 does, which moto does not (style.md, traps)."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError
from moto.sts.models import sts_backends

from local.template import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class S3Answer:
    """What S3 would answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = S3Answer(
            status,
            {"content-type": "application/xml"},
            f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>".encode(),
        )


def host(bucket: str) -> str:
    """The host that links to objects of a bucket name."""
    return f"{bucket}.s3.{REGION}.amazonaws.com"


def answer(
    s3: S3Client, method: str, bucket: str, key: str, query: str, headers: Mapping[str, str], body: bytes
) -> S3Answer:
    """Do what a signed link allows, if it does: put an object, or get one. `key` is decoded, header names are lower case."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    try:
        _signed(method, key, given, {**headers, "host": host(bucket)})
        return _put(s3, bucket, key, headers, body) if method == "PUT" else _get(s3, bucket, key, given)
    except _Refused as refused:
        return refused.answer
    except ClientError as error:
        said, status = error.response["Error"], int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return _Refused(status, said["Code"], said.get("Message", "")).answer


def _signed(method: str, key: str, given: Mapping[str, str], headers: Mapping[str, str]) -> None:
    names = [f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")]
    if any(name not in given for name in names) or given["X-Amz-Algorithm"] != _ALGORITHM:
        raise _Refused(403, "AccessDenied", "Access Denied")
    access, _, scope = given["X-Amz-Credential"].partition("/")
    secret = _secret_of(access, given.get("X-Amz-Security-Token"))
    if secret is None:
        raise _Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    try:
        at = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        until = at + timedelta(seconds=int(given["X-Amz-Expires"]))
    except ValueError:
        raise _Refused(400, "AuthorizationQueryParametersError", "The date or the expiry cannot be read") from None
    if scope.split("/") != [f"{at:%Y%m%d}", REGION, "s3", "aws4_request"]:
        raise _Refused(400, "AuthorizationQueryParametersError", "The credential is of another day, region or service")
    if datetime.now(UTC) > until:
        raise _Refused(403, "AccessDenied", "Request has expired")
    signed = given["X-Amz-SignedHeaders"].split(";")
    if unsigned := sorted(name for name in headers if name.startswith("x-amz-") and name not in signed):
        raise _Refused(403, "AccessDenied", f"There were headers present which were not signed: {', '.join(unsigned)}")
    pairs = sorted((_quoted(n), _quoted(v)) for n, v in given.items() if n != "X-Amz-Signature")
    request = "\n".join(
        [
            method,
            "/" + quote(key, safe="/-_.~"),
            "&".join(f"{n}={v}" for n, v in pairs),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed),
            "",
            ";".join(signed),
            "UNSIGNED-PAYLOAD",
        ]
    )
    digest = hashlib.sha256(request.encode()).hexdigest()
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    text = "\n".join([_ALGORITHM, given["X-Amz-Date"], scope, digest])
    if not hmac.compare_digest(hmac.new(signing, text.encode(), "sha256").hexdigest(), given["X-Amz-Signature"]):
        message = "The request signature we calculated does not match the signature you provided."
        raise _Refused(403, "SignatureDoesNotMatch", message)


def _secret_of(access: str, token: str | None) -> str | None:
    """The secret of an access key that stands: a session's, or the functions' own."""
    for backends in sts_backends[ACCOUNT].values():
        for each in backends.assumed_roles:
            if (
                each.access_key_id == access
                and each.session_token == token
                and datetime.now(UTC) < _aware(each.expiration)
            ):
                return str(each.secret_access_key)
    return os.environ.get("AWS_SECRET_ACCESS_KEY") if access == os.environ.get("AWS_ACCESS_KEY_ID") else None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _put(s3: S3Client, bucket: str, key: str, headers: Mapping[str, str], body: bytes) -> S3Answer:
    if headers.get("content-length") != str(len(body)):
        raise _Refused(400, "IncompleteBody", "You did not provide the number of bytes specified by Content-Length.")
    checksum = headers.get("x-amz-checksum-sha256")
    if checksum and checksum != b64encode(hashlib.sha256(body).digest()).decode():
        raise _Refused(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
    said = {name.removeprefix("x-amz-meta-"): v for name, v in headers.items() if name.startswith("x-amz-meta-")}
    once: dict[str, Any] = {"IfNoneMatch": headers["if-none-match"]} if "if-none-match" in headers else {}
    put = s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=said, **once)
    return S3Answer(200, {"etag": put["ETag"], "x-amz-version-id": put["VersionId"]}, b"")


def _get(s3: S3Client, bucket: str, key: str, given: Mapping[str, str]) -> S3Answer:
    version: dict[str, Any] = {"VersionId": given["versionId"]} if "versionId" in given else {}
    got = s3.get_object(Bucket=bucket, Key=key, **version)
    headers = {"content-type": got["ContentType"], "etag": got["ETag"], "x-amz-version-id": got["VersionId"]}
    if encoding := got.get("ContentEncoding"):
        headers["content-encoding"] = encoding
    for name in ("content-disposition", "cache-control"):
        if f"response-{name}" in given:
            headers[name] = given[f"response-{name}"]
    return S3Answer(200, headers, got["Body"].read())
