"""How much memory this process took at most, and how much of it moto's stores hold, which keep all that they are given."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from typing import Self

from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import FakeKey, s3_backends

from local.template import ACCOUNT, REGION

_MB = 1_000_000
_UNIT = 1 if sys.platform == "darwin" else 1024
"""Of `ru_maxrss`, in bytes."""


@dataclass(frozen=True)
class Memory:
    """The peak of this process so far, and the contents of the stores now, in MB; how many objects and items these are."""

    peak_mb: float
    stores_mb: float
    objects: int
    items: int

    @classmethod
    def now(cls) -> Self:
        """As it is at this moment."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
        buckets = s3_backends[ACCOUNT]["aws"].buckets.values()
        objects = [
            version.size
            for bucket in buckets
            for _, versions in bucket.keys.lists()
            for version in versions
            if isinstance(version, FakeKey)
        ]
        tables = dynamodb_backends[ACCOUNT][REGION].tables.values()
        items = [item.size() for table in tables for item in table.all_items()]
        return cls(peak / _MB, (sum(objects) + sum(items)) / _MB, len(objects), len(items))
