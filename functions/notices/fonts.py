"""Where the letters' fonts lie: beside the function in its package, else where npm installed them."""

from __future__ import annotations

from pathlib import Path


def fonts(beside: Path) -> Path:
    """The folder of the fonts; the packaged function carries `fonts/`, a checkout has `node_modules/@expo-google-fonts/`.

    Raises RuntimeError that says what to run where neither is there.
    """
    for folder in (beside / "fonts", beside.parent / "node_modules" / "@expo-google-fonts"):
        if folder.is_dir():
            return folder
    raise RuntimeError("the fonts of the letters are missing: run `uv run attendance synth` once, which installs them")
