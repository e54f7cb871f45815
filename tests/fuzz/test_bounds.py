"""However large or nested a file is, the answer comes in bounded time and memory: measured in a process of its own."""

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.fuzz
HEADER = b"upn,date,session,code\n"
ROW = b"B801200005001,2025-10-13,AM,/\n"
MEMORY_MB, SECONDS = 1500, 110
"""Less than the function has (2048 MB, 120 s): the process of the command holds a little more than the function does."""
MB = 1 << 20

type Write = Callable[[Path], None]


def written(*pieces: tuple[bytes, int]) -> Write:
    """A file of pieces, each so many times."""

    def write(path: Path) -> None:
        with path.open("wb") as out:
            for piece, times in pieces:
                for block in _blocks(piece, times):
                    out.write(block)

    return write


def gzipped(*pieces: tuple[bytes, int]) -> Write:
    def write(path: Path) -> None:
        with gzip.open(path, "wb", compresslevel=1) as out:
            for piece, times in pieces:
                for block in _blocks(piece, times):
                    out.write(block)

    return write


def archived(members: int, piece: bytes, times: int) -> Write:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            for n in range(members):
                with out.open(f"{n}.csv", "w", force_zip64=True) as member:
                    for block in _blocks(piece, times):
                        member.write(block)

    return write


def _blocks(piece: bytes, times: int) -> Iterator[bytes]:
    at_once = max(1, MB // len(piece))
    while times > 0:
        yield piece * min(at_once, times)
        times -= at_once


@pytest.mark.parametrize(
    ("write", "finding"),
    [
        pytest.param(gzipped((b"\0", 2_000 * MB)), "FILE_TOO_LARGE", id="gzip bomb: 2 GB of nothing"),
        pytest.param(archived(1, b"0", 2_000 * MB), "ARCHIVE_UNSAFE", id="ZIP bomb: one member of 2 GB"),
        pytest.param(archived(1_001, b"0", 10), "ARCHIVE_UNSAFE", id="ZIP of 1,001 members"),
        pytest.param(gzipped((HEADER, 1), (ROW, 10_000_000)), "FILE_TOO_LARGE", id="10 million rows, packed"),
        pytest.param(written((HEADER, 1), (ROW, 10_000_000)), "FILE_TOO_LARGE", id="10 million rows"),
        pytest.param(written((HEADER, 1), (b"x", 100 * MB)), "FILE_UNREADABLE|FILE_TRUNCATED", id="one line of 100 MB"),
        pytest.param(written((HEADER + b'"', 1), (b"x\n", 50 * MB)), "FILE_UNREADABLE|FILE_TRUNCATED", id="a value of 100 MB"),
        pytest.param(written((b"c,", 50 * MB)), "FILE_UNREADABLE|FILE_KIND_UNKNOWN", id="50 million columns"),
        pytest.param(written((b'{"a":', 20 * MB)), "FILE_UNREADABLE|FILE_TRUNCATED|ROW_MALFORMED", id="JSON 20 million deep"),
        pytest.param(written((b'{"upn":' + b"[" * 400_000 + b"]" * 400_000 + b"}\n", 50)), ".", id="JSON lines 400,000 deep"),
        pytest.param(written((HEADER, 1), (b"@\n", 5_000_000)), "ROW_MALFORMED", id="5 million malformed rows"),
        pytest.param(written((HEADER, 1), (b"@\n", 120 * MB)), "FILE_TOO_LARGE", id="120 million malformed rows"),
        pytest.param(written((HEADER, 1), (b"\n", 250 * MB)), "FILE_TOO_LARGE", id="250 million blank rows"),
        pytest.param(written((HEADER, 1), (ROW.replace(b"/", b"@"), 2_000_000)), "CODE_UNKNOWN", id="2 million wrong rows"),
    ],
)  # fmt: skip
def test_an_answer_comes_in_bounded_time_and_memory(write: Write, finding: str, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    write(path)
    answer, usage = _checked(path)
    assert answer.returncode in {1, 2}, answer.stderr[-2000:]
    assert "Traceback" not in answer.stderr
    codes = {code for file in json.loads(answer.stdout)["files"] for code in file["counts"]}
    assert finding == "." or codes & set(finding.split("|")), codes
    assert usage < MEMORY_MB


def _checked(path: Path) -> tuple[subprocess.CompletedProcess[str], float]:
    """The answer of the command, and the most memory that it held, in MB."""
    out, err = path.with_suffix(".out"), path.with_suffix(".err")
    command = [
        "/usr/bin/timeout",
        str(SECONDS),
        sys.executable,
        "-m",
        "local.command",
        "check",
        str(path),
        "--format",
        "json",
    ]
    with out.open("w") as said, err.open("w") as told:
        process = subprocess.Popen(command, stdout=said, stderr=told)  # noqa: S603  our own command
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    done = subprocess.CompletedProcess(command, process.returncode, out.read_text(), err.read_text())
    return done, usage.ru_maxrss / 1024
