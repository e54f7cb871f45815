"""`attendance publish`: all is checked before any is put, and the functions read what was put."""

import json
from pathlib import Path

import pytest
import yaml

from attendance.settings import SettingsRefused
from aws.published import LONGEST
from aws.schools import Schools
from aws.settings import AuthoritySettings, SchoolWording, conduct_of, letters_of
from local.command import main
from local.synth import LOCAL_PREFIX
from tests.made_school import FIRST_DAY, directory, letters, links, settings
from tests.raised_system import raised


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, body in {
        "schools.csv": directory({"900001": "886", "900002": "886"}),
        "links.csv": links(("900001", "900002")),
        "886/settings.yaml": settings("886").encode(),
        "886/900001-letters.yaml": letters().encode(),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    return tmp_path


def test_what_is_published_is_what_the_functions_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with raised(given={}) as system:
        assert main(["publish", str(folder), "--prefix", LOCAL_PREFIX]) == 0
        told = capsys.readouterr().out
        published = system.doors.published
        assert AuthoritySettings(published).on("886", FIRST_DAY) is not None
        assert SchoolWording(published).on("900001", FIRST_DAY) is not None
        assert Schools(published).listed("900002").school is not None
        [conduct] = json.loads(published.texts(conduct_of("886"))[conduct_of("886")])
        assert conduct["holds_from"] == yaml.safe_load(settings("886"))["holds_from"].isoformat(), (
            "no YAML is published"
        )
    assert told == (
        "Published: a directory of 2 schools, the code of conduct of 886, the words of letters of 900001.\n"
    )


def test_what_another_put_there_is_refused_with_what_to_do() -> None:
    with raised(given={}) as system:
        published = system.doors.published
        published.put({conduct_of("886"): settings("886"), letters_of("900001"): letters()})
        with pytest.raises(SettingsRefused, match=r"authorities/886: file: .*attendance publish"):
            AuthoritySettings(published).on("886", FIRST_DAY)
        with pytest.raises(SettingsRefused, match=r"letters/900001: file: .*attendance publish"):
            SchoolWording(published).on("900001", FIRST_DAY)


def test_one_mistake_and_nothing_is_put(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "886" / "900001-letters.yaml").write_text("letters: {}")
    with raised(given={}) as system:
        before = system.items("published")
        assert main(["publish", str(folder), "--prefix", LOCAL_PREFIX]) == 2
        assert system.items("published") == before
    assert "900001-letters.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("prefix", [[], ["--prefix", LOCAL_PREFIX]], ids=["checked", "published"])
def test_what_no_item_holds_is_told_by_name_and_nothing_is_put(
    folder: Path, prefix: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "886" / "900001-letters.yaml").write_text(letters(support=f"[{LONGEST * 'x'}]"))
    with raised(given={}) as system:
        before = system.items("published")
        assert main(["publish", str(folder), *prefix]) == 2
        assert system.items("published") == before
    assert capsys.readouterr().err.startswith("letters/900001: ")


def test_two_files_for_one_authority_are_checked_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "settings").mkdir()
    (folder / "settings" / "group.yaml").write_text(settings("886"))
    assert main(["publish", str(folder)]) == 2
    assert "two settings of authority 886 hold from" in capsys.readouterr().err


def test_without_a_prefix_it_is_only_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("Holds, not published: ")


def test_a_deployment_or_a_folder_that_is_not_there_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with raised(given={}):
        assert main(["publish", str(folder), "--prefix", "nowhere"]) == 2
    assert "Check --prefix nowhere" in capsys.readouterr().err
    assert main(["publish", str(folder / "nothing")]) == 2
    (tmp_path / "empty").mkdir()
    assert main(["publish", str(tmp_path / "empty")]) == 2
    assert "nothing to publish" in capsys.readouterr().err
