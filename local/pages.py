"""`attendance pages`: the pages for people as files for a deployment; and, on this machine, what serves them beside the API."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from local.door import ByDoor, server
from local.node import MODULES, ensure_assets
from local.tokens import PAGES
from web.build import Place, build, headers, policy

OUTPUT: Final = "/output/"
"""Where a folder of output stands beside the pages."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `pages` to the command."""
    parser = commands.add_parser(
        "pages",
        help="build the pages for officers and schools, as files for a deployment",
        description="Write the pages for people into OUT: plain HTML, a style sheet, scripts and config.json, which says where the"
        " API is and who signs people in. Any server of files can serve them; `attendance synth --pages` describes one.",
        epilog="Then: aws s3 sync OUT s3://PREFIX-pages --delete (docs/operations.md). Exit code: 0 done, 2 OUT is there already.",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    parser.add_argument(
        "--api", required=True, metavar="URL", help="the API's address, with /v1: output api-url of Core"
    )
    parser.add_argument("--issuer", required=True, metavar="URL", help="who gives tokens: output api-issuer of Core")
    parser.add_argument(
        "--client", required=True, metavar="ID", help="the pages' name with the issuer: output pages-client"
    )
    parser.add_argument(
        "--scope-prefix",
        default="",
        metavar="TEXT",
        help="what the issuer writes before each scope: attendance/ for the user pool of Core (default: nothing)",
    )
    parser.add_argument(
        "--sign-out",
        default="",
        metavar="URL",
        help="where the issuer ends its own session: output pages-sign-out of Core",
    )
    parser.set_defaults(run=pages)


def pages(args: argparse.Namespace) -> int:
    """Build the pages for the deployment that the arguments name."""
    if args.out.exists() and any(args.out.iterdir()):
        print(f"attendance pages: {args.out} is not empty; move it away first", file=sys.stderr)
        return 2
    ensure_assets()
    build(args.out, Place(args.api, args.issuer, args.client, args.scope_prefix, args.sign_out), MODULES)
    print(args.out)
    return 0


def local_pages(folder: Path, url: str) -> Path:
    """Build into a folder the pages of the world on this machine."""
    ensure_assets()
    return build(folder, Place(f"{url}/v1", url, PAGES), MODULES)


class Served(ByDoor, SimpleHTTPRequestHandler):
    """Serves the API, the pages with the headers that a deployment gives them, and below /output/ a folder of output.

    Says of each file how it is written, and of each request nothing.
    """

    pages: Path
    """The built pages."""
    output: Path | None = None
    also: Mapping[str, str]
    extensions_map = {  # noqa: RUF012 - as http.server declares it
        **SimpleHTTPRequestHandler.extensions_map,
        ".csv": "text/plain; charset=utf-8",  # shown, where text/csv would be downloaded
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".yaml": "text/plain; charset=utf-8",
    }

    def do_GET(self) -> None:
        """The API's answer, or a file."""
        self._answer(SimpleHTTPRequestHandler.do_GET)

    def do_HEAD(self) -> None:
        """The same without the body."""
        self._answer(SimpleHTTPRequestHandler.do_HEAD)

    def _answer(self, with_a_file: Callable[[SimpleHTTPRequestHandler], None]) -> None:
        self.also = {}
        if self.by_door():
            return
        if not self._of_output():
            self.also = {**_local_headers(), "cache-control": "no-cache"}
        with_a_file(self)

    def _of_output(self) -> bool:
        return self.output is not None and urlsplit(self.path).path.startswith(OUTPUT)

    def translate_path(self, path: str) -> str:
        """The file of a path; what lies outside its folder is not found."""
        inside = self.output if self._of_output() else self.pages
        self.directory = str(inside)
        return super().translate_path(path[len(OUTPUT) - 1 :] if self._of_output() else path)

    def list_directory(self, path: str) -> None:  # type: ignore[override]  # noqa: ARG002 - named so by http.server
        """Nothing: what is no page is not found."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A page that says so, where there is none."""
        if code != HTTPStatus.NOT_FOUND or self._of_output():
            super().send_error(code, message, explain)
            return
        body = (self.pages / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("content-type", self.extensions_map[".html"])
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """The headers of the pages with every file of theirs."""
        for name, value in getattr(self, "also", {}).items():
            self.send_header(name, value)
        super().end_headers()


_HEADERS: dict[str, str] = {}


def _local_headers() -> Mapping[str, str]:
    """The headers of a deployment whose API is on the same host."""
    if not _HEADERS:
        _HEADERS.update(headers(policy()))
    return _HEADERS


def serving(port: int) -> tuple[ThreadingHTTPServer, type[Served]]:
    """A server on this machine only, and what it answers with: its `door`, `pages` and `output` are set before it serves."""
    handler = type("ServedHere", (Served,), {})
    return server(port, handler), handler
