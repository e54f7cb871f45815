"""What the checks of an extract may ask of all that a school sent before; apart, so that `validate` reads no settings."""

from collections.abc import Mapping

from attendance.context import Known
from aws.registers import SchoolRecord


def known_of(record: SchoolRecord) -> Known:
    """What the checks against earlier extracts may ask; None for a kind never sent."""
    roll = record.roll

    def rows(kind: str) -> list[Mapping[str, str | None]] | None:
        return roll.live(kind) if roll.sent(kind) else None

    return Known(
        pupils=rows("pupils"),
        calendar=rows("calendar"),
        registers=record.bodies,
    )
