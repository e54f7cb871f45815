"""The command `attendance`: what an LA, a school or a vendor can try on their own machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

# Each adds one subcommand; imported only for the one asked for, so that a small answer comes at once.
COMMANDS = {
    "check": "local.check",
    "run": "local.run",
    "explain": "local.explain",
    "verify": "local.verify",
    "reconcile": "local.reconcile",
    "rebuild": "local.rebuild",
    "restore": "local.restore",
    "revalidate": "local.revalidate",
    "redrive": "local.redrive",
    "erase": "local.erase",
    "load": "local.load",
    "cost": "local.cost",
    "statistics": "local.statistics_command",
    "annual-return": "local.annual_return",
    "demo": "local.demo",
    "synth": "local.synth",
    "publish": "local.publish",
    "grant": "local.grant",
    "openapi": "local.openapi",
    "conformance": "local.conformance.command",
    "codes": "local.codes",
    "law": "local.law",
    "documents": "local.documents",
    "pages": "local.pages",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code (2: it was used wrongly, as argparse has it)."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="attendance",
        description="England's school attendance law, from a school's register to a document an officer can serve.",
        epilog="Each command explains itself: attendance check --help. Start with: attendance demo",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    asked = [given[0]] if given and given[0] in COMMANDS else list(COMMANDS)
    for name in asked:
        import_module(COMMANDS[name]).add_parser(commands)
    args = parser.parse_args(given)
    code: int = args.run(args)
    return code


if __name__ == "__main__":
    sys.exit(main())
