"""How text and times are written: one form of JSON for files, one for hashes, safe CSV cells, London's calendar."""

import json
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")

# What a spreadsheet takes for the start of a formula; the full-width forms are folded to these on opening.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NO_MARK: Final = "-"


_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def pretty_json(value: object) -> str:
    """The JSON of every file we write: keys sorted, two-space indent, final newline, letters as themselves."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n"


def canonical_json(value: object) -> str:
    """The JSON that hashes are taken of: one line, keys sorted, no spaces."""
    return _CANONICAL.encode(value)


def json_line(value: object) -> bytes:
    """The file of one JSON value on one line, as Athena reads it (infra/analytics.py)."""
    return f"{canonical_json(value)}\n".encode()


def csv_safe(value: str) -> str:
    r"""The value as a CSV cell that no spreadsheet runs as a formula.

    >>> csv_safe("=1+1"), csv_safe("-"), csv_safe("O'Brien")
    ("'=1+1", '-', "O'Brien")
    """
    return "'" + value if value.startswith(_FORMULA_STARTS) and value != _NO_MARK else value


def pounds(pence: int) -> str:
    """An amount as it is written: whole pounds without pence.

    >>> pounds(16000), pounds(7950)
    ('£160', '£79.50')
    """
    return f"£{pence // 100}" if pence % 100 == 0 else f"£{pence // 100}.{pence % 100:02d}"


def london(moment: datetime) -> datetime:
    """The moment as clocks in London show it; a time that does not say its offset is a fault of ours (ValueError)."""
    if moment.tzinfo is None:
        raise ValueError("a time without an offset has no place on London's clock")
    return moment.astimezone(LONDON)


def london_day(moment: datetime) -> date:
    """The date in London at that moment: 23:30 UTC on 30 June is already 1 July there."""
    return london(moment).date()
