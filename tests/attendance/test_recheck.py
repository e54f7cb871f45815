"""At the end all parts of a school are looked at once more: the counts are those of the end, in whatever order parts came."""

from datetime import date

from extracts import CALENDAR, PUPILS, check

from attendance.context import Known, recheck
from attendance.table import Table

HEADER = "upn,date,session,code,recorded_at,amendment_reason\n"
AS_AT = date(2025, 11, 3)


def _parts(*rows: str) -> tuple[list[bytes], list[str]]:
    """The part and the upload of each extract of one row."""
    checked = [check((HEADER + row + "\n").encode()) for row in rows]
    return [next(iter(each.parts.values())) for each in checked], [each.upload for each in checked]


def test_a_later_extract_settles_what_an_earlier_one_left_open() -> None:
    parts, (first, second) = _parts(
        "B801200005001,2025-10-13,AM,N,2025-10-13T09:00:00,", "B801200005001,2025-10-13,AM,O,2025-11-03T09:00:00,"
    )
    known = Known(pupils=PUPILS, calendar=CALENDAR)
    assert recheck(parts[:1], known, AS_AT, "100001") == {first: {"N_OVERDUE": 1}}
    assert recheck(parts, known, AS_AT, "100001") == {second: {"AMENDED_WITHOUT_REASON": 1}}
    assert recheck(parts[::-1] + parts, known, AS_AT, "100001").keys() == {second}


def test_closures_are_seen_across_extracts() -> None:
    parts, (closed, _) = _parts("B801200005001,2025-10-13,AM,#,,", "Q801200005002,2025-10-13,AM,/,,")
    assert recheck(parts, Known(calendar=Table.of(())), AS_AT, "100001") == {closed: {"CLOSURE_MIXED": 1}}


def test_what_was_never_sent_is_not_asked() -> None:
    parts, (upload,) = _parts("B801200005001,2025-10-13,AM,X,,")
    assert recheck(parts, Known(), AS_AT, "100001") == {upload: {"CALENDAR_MISSING": 1}}
    assert recheck([], Known(), AS_AT, "100001") == {}
