"""The pages as files: Jinja, once, into plain HTML beside their style sheet and scripts; a browser adds only what the API says.

What the pages are and which script each runs is the table PAGES. What a browser may do on them is `policy`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, PrefixLoader

from attendance.codes import CODES
from attendance.pictures import KIND_OF
from attendance.unpacking import LONGEST_NAME, MOST_BYTES

HERE: Final = Path(__file__).parent
SERVICE: Final = "School attendance"
SCOPES: Final = (
    "uploads:write", "reports:read", "positions:read", "returns:read", "cases:read", "cases:decide", "documents:read",
)  # fmt: skip
"""What the pages ask a token for; what its bearer may do, the grant says (docs/api.md)."""


@dataclass(frozen=True)
class Page:
    """A page: its heading, the script that fills it, and whether it is for officers, shown only signed in, or for anybody."""

    title: str
    script: str | None
    part: str | None = None
    """Which item of the navigation is this one."""
    wide: bool = True


PAGES: Final[Mapping[str, Page]] = {
    "index": Page("Sign in", "start", wide=False),
    "signed-in": Page("Signing in", "signed-in", wide=False),
    "signed-out": Page("You have signed out", None, wide=False),
    "404": Page("Page not found", None, wide=False),
    "cases": Page("Cases", "cases", "cases"),
    "case": Page("Case", "case", "cases"),
    "decide": Page("Decide", "decide", "cases", wide=False),
    "outcome": Page("Your decision", "outcome", "cases", wide=False),
    "schools": Page("Schools", "schools", "schools"),
    "school": Page("School", "school", "schools"),
    "packs": Page("Targeting Support Meetings", "packs", "packs"),
    "annual-return": Page("Annual return", "annual-return", "annual-return"),
    "your-school": Page("Your school", "your-school", "your-school"),
    "send": Page("Send a file", "send", "send", wide=False),
    "sent": Page("Files sent", "sent", "sent"),
    "report": Page("Report", "report", "sent"),
    "pupils": Page("Pupils to look at", "pupils", "pupils"),
    "returns": Page("Returns, lists and letters", "returns", "returns"),
}
NAVIGATION: Final = (
    ("officer", "cases", "Cases"),
    ("officer", "schools", "Schools"),
    ("officer", "packs", "Support meetings"),
    ("officer", "annual-return", "Annual return"),
    ("school", "your-school", "Your school"),
    ("school", "send", "Send a file"),
    ("school", "sent", "Files sent"),
    ("school", "pupils", "Pupils to look at"),
    ("school", "returns", "Returns, lists and letters"),
)
"""For whom, which page, and what it is called there; a script shows each to those for whom it is."""


@dataclass(frozen=True)
class Place:
    """Where the pages stand: the API that they ask, who signs people in, and under which name they ask for that.

    `api` ends in `/v1`. `scope_prefix`: what an issuer writes before each scope (Amazon Cognito: `attendance/`).
    `sign_out`: where the issuer ends its own session; blank where it says so itself. `documents`: where links to
    documents lead, as sources of a Content-Security-Policy.
    """

    api: str
    issuer: str
    client: str
    scope_prefix: str = ""
    sign_out: str = ""

    def config(self) -> dict[str, str]:
        """What config.json says to the scripts."""
        scopes = " ".join(f"{self.scope_prefix}{each}" for each in SCOPES)
        given = {name: value for name, value in asdict(self).items() if name != "scope_prefix"}
        return {**given, "scope": scopes}


def build(out: Path, place: Place, modules: Path) -> Path:
    """Write the pages for a place into `out`, a new or empty folder, and return it.

    `modules`: where npm put the packages of package-lock.json. The same place gives the same bytes.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name, text in rendered().items():
        (out / f"{name}.html").write_text(text, encoding="utf-8")
    shutil.copytree(HERE / "scripts", out / "scripts")
    (out / "scripts" / "facts.js").write_text(_facts(), encoding="utf-8")
    govuk = modules / "govuk-frontend" / "dist" / "govuk"
    (out / "styles.css").write_text(
        without_crown((govuk / "govuk-frontend.min.css").read_text(encoding="utf-8"))
        + (HERE / "styles.css").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    shutil.copy(HERE / "icon.svg", out / "icon.svg")
    vendored = {
        "govuk-frontend.js": govuk / "govuk-frontend.min.js",
        "oidc-client-ts.js": modules / "oidc-client-ts/dist/browser/oidc-client-ts.min.js",
        "fflate.js": modules / "fflate/esm/browser.js",
    }
    (out / "vendor").mkdir()
    for name, source in vendored.items():
        text = re.sub(r"^//# sourceMappingURL=.*$", "", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
        (out / "vendor" / name).write_text(text, encoding="utf-8")
    (out / "config.json").write_text(json.dumps(place.config(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return out


class Named(Protocol):
    """Somebody made up, by whose name a token is given."""

    @property
    def subject(self) -> str:
        """Their name in a token."""

    @property
    def called(self) -> str:
        """What they are called."""


def rendered() -> dict[str, str]:
    """The HTML of every page, by its name."""
    environment = _environment()
    return {
        name: environment.select_template([f"{name}.html", "filled.html"]).render(
            name=name, page=page, service=SERVICE, navigation=NAVIGATION
        )
        for name, page in PAGES.items()
    }


def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("web", "templates"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja", "templates")}),
            ]
        ),
        autoescape=True,
        undefined=ChainableUndefined,  # as the macros of govuk-frontend-jinja need it
        trim_blocks=True,
        lstrip_blocks=True,
    )


def sign_in_page(asked: Mapping[str, str], people: Sequence[Named]) -> bytes:
    """The page of the made-up issuer on this machine: `asked` again, with whoever is chosen as `person`."""
    text = (
        _environment()
        .get_template("sign-in.html")
        .render(
            name="sign-in",
            page=Page("Who are you?", None, wide=False),
            service=SERVICE,
            navigation=(),
            asked=asked,
            people=people,
        )
    )
    return text.encode()


def without_crown(css: str) -> str:
    """The style sheet without what is for GOV.UK alone: its typeface and its crest."""
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = css.replace('"GDS Transport",', "").replace("GDS Transport,", "")
    return re.sub(r"(?:-webkit-)?(?:mask|background)-image:url\(/assets/images/govuk-crest\.svg\);?", "", css)


def _facts() -> str:
    """What the scripts know of the law's words, from the one place where it is said."""
    kinds = {code: {**KIND_OF[code]._asdict(), "says": CODES[code].meaning} for code in CODES}
    return (
        f"// Written by web/build.py.\nexport const CODES = {json.dumps(kinds, indent=1, sort_keys=True)}\n"
        f"export const MOST_BYTES = {MOST_BYTES}\nexport const LONGEST_NAME = {LONGEST_NAME}\n"
    )


# ------------------------------------------------------------------ what a browser may do


def policy(*connect: str) -> str:
    """The Content-Security-Policy: our own files, one inline script by its hash, and requests to `connect` besides."""
    said = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *(f"'{each}'" for each in inline_scripts())]),
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": " ".join(["'self'", *dict.fromkeys(connect)]),
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in said.items())


@cache
def inline_scripts() -> Sequence[str]:
    """The hash of every script that stands in a page itself: govuk-frontend's one."""
    found = {
        match.group(1)
        for text in rendered().values()
        for match in re.finditer(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", text, re.DOTALL)
    }
    return sorted(f"sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}" for each in found)


def headers(csp: str) -> dict[str, str]:
    """The headers with which every file of the pages is served."""
    return {
        "content-security-policy": csp,
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=63072000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


def origin(url: str) -> str:
    """The scheme and host of an address, as a source of a Content-Security-Policy."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
