"""The kinds of extract, and what makes two rows of a kind speak of the same thing (design 4.2, 5.1)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

type Kind = Literal["attendance", "pupils", "parents", "support", "absences_expected", "calendar"]
"""What an extract is about; its header says which."""

KEYS: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        "attendance": ("upn", "date", "session"),
        "pupils": ("upn",),
        "parents": ("upn", "parent_id"),
        "support": ("upn", "date", "kind", "parent_id"),
        "absences_expected": ("upn", "from"),
        "calendar": ("date", "session"),
    }
)
"""What makes two rows of a kind speak of the same thing."""
