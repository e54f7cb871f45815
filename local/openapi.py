"""`attendance openapi`: the description of the HTTP API, made from its routes."""

from __future__ import annotations

import argparse
import sys


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `openapi` to the command."""
    parser = commands.add_parser(
        "openapi",
        help="the description of the HTTP API, in OpenAPI 3.1",
        description="Print the description of the HTTP API in OpenAPI 3.1, made from its routes: the same that a deployment serves "
        "at /v1/openapi.json, and that docs/openapi.json keeps. docs/api.md is its short form.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    del args
    from api.app import app  # seconds to import, and needed only here
    from api.description import description

    sys.stdout.write(description(app))
    return 0
