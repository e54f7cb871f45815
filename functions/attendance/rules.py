"""Which rules a report was made by: changes whenever the code table or the list of findings does."""

from __future__ import annotations

import hashlib
from typing import Final

from attendance.codes import table_csv
from attendance.findings import SEVERITY
from attendance.law import SCHEME_START
from attendance.text import canonical_json

_HASH = hashlib.sha256((table_csv() + canonical_json(dict(SEVERITY))).encode()).hexdigest()

RULES: Final = f"{SCHEME_START.isoformat()}-{_HASH[:12]}"
"""The day the code table's regulations began, and a hash of the table and of the findings."""
