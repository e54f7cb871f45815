"""`attendance documents`: one made-up document of each kind, to look at."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import pypdf

from attendance.text import pretty_json
from local.madeup.documents import pages
from local.node import ensure_assets
from local.progress import Progress
from notices.typesetting import render


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `documents` to the command."""
    parser = commands.add_parser(
        "documents",
        help="render one made-up document of each kind",
        description="Render one of each kind of document into OUT: notices, withdrawal, reminders, the school's early letter, "
        "covers of returns, certificate of attendance, case bundle, attendance contract, pack of a Targeting Support Meeting. "
        "Everybody in them is made up.",
        epilog="Exit code: 0 done, 2 OUT cannot be written. What each document must say: docs/documents.md.",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder that the PDFs are written to")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print what was written")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    out: Path = args.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        written = _write(out)
    except OSError as problem:
        print(f"{out} cannot be written: {problem.strerror}. Give a folder of your own.", file=sys.stderr)
        return 2
    if args.format == "json":
        print(pretty_json(written), end="")
    else:
        for each in written:
            print(f"{each['file']}: pages {each['pages']}, bytes {each['bytes']}")
    return 0


def _write(out: Path) -> list[dict[str, str | int]]:
    fonts, every, written = ensure_assets(), pages(), list[dict[str, str | int]]()
    with Progress("documents rendered", len(every), True) as bar:
        for name, page in every.items():
            pdf = render(page, fonts)
            path = out / f"{name}.pdf"
            path.write_bytes(pdf)
            count = len(pypdf.PdfReader(io.BytesIO(pdf)).pages)
            written.append({"file": str(path), "kind": page.kind, "pages": count, "bytes": len(pdf)})
            bar.advance()
    return written
