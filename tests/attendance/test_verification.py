"""A notice against its record and the register: which schools were read, which entry a session rests on, what differs."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from attendance.register import Entry, parts_sha256
from attendance.verification import Line, Recorded, Refolded, Verdict, schools_read, verified

OWN, FORMER, LATER = ("886", "100001"), ("887", "100002"), ("886", "100003")
PARTS = {OWN: ["own-1", "own-2"], FORMER: ["former-1"], LATER: ["later-1"]}
MOMENT = datetime(2025, 10, 10, 17, tzinfo=UTC)
RECORD: dict[str, Any] = {
    "reference": "886K7Q2M9XDT", "kind": "penalty_notice", "la": "886", "urn": "100001", "upn": "B801200005001",
    "case": "ABC-886-1", "issued_on": "2025-10-10", "known_at": "2025-10-10T17:00:00Z", "ground": None,
    "sessions": [{"date": "2025-09-29", "session": "AM", "code": "O"}], "support": [{"what": "Caf\u00e9"}],
    "evidence_sha256": hashlib.sha256(b"evidence").hexdigest(), "register_sha256": parts_sha256(PARTS[OWN]),
    "pdf_sha256": hashlib.sha256(b"pdf").hexdigest(),
}  # fmt: skip
CARRIED = {name: RECORD[name] for name in RECORD.keys() - {"upn", "case", "pdf_sha256", "ground"}}


def entry(code: str | None, reason: str | None = None, in_force: bool = True) -> Entry:
    return Entry(date(2025, 9, 29), "AM", code, MOMENT, "Clerk", reason, MOMENT, "upload", in_force)


def verdict(*lines: Line, **changed: Any) -> Verdict:
    given = {"pdf": b"pdf", "carried": CARRIED, "refolded": Refolded(PARTS[OWN], "evidence", lines), "withdrawn": None}
    return verified(RECORD, **given | changed)


@pytest.mark.parametrize(
    ("schedule", "differs"), [(b"schedule", []), (b"another", ["schedule_sha256"]), (None, ["schedule_sha256"])]
)
def test_a_schedule_must_be_the_one_that_came_with_the_notice(schedule: bytes | None, differs: list[str]) -> None:
    record = RECORD | {"schedule_sha256": hashlib.sha256(b"schedule").hexdigest()}
    found = verified(record, b"pdf", CARRIED, None, None, schedule)
    assert [each.field for each in found.differences] == differs
    assert found.holds == (not differs)


@pytest.mark.parametrize("read", [(OWN,), (OWN, FORMER), (OWN, LATER), (OWN, FORMER, LATER)])
def test_only_the_schools_that_were_read_give_the_hash(read: Sequence[tuple[str, str]]) -> None:
    names = [name for school in read for name in PARTS[school]]
    record = Recorded.model_validate(RECORD | {"register_sha256": parts_sha256(names)})
    assert schools_read(PARTS, record) == read


def test_where_no_choice_of_schools_gives_the_hash_all_of_them_are_taken() -> None:
    record = Recorded.model_validate(RECORD | {"register_sha256": parts_sha256(["lost"])})
    assert schools_read(PARTS, record) == (OWN, FORMER, LATER)


@pytest.mark.parametrize(
    ("now", "change"),
    [
        ([entry("O")], None),
        ([entry("O", in_force=False), entry("I", "letter")], ("I", "letter", False)),
        ([entry("O", in_force=False), entry("O", "confirmed")], ("O", "confirmed", True)),
        ([entry("O", in_force=False), entry(None, "wrong pupil")], (None, "wrong pupil", False)),
        ([], (None, None, False)),
    ],
    ids=["the-same", "amended", "confirmed", "no-mark", "lost"],
)
def test_a_session_stands_or_who_changed_it_is_told(now: list[Entry], change: tuple[object, ...] | None) -> None:
    found = verdict(Line([entry("O")], now))
    assert [(each.code_now, each.reason, each.stands) for each in found.changes] == ([change] if change else [])
    assert found.holds == (change is None or change[-1])


def test_what_another_school_says_of_the_session_is_no_amendment_of_the_entry_relied_on() -> None:
    relied_on = Line([entry("O")], [entry("O")])
    assert verdict(Line([], [entry("D")]), relied_on).changes == ()
    assert verdict(Line([entry("D")], [entry("/")]), relied_on).changes == ()


def test_an_accent_spelled_otherwise_is_the_same_text_and_a_null_is_no_field() -> None:
    assert verdict(carried=CARRIED | {"support": [{"what": "Cafe\u0301"}]}).differences == ()


def test_parts_that_cannot_be_read_give_no_evidence_and_accuse_nobody_of_an_amendment() -> None:
    found = verdict(refolded=Refolded(PARTS[OWN], None, ()))
    assert [(each.of, each.found) for each in found.differences] == [("evidence", None)]
    assert (found.changes, found.holds) == ((), False)
