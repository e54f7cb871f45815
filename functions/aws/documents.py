"""The documents of every authority: one bucket each, every object written once (design 4.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws.buckets import Bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Documents:
    """The authorities' buckets; their names follow one rule, `{prefix}{la}`."""

    s3: S3Client
    prefix: str

    def issue(self, la: str, reference: str, pdf: bytes, record: bytes) -> None:
        """Write the document, then its record; there already is normal if it is this very one, else NotOurs is raised."""
        bucket = Bucket(self.s3, f"{self.prefix}{la}")
        bucket.put_ours(f"notices/{reference}.pdf", pdf, "application/pdf")
        bucket.put_ours(f"notices/{reference}.json", record, "application/json")

    def issued(self, la: str, reference: str) -> bool:
        """Whether the document is out: its record, which is written last, lies in the bucket."""
        return Bucket(self.s3, f"{self.prefix}{la}").get(f"notices/{reference}.json") is not None

    def withdrawal(self, la: str, reference: str, record: bytes) -> None:
        """Write the record of a withdrawal, beside the document, which stays."""
        Bucket(self.s3, f"{self.prefix}{la}").put_ours(f"withdrawals/{reference}.json", record, "application/json")

    def list_file(self, la: str, folder: str, name: str, body: bytes) -> None:
        """Write a return of a school, or a daily list."""
        Bucket(self.s3, f"{self.prefix}{la}").put_ours(f"{folder}/{name}", body, "text/csv; charset=utf-8")
