"""Lambda packages without Docker: the wheels that uv.lock fixes and our sources, compiled, and nothing else."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = ROOT / "functions"
PYTHON = "3.13"
# manylinux2014 would quietly resolve to releases years old; 2_28 runs on Lambda's Amazon Linux 2023 (glibc 2.34).
LAMBDA = "aarch64-manylinux_2_28"
HERE = "here"  # this machine: the same build, to be imported by a test
# What lies in each package, of functions/. The fonts come from npm (local/node.py) and are not in git.
FONTS = "fonts"
CONTENTS: Mapping[str, tuple[str, ...]] = {
    "validate": ("attendance", "aws", "validate"),
    "thresholds": ("attendance", "aws", "thresholds"),
    "notices": ("attendance", "aws", "notices", FONTS),
    "api": ("attendance", "aws", "api"),
}
# What botocore knows of 400 services is 25 MB of JSON; a function reads the description of those it calls, of these operations.
SERVICES: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset({"BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems"}),
    "events": frozenset({"PutEvents"}),
    # HeadBucket: botocore asks it where a bucket is that answers from another region
    "s3": frozenset({"GetObject", "HeadBucket", "HeadObject", "ListObjectsV2", "PutObject"}),
    "secretsmanager": frozenset({"GetSecretValue"}),
    "sqs": frozenset({"SendMessage"}),
    "sts": frozenset({"AssumeRole"}),
}
# What the libraries of every package are told by their environment, so that a cold start is spared what nothing here uses.
ENVIRONMENT: Mapping[str, str] = {
    "OPENBLAS_NUM_THREADS": "1",  # NumPy's own starts a thread for each processor, and they spin
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # or the metadata of every library is read to look for some
}
UNUSED = (
    "bin",
    "share",
    "**/tests",
    "boto3/examples",
    "numpy/f2py",
    "numpy/_core/include",
    "numpy/_core/lib",
    "**/*.pyi",
)
EMPTIED = ("numpy/_core/_add_newdocs.py", "numpy/_core/_add_newdocs_scalars.py")
"""Modules that only write documentation onto what is there, 3 ms of every cold start with NumPy."""


def build(function: str, platform: str = LAMBDA) -> Path:
    """The folder of a function's package for a platform (`LAMBDA` or `HERE`), made once per state of its sources."""
    made = ROOT / ".cache" / "packages" / f"{function}-{platform}-{source_hash(function, platform)[:16]}"
    if made.is_dir():
        return made
    if absent := [package for package in CONTENTS[function] if not (FUNCTIONS / package).is_dir()]:
        raise RuntimeError(f"functions/{absent[0]} is not there (the fonts: local.node.ensure_assets)")
    made.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(f"Building the package of {function} for {platform} ...\n")
    with tempfile.TemporaryDirectory(prefix=".building-", dir=made.parent) as scratch:
        folder = Path(scratch) / "package"
        _install_wheels(function, platform, folder)
        _remove_unused(folder)
        _shorten_descriptions(folder / "botocore" / "data")
        for source in _sources(function):
            target = folder / source.relative_to(FUNCTIONS)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        _compile(folder)
        try:
            folder.rename(made)
        except OSError:  # another process was first: its package is the same
            if not made.is_dir():
                raise
    for earlier in made.parent.glob(f"{function}-{platform}-*"):
        if earlier != made:
            shutil.rmtree(earlier, ignore_errors=True)
    return made


@cache
def source_hash(function: str, platform: str) -> str:
    """SHA-256 (hex) of all that a package is made from: the same in every checkout, whether or not it was built."""
    digest = hashlib.sha256(f"{function} {platform} {PYTHON}\n".encode())
    locks = ["infra/packages.py", "uv.lock"]
    if FONTS in CONTENTS[function]:
        locks.append("package-lock.json")  # stands for the fonts, which need not be installed yet
    own = [path for path in _sources(function) if FONTS not in path.parts]
    for path in (*(ROOT / name for name in locks), *own):
        name = path.relative_to(ROOT).as_posix()
        digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _sources(function: str) -> Iterator[Path]:
    """Our own files of a package, in order of name."""
    for package in CONTENTS[function]:
        for path in sorted((FUNCTIONS / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _install_wheels(function: str, platform: str, folder: Path) -> None:
    locked = _uv("export", "--frozen", "--only-group", function, "--no-emit-project", "--no-header", "--quiet")
    elsewhere = [] if platform == HERE else ["--python-platform", platform]
    _uv(
        *("pip", "install", "--quiet", "--target", str(folder), "--python-version", PYTHON, *elsewhere),
        *("--only-binary", ":all:", "--require-hashes", "--no-deps", "--link-mode", "copy", "-r", "-"),
        text=locked,
    )


def _uv(*arguments: str, text: str | None = None) -> str:
    uv = os.environ.get("UV") or shutil.which("uv")  # `uv run` tells its own path
    if uv is None:
        raise RuntimeError("building Lambda packages needs uv on PATH: https://docs.astral.sh/uv/")
    done = subprocess.run(  # noqa: S603 - uv with our own arguments
        [uv, *arguments], cwd=ROOT, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"uv {arguments[0]} failed:\n{done.stderr}")
    return done.stdout


def _remove_unused(folder: Path) -> None:
    unused = [path for pattern in UNUSED for path in folder.glob(pattern)]
    descriptions = folder / "botocore" / "data"
    unused += [path for path in descriptions.iterdir() if path.is_dir() and path.name not in SERVICES]
    for path in unused:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for name in EMPTIED:
        if "newdoc" not in (folder / name).read_text(encoding="utf-8"):
            raise RuntimeError(f"{name} is no longer what it was: see what it does before it is emptied")
        (folder / name).write_text("", encoding="utf-8")


def _shorten_descriptions(descriptions: Path) -> None:
    """What every cold start reads to make clients, without the endpoints of 400 services, operations that are not called and all
    that is written for people.
    """
    endpoints = json.loads((descriptions / "endpoints.json").read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in SERVICES}
    (descriptions / "endpoints.json").write_text(json.dumps(endpoints))
    for packed in descriptions.rglob("*.json.gz"):
        described = json.loads(gzip.decompress(packed.read_bytes()), object_hook=_without_documentation)
        if packed.name == "service-2.json.gz":
            described = _with_operations(described, SERVICES[packed.relative_to(descriptions).parts[0]])
        packed.with_suffix("").write_text(json.dumps(described))
        packed.unlink()


def _with_operations(service: dict[str, Any], called: frozenset[str]) -> dict[str, Any]:
    """The description with no other operations than those called, and the shapes that these are made of."""
    operations = {name: each for name, each in service["operations"].items() if name in called}
    shapes: dict[str, Any] = {}
    wanted = [*_shapes_named_in(operations)]
    while wanted:
        if (name := wanted.pop()) not in shapes:
            shapes[name] = service["shapes"][name]
            wanted += _shapes_named_in(shapes[name])
    return {**service, "operations": operations, "shapes": dict(sorted(shapes.items()))}


def _shapes_named_in(described: object) -> Iterator[str]:
    """The shapes that a part of a description refers to: `{"shape": name}`."""
    if isinstance(described, dict):
        if isinstance(name := described.get("shape"), str):
            yield name
        described = [*described.values()]
    if isinstance(described, list):
        for each in described:
            yield from _shapes_named_in(each)


def _without_documentation(described: dict[str, Any]) -> dict[str, Any]:
    """All but its words; a member of a shape may have that name too, and is no text."""
    return {key: each for key, each in described.items() if key != "documentation" or not isinstance(each, str)}


def _compile(folder: Path) -> None:
    """Compile ahead: a cold start halves. Unchecked, since a ZIP archive does not keep the times of files."""
    compiled = subprocess.run(  # noqa: S603 - our own interpreter
        [
            *(sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(folder), "-p", "/var/task", str(folder)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if compiled.returncode != 0:
        raise RuntimeError(f"compiling {folder} failed:\n{compiled.stdout}{compiled.stderr}")
