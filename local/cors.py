"""What a browser is told about another page's request: by API Gateway as its template declares, by S3 as its bucket does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks if a page may ask."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def of_api(given: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that the gateway adds for a page that `CorsConfiguration` names; none for any other."""
    origin = headers.get("origin", "")
    if origin not in given["AllowOrigins"]:
        return {}
    allowed = {"access-control-allow-origin": origin}
    if "access-control-request-method" in headers:
        return {
            **allowed,
            "access-control-allow-methods": ",".join(given["AllowMethods"]),
            "access-control-allow-headers": ",".join(given["AllowHeaders"]),
            "access-control-max-age": str(given["MaxAge"]),
        }
    return {**allowed, "access-control-expose-headers": ",".join(given["ExposeHeaders"])}


def of_bucket(s3: S3Client, bucket: str, method: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that S3 adds by the first rule of the bucket which fits origin, method and headers; none without one."""
    origin = headers.get("origin")
    if origin is None:
        return {}
    asks = headers.get("access-control-request-method", method)
    wanted = [each.strip().lower() for each in headers.get("access-control-request-headers", "").split(",") if each]
    for rule in _rules(s3, bucket):
        fits = any(fnmatchcase(origin, each) for each in rule["AllowedOrigins"]) and asks in rule["AllowedMethods"]
        allowed = [each.lower() for each in rule.get("AllowedHeaders", [])]
        if not fits or not all(any(fnmatchcase(name, each) for each in allowed) for name in wanted):
            continue
        given = {
            "access-control-allow-origin": "*" if rule["AllowedOrigins"] == ["*"] else origin,
            "access-control-allow-methods": ", ".join(rule["AllowedMethods"]),
            "access-control-allow-headers": ", ".join(wanted),
            "access-control-expose-headers": ", ".join(rule.get("ExposeHeaders", [])),
            "access-control-max-age": str(rule["MaxAgeSeconds"]) if "MaxAgeSeconds" in rule else "",
            "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        }
        return {name: value for name, value in given.items() if value}
    return {}


def _rules(s3: S3Client, bucket: str) -> Sequence[Mapping[str, Any]]:
    try:
        return s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchCORSConfiguration", "NoSuchBucket"}:
            return []
        raise
