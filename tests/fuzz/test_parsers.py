"""Whatever is sent, the answer is a finding or a refusal that says what to do: never a traceback.

Each parser gets files that began sound (`damage.py`) for `--seconds`, the same ones each time unless `--first-seed` says otherwise;
a failure prints the file.
"""

import json
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from extracts import check_all
from hypothesis import strategies as st

from attendance.checking import receipt_hints
from attendance.directory import DirectoryUnreadable, read_directory
from attendance.settings import SettingsRefused
from local.command import main
from local.given import read_conduct, read_letters
from local.inputs import BadInput, read_input
from tests.fuzz.damage import Fuzz, cells, damaged, files, zipped
from tests.made_school import Child, calendar, csv_of, directory, letters, links, marks, parents, pupils, upn
from tests.made_school import settings as settings_text

pytestmark = pytest.mark.fuzz
CHILD = Child(upn(1))
EXTRACTS = tuple(
    body.decode()
    for body in (
        csv_of(marks(CHILD, date(2025, 10, 13), date(2025, 10, 17))),
        csv_of(
            [
                {**row, "recorded_at": "2025-10-20T09:00", "recorded_by": "A", "amendment_reason": "telephoned"}
                for row in marks(CHILD, date(2025, 10, 13), date(2025, 10, 14))
            ]
        ),
        pupils(CHILD),
        parents(CHILD),
        calendar(date(2025, 10, 13), date(2025, 10, 17)),
        csv_of(
            [{"upn": CHILD.upn, "date": "2025-10-13", "kind": "meeting", "description": "x", "outcome": "declined"}]
        ),
        csv_of([{"upn": CHILD.upn, "from": "2025-10-13", "until": "2025-11-13", "evidence": "letter"}]),
    )
)
CODES = tuple(path.read_text() for path in Path("docs/codes-of-conduct").glob("*.yaml"))
DECISIONS = csv_of([
    {"la": "886", "urn": "900001", "upn": CHILD.upn, "parent_id": "P1", "on": "2025-10-17", "by": "o1",
     "action": "authorise_penalty_notice", "ground": "support_not_appropriate", "reason": "a holiday"},
]).decode()  # fmt: skip


def test_an_extract(fuzz: Fuzz) -> None:
    def answered(body: bytes) -> None:
        for checked in check_all(body):
            assert checked.refused or 0 <= checked.accepted <= checked.rows
            assert sum(checked.totals.values()) == sum(checked.counts.values()) >= len(checked.findings)
            json.dumps(checked.model_dump(mode="json"), allow_nan=False)
            for each in checked.findings:
                assert each.message
                assert each.row is None or each.row >= 1

    fuzz(files(EXTRACTS), answered)


def test_what_a_replay_looks_for_in_a_file_before_it_is_sent(fuzz: Fuzz) -> None:
    def looked(body: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "2025-10-17-marks.csv")
            path.write_bytes(body)
            receipt_hints(path)

    fuzz(files(EXTRACTS), looked)


def test_a_code_of_conduct(fuzz: Fuzz) -> None:
    def loaded(body: bytes) -> None:
        with suppress(SettingsRefused):
            read_conduct(body.decode("utf-8", "replace"), "settings.yaml")

    texts = (settings_text(), *CODES)
    fuzz(st.sampled_from(texts).flatmap(lambda text: damaged(text.encode())), loaded)


def test_a_schools_letters(fuzz: Fuzz) -> None:
    def loaded(body: bytes) -> None:
        with suppress(SettingsRefused):
            read_letters(body.decode("utf-8", "replace"), "letters.yaml")

    fuzz(damaged(letters().encode()), loaded)


def test_a_directory_of_schools(fuzz: Fuzz) -> None:
    listed, successions = directory({"900001": "886", "900002": "886"}), links(("900001", "900002"))

    def read(drawn: tuple[bytes, bytes]) -> None:
        with suppress(DirectoryUnreadable):
            read_directory(*drawn)

    table = cells(listed.decode()).map(lambda text: text.encode("utf-8", "replace"))
    fuzz(st.tuples(table | damaged(listed), damaged(successions)), read)


def test_a_folder_of_uploads_and_decisions(fuzz: Fuzz) -> None:
    def read(drawn: tuple[str, bytes, bytes]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            given_ = {
                "886/900001/2025-10-17-marks.csv": EXTRACTS[0].encode(),
                "decisions.csv": drawn[0].encode("utf-8", "replace"),
                "schools.csv": drawn[1],
                "886/settings.yaml": drawn[2],
            }
            for name, body in given_.items():
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, name).write_bytes(body)
            with suppress(BadInput, SettingsRefused, DirectoryUnreadable):
                read_input(Path(folder), as_at=None, schools=None)

    drawn = st.tuples(cells(DECISIONS), damaged(directory({"900001": "886"}), 1), damaged(settings_text().encode(), 1))
    fuzz(drawn, read)


def test_a_file_to_be_verified(fuzz: Fuzz, capsys: pytest.CaptureFixture[str]) -> None:
    reference = "886-25-000001-A"

    def verified(drawn: tuple[bytes, bytes]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"{reference}.pdf")
            path.write_bytes(drawn[0])
            path.with_suffix(".json").write_bytes(drawn[1])
            assert main(["verify", str(path)]) in {1, 2}
            assert capsys.readouterr()

    record = json.dumps({"reference": reference, "kind": "penalty_first", "sessions": [], "known_at": "2025-10-17"})
    fuzz(st.tuples(st.binary(max_size=400) | damaged(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<</Root 1 0 R>>"),
                   damaged(record.encode())), verified)  # fmt: skip


def test_an_archive_of_archives(fuzz: Fuzz) -> None:
    inner = zipped({"a.csv": EXTRACTS[0].encode()})

    def answered(body: bytes) -> None:
        for checked in check_all(body, "upload.zip"):
            assert checked.refused or checked.rows >= checked.accepted

    fuzz(damaged(zipped({"in.zip": inner, "a.csv": EXTRACTS[0].encode()}), 3) | damaged(inner, 6), answered)
