"""The documents of every authority: one bucket each, every object written once (design 4.5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from attendance.text import pretty_json
from aws.buckets import Bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Documents:
    """The authorities' buckets; their names follow one rule, `{prefix}{la}`.

    `retain_until` is the last day up to which an object is locked, by the settings under which it was made; None: as the
    bucket has it.
    """

    s3: S3Client
    prefix: str

    def write(self, la: str, key: str, pdf: bytes, record: Mapping[str, Any], retain_until: date | None = None) -> None:
        """Write a document as `{key}.pdf`, then its record with the document's SHA-256 as `{key}.json`.

        There already is normal if it is this very one, else NotOurs is raised.
        """
        whole = {**record, "pdf_sha256": hashlib.sha256(pdf).hexdigest()}
        bucket = self._of(la)
        bucket.put_ours(f"{key}.pdf", pdf, "application/pdf", retain_until)
        bucket.put_ours(f"{key}.json", pretty_json(whole).encode(), "application/json", retain_until)

    def enclose(self, la: str, key: str, pdf: bytes, retain_until: date | None = None) -> None:
        """Write what goes into the envelope with a document, before the document itself."""
        self._of(la).put_ours(f"{key}.pdf", pdf, "application/pdf", retain_until)

    def written(self, la: str, key: str) -> bool:
        """Whether a document is out: its record, which is written last, lies in the bucket."""
        return self._of(la).get(f"{key}.json") is not None

    def read(self, la: str, key: str) -> dict[str, Any] | None:
        """The record of a document, or None if it is not out."""
        found = self._of(la).get(f"{key}.json")
        return dict(json.loads(found.body)) if found else None

    def record(self, la: str, key: str, record: Mapping[str, Any], retain_until: date | None = None) -> None:
        """Write a record that has no document of ours."""
        body = pretty_json(dict(record)).encode()
        self._of(la).put_ours(f"{key}.json", body, "application/json", retain_until)

    def letter(self, la: str, key: str, pdf: bytes) -> None:
        """Write a letter or cover that follows the state of its day; the first one written stands."""
        self._of(la).put_once(f"{key}.pdf", pdf, "application/pdf")

    def list_file(self, la: str, folder: str, name: str, body: bytes) -> None:
        """Write a return of a school, or a daily list."""
        self._of(la).put_ours(f"{folder}/{name}", body, "text/csv; charset=utf-8")

    def _of(self, la: str) -> Bucket:
        return Bucket(self.s3, f"{self.prefix}{la}")
