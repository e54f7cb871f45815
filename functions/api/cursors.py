"""Cursors: where a list goes on, signed so that nobody else makes one, and good for the query they came from only."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from api.problems import Problem
from attendance.text import canonical_json

_SIGNED = 16  # bytes of the signature


def cursor(position: Mapping[str, str], query: object, secret: bytes) -> str:
    """The cursor of a position in the answer to a query."""
    body = canonical_json(dict(position)).encode()
    return urlsafe_b64encode(_signature(body, query, secret) + body).decode().rstrip("=")


def position(given: str | None, query: object, secret: bytes) -> Mapping[str, str] | None:
    """The position that a cursor names, None for no cursor; a Problem if it is none of this query's."""
    if given is None:
        return None
    try:
        whole = urlsafe_b64decode(given.encode("ascii") + b"=" * (-len(given) % 4))
    except (binascii.Error, ValueError):
        raise Problem("cursor-broken") from None
    signature, body = whole[:_SIGNED], whole[_SIGNED:]
    if not hmac.compare_digest(signature, _signature(body, query, secret)):
        raise Problem("cursor-broken")
    found: dict[str, str] = json.loads(body)
    return found


def _signature(body: bytes, query: object, secret: bytes) -> bytes:
    signed = canonical_json(["cursor", query, body.decode("utf-8", "replace")]).encode()
    return hmac.digest(secret, signed, hashlib.sha256)[:_SIGNED]
