"""Where the letters' fonts lie: beside the functions, as the package carries them."""

from __future__ import annotations

from pathlib import Path


def fonts(functions: Path) -> Path:
    """The folder of the fonts; RuntimeError that says what to run where it is missing (they come from npm, not from git)."""
    folder = functions / "fonts"
    if not folder.is_dir():
        raise RuntimeError(
            "the fonts of the letters are missing: run `uv run attendance synth` once, which installs them"
        )
    return folder
