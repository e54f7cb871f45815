"""The templates of the deployment: `attendance synth` writes them, `templates` hands them to local/."""

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from attendance.authorities import AUTHORITIES
from local.node import ROOT, ensure_assets, use_for_jsii

LOCAL_PREFIX = "attendance-local"
LOCAL_ORIGINS = ("http://127.0.0.1:8000", "http://localhost:8000")
"""Pages that may ask the API of a local world; its own, at whatever port, need not be named."""
RETENTION_YEARS = 7

Template = dict[str, Any]


@dataclass(frozen=True)
class Templates:
    """CloudFormation templates as synthesised: the shared stack, and each authority's by its 3-digit code."""

    core: Template
    authorities: Mapping[str, Template]


def templates(
    authorities: Sequence[str],
    prefix: str = LOCAL_PREFIX,
    *,
    own_keys: bool = False,
    budget_usd: int | None = None,
    origins: Sequence[str] = LOCAL_ORIGINS,
) -> Templates:
    """The very templates that would be deployed for these authorities; from the cache if `infra/` has not changed.

    `origins`: pages that may ask from a browser.
    Only the hash that names the Lambda packages may be of an earlier state of `functions/`: nothing here reads it.
    """
    named = hashlib.sha256(" ".join(origins).encode()).hexdigest()[:8] if origins else ""
    kind = (
        (f"-pages-{named}" if named else "")
        + ("-own-keys" if own_keys else "")
        + (f"-budget-{budget_usd}" if budget_usd is not None else "")
    )
    folder = ROOT / ".cache" / "templates" / f"{prefix}{kind}-{_infra_hash()[:16]}"
    stacks = ["Core", *(f"Authority{la}" for la in authorities)]
    missing = [la for la in authorities if not _file(folder, f"Authority{la}").exists()]
    if missing or not _file(folder, "Core").exists():
        print("Synthesising the templates (once) ...", file=sys.stderr)
        _fill(folder, prefix, missing, own_keys=own_keys, budget_usd=budget_usd, origins=origins)
    read = {stack: json.loads(_file(folder, stack).read_text(encoding="utf-8")) for stack in stacks}
    return Templates(core=read["Core"], authorities={la: read[f"Authority{la}"] for la in authorities})


def _fill(
    folder: Path,
    prefix: str,
    authorities: Sequence[str],
    *,
    own_keys: bool,
    budget_usd: int | None,
    origins: Sequence[str],
) -> None:
    """Synthesise into the cache; every file appears whole, so that two processes may do this at the same moment."""
    use_for_jsii()
    from infra.api import Callers  # seconds to import, and needed only here
    from infra.app import synth

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as scratch:
        out = synth(
            Path(scratch),
            prefix,
            authorities,
            packages_built=False,
            checked=False,
            own_keys=own_keys,
            budget_usd=budget_usd,
            callers=Callers(origins=origins),
        )
        for template in out.glob("*.template.json"):
            template.replace(folder / template.name)


def _file(folder: Path, stack: str) -> Path:
    return folder / f"{stack}.template.json"


@cache
def _infra_hash() -> str:
    """SHA-256 of what decides a template: our constructs and the versions of CDK and of all else."""
    digest = hashlib.sha256()
    for path in [*sorted((ROOT / "infra").rglob("*.py")), ROOT / "uv.lock"]:
        digest.update(f"{path.relative_to(ROOT).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `attendance synth`."""
    parser = commands.add_parser(
        "synth",
        help="write the CloudFormation templates, checked, ready for `cdk deploy`",
        description="Write the CloudFormation templates of the whole deployment: the stack Core and one small stack per"
        " authority. Needs no AWS account, no Docker and no network (but for --packages, the first time).",
        epilog="Deploy: attendance synth --packages --prefix NAME --authority 886, then npx cdk deploy --app cdk.out"
        " --all (docs/operations.md).",
    )
    parser.add_argument("--out", type=Path, default=Path("cdk.out"), metavar="DIR", help="default: cdk.out")
    parser.add_argument(
        "--prefix",
        type=_prefix,
        default=LOCAL_PREFIX,
        help="begins every name; bucket names are the world's, so include your account: attendance-dev-123456789012",
    )
    parser.add_argument(
        "--authority",
        action="append",
        choices=sorted(AUTHORITIES),
        default=[],
        metavar="LA",
        help="3-digit code of a local authority; may be repeated",
    )
    parser.add_argument("--packages", action="store_true", help="also build the Lambda packages, for linux arm64")
    parser.add_argument(
        "--own-keys",
        action="store_true",
        help="give each authority an encryption key of its own; what that costs is printed",
    )
    parser.add_argument(
        "--no-trail",
        action="store_false",
        dest="trail",
        help="make no CloudTrail trail: only where the account has one that records the data events of these buckets",
    )
    parser.add_argument(
        "--budget-usd",
        type=_dollars,
        metavar="N",
        help="tell the topic of alarms when a month of the account has cost 80 and 100 per cent of N US dollars, or is forecast"
        " to (default: nobody is told; a budget costs nothing, and counts all that the account does)",
    )
    parser.add_argument(
        "--retention-years",
        type=int,
        choices=range(1, 100),
        default=RETENTION_YEARS,
        metavar="N",
        help=f"how long Object Lock keeps a document, at least as long as any authority's settings say"
        f" (default: {RETENTION_YEARS}); what documents rest on goes a year later",
    )
    parser.add_argument(
        "--issuer",
        metavar="URL",
        type=_https,
        help="take tokens of this OpenID provider, with --audience (default: a user pool of its own)",
    )
    parser.add_argument("--audience", action="append", default=[], metavar="NAME", help="whom its tokens are for")
    parser.add_argument(
        "--client",
        action="append",
        default=[],
        metavar="NAME",
        type=_client,
        help="a program that may have tokens of our own pool, one a vendor or trust; may be repeated (default: example)",
    )
    parser.add_argument(
        "--origin",
        action="append",
        default=[],
        metavar="URL",
        type=_https,
        help="pages that may ask the API; may be repeated",
    )
    parser.add_argument(
        "--pages", metavar="HOST", type=_host, help="serve the pages for people under this host name: a stack Pages"
    )
    parser.add_argument(
        "--pages-certificate",
        metavar="ARN",
        type=_certificate,
        help="its certificate, in ACM of us-east-1, as CloudFront asks",
    )
    parser.set_defaults(run=run)


def price_of_keys(own: int) -> tuple[str, str]:
    """What the encryption keys cost a month, with that many authorities having their own: list prices, US dollars.

    AWS KMS pricing: 1 USD a month for a key, and 1 more for each of its first two rotations (one a year).
    """
    keys = 1 + own
    return (
        f"Encryption keys: {keys} (one shared, {own} of authorities).",
        f"They cost {keys} USD a month in the first year, {2 * keys} in the second and {3 * keys} from the third.",
    )


def _prefix(text: str) -> str:
    """A prefix that leaves every bucket a lawful name: at most 63 lower-case letters, digits and hyphens."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,46}[a-z0-9]", text):
        raise argparse.ArgumentTypeError("3 to 48 lower-case letters, digits and hyphens, no hyphen first or last")
    return text


def _dollars(text: str) -> int:
    """A whole amount, at least one."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number of US dollars, at least 1")
    return int(text)


def _https(text: str) -> str:
    if not re.fullmatch(r"https://[a-z0-9.-]+(:[0-9]+)?(/[\w./-]*[\w-])?", text, re.ASCII):
        raise argparse.ArgumentTypeError("an address that begins with https:// and ends without a slash")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+", text):
        raise argparse.ArgumentTypeError("a host name, as attendance.example.gov.uk")
    return text


def _certificate(text: str) -> str:
    if not re.fullmatch(r"arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}", text):
        raise argparse.ArgumentTypeError("the ARN of a certificate in us-east-1")
    return text


def _client(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", text):
        raise argparse.ArgumentTypeError("1 to 63 lower-case letters, digits and hyphens, no hyphen first")
    return text


def run(args: argparse.Namespace) -> int:
    """Write the templates and print where each lies; a rule of cdk-nag that does not hold raises, after its report."""
    if bool(args.issuer) != bool(args.audience) or (args.issuer and args.client):
        print("--issuer and --audience are given together, and --client without them.", file=sys.stderr)
        return 2
    if bool(args.pages) != bool(args.pages_certificate):
        print("--pages and --pages-certificate are given together.", file=sys.stderr)
        return 2
    use_for_jsii()
    if args.packages:
        ensure_assets()
    from infra.api import Callers
    from infra.app import synth
    from infra.web import Site

    out = synth(
        args.out,
        args.prefix,
        args.authority,
        packages_built=args.packages,
        retention_years=args.retention_years,
        own_keys=args.own_keys,
        trail=args.trail,
        budget_usd=args.budget_usd,
        callers=Callers(args.issuer, args.audience, args.client or Callers.clients, args.origin),
        site=Site(args.pages, args.pages_certificate) if args.pages else None,
    )
    for line in price_of_keys(len(set(args.authority)) if args.own_keys else 0):
        print(line, file=sys.stderr)
    pages = ["Pages"] if args.pages else []
    for stack in ("Core", *(f"Authority{la}" for la in sorted(set(args.authority))), *pages):
        print(_file(out, stack))
    return 0
