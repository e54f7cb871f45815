"""`attendance documents`: one of each kind, told in two forms, and a clear answer where it cannot be written."""

import argparse
import io
import json
from pathlib import Path

import pypdf
import pytest

from local import documents
from local.madeup.documents import pages


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    documents.add_parser(parser.add_subparsers())
    args = parser.parse_args(["documents", *argv])
    code: int = args.run(args)
    return code


def test_one_of_each_kind_is_written_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "not" / "there yet"

    assert run(str(out), "--format", "json") == 0

    told = json.loads(capsys.readouterr().out)
    assert {Path(each["file"]).name for each in told} == {f"{name}.pdf" for name in pages()}
    for each in told:
        pdf = Path(each["file"]).read_bytes()
        assert (each["bytes"], each["pages"]) == (len(pdf), len(pypdf.PdfReader(io.BytesIO(pdf)).pages))


def test_a_person_reads_one_line_of_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path)) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(pages())
    assert all("pages" in line and "bytes" in line for line in printed)


def test_where_no_folder_can_be_the_answer_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").touch()
    assert run(str(tmp_path / "taken")) == 2
    assert "Give a folder of your own" in capsys.readouterr().err


def test_the_help_says_that_everybody_is_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    assert "made up" in " ".join(capsys.readouterr().out.split())
