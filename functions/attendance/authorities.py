"""The 153 local authorities of England, by three-digit code (2025/26).

Source: Department for Education open statistics, Open Government Licence v3 (docs/data.md).
"""

import csv
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final


def _read(column: str) -> Mapping[str, str]:
    text = resources.files(__package__).joinpath("authorities.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["la_code"]: row[column] for row in csv.DictReader(text.splitlines())})


AUTHORITIES: Final[Mapping[str, str]] = _read("name")
"""Name of each authority by its code, in the order of codes."""

GSS_CODES: Final[Mapping[str, str]] = _read("gss_code")
"""The nine-character code of each authority's area, which open data calls `new_la_code`."""
