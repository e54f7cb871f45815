"""`attendance publish`: the directory of schools, codes of conduct and words of letters, checked and put where they are read."""

from __future__ import annotations

import argparse
from pathlib import Path

import boto3

from aws.published import Published, fitting
from aws.schools import texts_of
from aws.settings import conduct_of, letters_of
from local.given import conduct_as_json, letters_as_json
from local.inputs import BadInput, ToPublish, read_published
from local.source import exit_code


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `publish` to the command."""
    parser = commands.add_parser(
        "publish",
        help="the directory, codes of conduct and words of letters, checked and published",
        description="Check the directory of schools (schools.csv, links.csv), each authority's code of conduct (886/settings.yaml "
        "or settings/*.yaml) and each school's words of early letters (886/118001-letters.yaml) in FOLDER, and put them where the "
        "functions read them. All of it is checked before any of it is put; what FOLDER does not hold stays as it is.",
        epilog="Without --prefix it is only checked. An authority joins with synth --authority and cdk deploy, then publish. Exit "
        "code: 0 all holds (and was put), 2 something does not, or it cannot be put.",
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="laid out as INPUT is; other files in it are not read"
    )
    parser.add_argument("--prefix", metavar="PREFIX", help="of a deployed system, with your AWS credentials")
    parser.add_argument(
        "--schools", type=Path, metavar="FILE", help="directory of schools, GIAS layout (default: FOLDER/schools.csv)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""

    def work() -> int:
        given = read_published(args.folder, schools=args.schools)
        if not (given.directory or given.settings or given.letters):
            raise BadInput(
                f"There is nothing to publish in {args.folder}: docs/operations.md, Onboard, says what goes where."
            )
        if args.prefix:
            publish(Published(boto3.client("dynamodb"), f"{args.prefix}-published"), given)
        else:
            fitting(texts(given))
        print(f"{'Published' if args.prefix else 'Holds, not published'}: {_what(given)}.")
        return 0

    return exit_code(work, args.prefix)


def publish(published: Published, given: ToPublish) -> None:
    """Put what was read where the functions read it."""
    published.put(texts(given))


def texts(given: ToPublish) -> dict[str, str]:
    """What was read, by the names under which it is published."""
    found = texts_of(given.directory) if given.directory is not None else {}
    found |= {conduct_of(la): conduct_as_json(text, conduct_of(la)) for la, text in given.settings.items()}
    return found | {letters_of(urn): letters_as_json(text, letters_of(urn)) for urn, text in given.letters.items()}


def _what(given: ToPublish) -> str:
    parts = [f"a directory of {len(given.directory.schools):,} schools"] if given.directory else []
    parts += [f"the code of conduct of {la}" for la in given.settings]
    parts += [f"the words of letters of {urn}" for urn in given.letters]
    return ", ".join(parts)
