"""`attendance pages`: the files for a deployment, the same each time; nothing that is GOV.UK's alone or from elsewhere."""

import json
import re
from pathlib import Path

import pytest

from local.command import main
from web.build import PAGES, inline_scripts, policy

ASKED = [
    "--api", "https://api.example/v1", "--issuer", "https://login.example/pool", "--client", "pages-1",
    "--scope-prefix", "attendance/", "--sign-out", "https://login.example/logout",
]  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pages") / "out"
    assert main(["pages", str(out), *ASKED]) == 0
    return out


def test_the_same_deployment_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    assert main(["pages", str(tmp_path / "again"), *ASKED]) == 0
    assert files(tmp_path / "again") == files(built)


def test_what_is_there_already_is_not_written_over(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(built)
    assert main(["pages", str(built), *ASKED]) == 2
    assert "not empty" in capsys.readouterr().err
    assert files(built) == before


def test_the_scripts_are_told_where_they_stand(built: Path) -> None:
    said = json.loads((built / "config.json").read_bytes())
    assert (said["api"], said["issuer"], said["client"]) == (
        "https://api.example/v1",
        "https://login.example/pool",
        "pages-1",
    )
    assert set(said["scope"].split()) >= {
        "attendance/cases:read",
        "attendance/cases:decide",
        "attendance/documents:read",
    }
    assert said["sign_out"] == "https://login.example/logout"


def test_nothing_is_govuks_alone(built: Path) -> None:
    css = (built / "styles.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(|font-face|font-family:[^;}]*GDS Transport", css)
    for path in built.glob("*.html"):
        assert not re.search(r"crest|crown|Open Government|OGL|/assets/", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_takes_nothing_from_elsewhere_and_every_file_it_names_is_there(built: Path, name: str) -> None:
    text = (built / f"{name}.html").read_text(encoding="utf-8")
    assert "://" not in text
    for target in re.findall(r'(?:src|href)="(/[^"#?]+)"', text):
        assert (built / target.lstrip("/")).is_file(), target
    assert not re.search(r"\son\w+=|\sstyle=", text)


def test_every_file_that_a_script_imports_is_there(built: Path) -> None:
    for script in (built / "scripts").glob("*.js"):
        for target in re.findall(r"from '([^']+)'", script.read_text(encoding="utf-8")):
            at = built / target.lstrip("/") if target.startswith("/") else script.parent / target
            assert at.is_file(), (script.name, target)


def test_no_script_writes_markup_or_keeps_anything_for_longer_than_the_tab(built: Path) -> None:
    for script in (built / "scripts").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage|indexedDB|document\.cookie|eval\(",
            text,
        )


def test_one_inline_script_and_by_its_hash() -> None:
    (only,) = inline_scripts()
    assert f"script-src 'self' '{only}';" in policy()
    assert "unsafe" not in policy()
