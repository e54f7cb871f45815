"""What npm gives is there for whoever has only Python, pinned, and the same for documents here and on Lambda."""

import io
import json
import subprocess
from contextlib import redirect_stderr

import pytest

import local.node
from local.node import FONT_SOURCES, MODULES, ROOT, ensure_assets, node


def test_the_fonts_of_the_documents_are_true_type_and_carry_their_licence():
    fonts = ensure_assets()
    assert {path.name for path in fonts.iterdir()} == set(FONT_SOURCES)
    for path in fonts.glob("*.ttf"):
        assert path.read_bytes()[:4] == b"\0\1\0\0", path.name
    assert "SIL OPEN FONT LICENSE" in (fonts / "LICENSE.txt").read_text(encoding="utf-8").upper()


def test_a_second_call_installs_nothing(monkeypatch):
    ensure_assets()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: (_ for _ in ()).throw(AssertionError("started again")))
    ensure_assets()


def test_who_keeps_what_is_said_aside_installs_all_the_same(monkeypatch, tmp_path):
    """Standard error need be no file: a test may be the first to ask, in a clean checkout, with it redirected."""
    monkeypatch.setattr(local.node, "MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(local.node, "FONTS", tmp_path / "fonts")
    with redirect_stderr(io.StringIO()) as said:
        assert {path.name for path in ensure_assets().iterdir()} == set(FONT_SOURCES)
    assert "Installing fonts and page assets" in said.getvalue()


def test_a_failure_of_npm_is_told_in_its_own_words(monkeypatch, tmp_path):
    (tmp_path / "package.json").write_text("{", encoding="utf-8")
    (tmp_path / "package-lock.json").write_text("{", encoding="utf-8")
    monkeypatch.setattr(local.node, "ROOT", tmp_path)
    monkeypatch.setattr(local.node, "MODULES", tmp_path / "node_modules")
    with pytest.raises(RuntimeError, match=r"npm could not install the fonts and page assets: npm error code"):
        ensure_assets()


def test_the_deployment_tool_comes_with_them():
    ensure_assets()
    assert (MODULES / ".bin" / "cdk").exists()


def test_node_is_the_one_of_this_environment_and_new_enough_for_cdk():
    version = subprocess.run([str(node()), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    assert int(version.removeprefix("v").split(".")[0]) >= 22


def test_every_npm_package_is_pinned_and_comes_from_whatever_registry_npm_is_set_to():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    for path, package in locked.items():
        assert not path or package["integrity"].startswith("sha512-")
        assert "resolved" not in package
