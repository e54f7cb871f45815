"""`attendance documents`: one made-up document of each kind, as PDF, to look at."""

import argparse
import sys
from pathlib import Path

from attendance.text import pretty_json
from local.madeup.documents import pages
from local.node import ensure_assets
from local.progress import Progress
from notices.typesetting import Page, compiler, inputs, render


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `documents` to the command."""
    parser = commands.add_parser(
        "documents",
        help="write one made-up document of each kind as PDF",
        description="One document of each kind that the system makes, as PDF/UA-1 and PDF/A-3a: the letters to a parent, "
        "the cover of a return, the papers for a court and for a meeting. Everything in them is made up: people, schools, "
        "authorities, addresses and telephone numbers. What each must say: docs/documents.md.",
        epilog="example: attendance documents documents-output",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder for the PDFs; made if it is not there")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    parser.set_defaults(run=write_documents)


def write_documents(args: argparse.Namespace) -> int:
    """Write OUT/{name}.pdf for each document, and say of each how long it is; exit code 2 where that cannot be done."""
    out: Path = args.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refused(f"{out} cannot be made a folder ({error.strerror}): name another place for the documents")
    try:
        fonts = ensure_assets()
    except (OSError, RuntimeError) as error:
        return _refused(f"the fonts are not there ({error}): connect to npm's registry once and try again")
    written = []
    with Progress("Documents", len(made := pages()), shown=True) as progress:
        for name, page in made.items():
            pdf = render(page, fonts)
            path = out / f"{name}.pdf"
            try:
                path.write_bytes(pdf)
            except OSError as error:
                return _refused(f"{path} cannot be written ({error.strerror}): close it, or name another folder")
            written.append({"name": name, "pages": page_count(page, fonts), "bytes": len(pdf), "file": str(path)})
            progress.advance()
    if args.format == "json":
        sys.stdout.write(pretty_json(written))
    else:
        width = max(map(len, made))
        for each in written:
            print(f"{each['name']:<{width}}  {each['pages']:>2} pages  {each['bytes']:>7,} bytes")
    return 0


def page_count(page: Page, fonts: Path) -> int:
    """How many pages of paper a document has: its pages drawn, as small as can be."""
    drawn = compiler(page.kind, fonts).compile(format="png", ppi=1, sys_inputs=inputs(page))
    return len(drawn) if isinstance(drawn, list) else 1


def _refused(why: str) -> int:
    print(f"attendance documents: {why}", file=sys.stderr)
    return 2
