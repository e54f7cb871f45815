"""The cases as files: written for a day and a school, so that they say the same whenever they are tried."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any, Final

import yaml

from attendance.codes import CODES
from attendance.findings import SEVERITY

_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MANY_LINES: Final = 10_000_000


@dataclass(frozen=True)
class Case:
    """A file, and where in it a rule is said; `needs`: what has to be sent before, empty if nothing."""

    rule: str
    because: str
    body: bytes
    found: frozenset[tuple[int | None, str | None]]
    needs: str = ""

    @property
    def severity(self) -> str:
        """How grave the finding is."""
        return SEVERITY.get(self.rule, "")


@dataclass(frozen=True)
class Sent:
    """A file that is sent to the school before rules are tried that need it."""

    name: str
    body: bytes


CODES_IN_FORCE: Final = "CODES_IN_FORCE"
"""The one rule that is no finding: every code in force is taken, in each of its sessions."""


def cases(today: date, urn: str) -> list[Case]:
    """Every case, as it is tried on a day with a school."""
    made = [_case(each, today, urn) for each in _read("cases") if "rule" in each]
    return [*made, _codes_in_force(today)]


def not_tried() -> dict[str, str]:
    """The rules that cannot be tried over HTTP, each with the reason."""
    return {each["not_tried"]: each["because"] for each in _read("cases") if "not_tried" in each}


def before(today: date, urn: str) -> list[Sent]:
    """What is sent before the rules that need it."""
    return [Sent(each["name"], _filled(each["file"], today, urn).encode()) for each in _read("before")]


def _read(name: str) -> list[dict[str, Any]]:
    text = resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load(text))


def _case(said: Mapping[str, Any], today: date, urn: str) -> Case:
    file = said.get("file")
    return Case(
        rule=said["rule"],
        because=said["because"],
        body=_WRITTEN[said.get("written", "UTF-8")](_filled(file, today, urn)) if file else b"",
        found=frozenset((row, field) for row, field in said.get("found", [(None, None)])),
        needs=said.get("with", ""),
    )


def _filled(text: str, today: date, urn: str) -> str:
    """The text with its days put in."""
    monday = today - timedelta(days=today.weekday() + 7)
    days = {name: monday + timedelta(days=n) for n, name in enumerate(_WEEK)}
    days |= {
        "week_before": monday - timedelta(days=7),
        "before": monday - timedelta(days=19),
        "coming": monday + timedelta(days=23),
        "long_ago": date(today.year - 4, 7, 1),
        "born": date(today.year - 10, 5, 5),
    }
    words = {"year": str(monday.year), "urn": urn}

    def day(match: re.Match[str]) -> str:
        name, _, later = match[1].partition("+")
        return words.get(name) or str(days[name] + timedelta(days=int(later or 0)))

    return re.sub(r"\{([a-z_]+(?:\+\d)?)\}", day, text)


def _codes_in_force(today: date) -> Case:
    monday = today - timedelta(days=today.weekday() + 7)
    rows = [
        f"B801200005001,{monday - timedelta(days=7 * week)},{session},{code.code},for the test,T1"
        for week, code in enumerate(each for each in CODES.values() if each.in_force(today))
        for session in code.sessions
    ]
    body = "upn,date,session,code,note,recorded_by\n" + "\n".join(rows) + "\n"
    return Case(CODES_IN_FORCE, "every code in force is taken, in each of its sessions", body.encode(), frozenset())


def _upwards(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../marks.csv", text)
    return out.getvalue()


_WRITTEN: Final[Mapping[str, Callable[[str], bytes]]] = {
    "UTF-8": str.encode,
    "UTF-16": lambda text: text.encode("utf-16"),
    "Windows-1252": lambda text: text.encode("windows-1252"),
    "gzip, broken off": lambda text: gzip.compress(text.encode() * 100)[:-12],
    "gzip, ten million lines more": lambda text: gzip.compress(text.encode() + b"\n" * _MANY_LINES),
    "ZIP with a path upwards": _upwards,
}
