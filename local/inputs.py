"""An INPUT folder as `run`, `explain` and `verify` read it: schools, settings, decisions, and files with their times of receipt."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pydantic import ValidationError

from attendance.checking import Hints, receipt_hints
from attendance.directory import Directory, read_directory
from attendance.facts import Decision, decision_id
from attendance.sessions import Session
from attendance.text import LONDON
from attendance.unpacking import members
from local.given import read_conduct, read_letters

RECEIVED_AT = time(18, 0)
_NAMED = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2})(\d{2}))?(?!\d)")
_LA, _URN = re.compile(r"\d{3}"), re.compile(r"\d{6}")
_REQUIRED = ("on", "la", "urn", "upn", "action", "by")


class BadInput(ValueError):
    """The INPUT folder cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class File:
    """A file of a school: where it lies, when it is received, and what of it counts as one upload."""

    la: str
    urn: str
    path: Path
    received_at: datetime
    uncut_received_at: datetime
    sha256: str
    uploads: tuple[str, ...]
    """SHA-256 of the plain bytes of each member, in the order of the report's files."""

    @property
    def day(self) -> date:
        """The London day of its receipt."""
        return self.received_at.astimezone(LONDON).date()

    @property
    def uncut_day(self) -> date:
        """The London day on which it would be received did the replay not end before."""
        return self.uncut_received_at.astimezone(LONDON).date()


@dataclass(frozen=True)
class BadDecision:
    """A row of decisions.csv that says nothing that could be carried out."""

    row: int
    action: str
    because: str


@dataclass(frozen=True)
class ToPublish:
    """What an operator publishes before any file is taken."""

    directory: Directory | None
    settings: dict[str, str]
    """The code of conduct by authority, as text."""
    letters: dict[str, str]
    """The words of early letters by URN, as text."""


@dataclass(frozen=True)
class Input(ToPublish):
    """All of an INPUT folder."""

    files: tuple[File, ...]
    decisions: tuple[Decision, ...]
    bad_decisions: tuple[BadDecision, ...]
    as_at: date

    @property
    def authorities(self) -> tuple[str, ...]:
        """Every authority that a file came for: no other can have a document or a return."""
        return tuple(sorted({file.la for file in self.files}))


def read_input(folder: Path, *, as_at: date | None, schools: Path | None) -> Input:
    """Read an INPUT folder; BadInput says what is wrong with it, SettingsRefused what is wrong with settings."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder. INPUT is laid out as {{la}}/{{urn}}/...: see docs/input.md.")
    found = sorted(_school_files(folder))
    if not found:
        raise BadInput(
            f"There is no file of a school in {folder}. INPUT is laid out as {{la}}/{{urn}}/...: see docs/input.md."
        )
    hints = {path: receipt_hints(path) for _, _, path in found}
    if as_at is None:
        as_at = max((hint.latest_marked for hint in hints.values() if hint.latest_marked), default=None)
    if as_at is None:
        raise BadInput("No file has a mark other than #, so there is no day to stand at: give --as-at.")
    decisions, bad = _decisions(folder / "decisions.csv")
    received = {path: _received(path, hints[path]) for _, _, path in found}
    known = [moment.astimezone(LONDON).date() for moment in received.values() if moment]
    first = datetime.combine(min([*known, *(decision.on for decision in decisions), as_at]), time(), LONDON)
    cut = datetime.combine(as_at, RECEIVED_AT, LONDON)
    files = [_file(la, urn, path, received[path] or first, cut) for la, urn, path in found]
    return Input(
        **vars(read_published(folder, schools=schools)),
        files=tuple(sorted(files, key=lambda f: (f.received_at, f.la, f.urn, f.sha256, str(f.path)))),
        decisions=decisions,
        bad_decisions=bad,
        as_at=as_at,
    )


def read_published(folder: Path, *, schools: Path | None) -> ToPublish:
    """What of an INPUT folder is published: directory, codes of conduct, words of letters; raises as `read_input` does."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is not a folder. It is laid out as INPUT is: see docs/input.md.")
    return ToPublish(_directory(folder, schools), _settings(folder), _letters(folder))


def schools_of(upn: str, files: Iterable[File], directory: Directory | None) -> frozenset[str]:
    """The URNs of the schools with a file that mentions a pupil, and of all that these follow; none if no file does."""
    theirs = {file.urn for file in files if _mentions(file, upn)}
    followed = {earlier for urn in theirs for earlier in directory.predecessors(urn)} if directory else set()
    return frozenset(theirs | followed)


def _mentions(file: File, upn: str) -> bool:
    """Whether a file, or one packed in it, has the pupil's number anywhere."""
    return any(upn.encode() in each.path.read_bytes() for each in members(file.path, file.path.name))


def _school_files(folder: Path) -> Iterator[tuple[str, str, Path]]:
    for la in (each for each in folder.iterdir() if each.is_dir() and _LA.fullmatch(each.name)):
        for urn in (each for each in la.iterdir() if each.is_dir() and _URN.fullmatch(each.name)):
            for path in urn.rglob("*"):
                if path.is_file() and not path.name.startswith("."):
                    yield la.name, urn.name, path


def _file(la: str, urn: str, path: Path, uncut: datetime, cut: datetime) -> File:
    late = uncut.astimezone(LONDON).date() > cut.date()
    uploads = tuple(member.upload for member in members(path, path.name))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return File(la, urn, path, (cut if late else uncut).astimezone(UTC), uncut.astimezone(UTC), digest, uploads)


def _received(path: Path, hints: Hints) -> datetime | None:
    """When a file is received: by its name, else by what is in it; None: at the beginning of the first day (design 5.3, `run`)."""
    named = _NAMED.match(path.name)
    if named:
        try:
            day = date.fromisoformat(named[1])
            return datetime.combine(day, time(int(named[2]), int(named[3])) if named[2] else RECEIVED_AT, LONDON)
        except ValueError:
            pass  # 2025-13-40-....csv begins with no date
    days = [day for day in (hints.latest_marked, hints.latest_support) if day]
    latest = max(days) if days else hints.latest_any
    moments = [datetime.combine(latest, RECEIVED_AT, LONDON)] if latest else []
    moments += [hints.latest_time] if hints.latest_time else []
    return max(moments, default=None)


def _directory(folder: Path, schools: Path | None) -> Directory | None:
    given = schools or (folder / "schools.csv" if (folder / "schools.csv").is_file() else None)
    if given is None:
        return None
    if not given.is_file():
        raise BadInput(f"{given} is not there: --schools takes a directory of schools in the GIAS layout.")
    links = given.with_name("links.csv")
    return read_directory(given.read_bytes(), links.read_bytes() if links.is_file() else None)


def _text_of(path: Path, folder: Path) -> str:
    """The text of a file of INPUT; BadInput where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path.relative_to(folder)} is not UTF-8: save it as UTF-8.") from None


def _settings(folder: Path) -> dict[str, str]:
    """The settings by authority, as text; every file is checked whole, so that a mistake stops the run at once."""
    texts: dict[str, list[str]] = {}
    own = sorted(folder.glob("[0-9][0-9][0-9]/settings.yaml"))
    for path in (*own, *sorted(folder.glob("settings/*.yaml"))):
        text = _text_of(path, folder)
        for la in sorted(
            {la for settings in read_conduct(text, str(path.relative_to(folder))) for la in settings.authorities}
        ):
            texts.setdefault(la, []).append(text)
    joined = {la: "\n---\n".join(each) for la, each in texts.items()}
    for la, text in joined.items():
        read_conduct(text, f"settings of authority {la} in all files")
    return joined


def _letters(folder: Path) -> dict[str, str]:
    """The words of each school's early letters, as text; a school under two authorities may have them in both folders."""
    texts: dict[str, list[str]] = {}
    for path in sorted(folder.glob("[0-9][0-9][0-9]/*-letters.yaml")):
        name, urn = str(path.relative_to(folder)), path.name.removesuffix("-letters.yaml")
        if not _URN.fullmatch(urn):
            raise BadInput(f"{name} names no school: early letters are {{la}}/{{urn}}-letters.yaml, docs/settings.md.")
        text = _text_of(path, folder)
        read_letters(text, name)
        texts.setdefault(urn, []).append(text)
    joined = {urn: "\n---\n".join(each) for urn, each in texts.items()}
    for urn, text in joined.items():
        read_letters(text, f"{urn}-letters.yaml of all authorities")
    return joined


def _decisions(path: Path) -> tuple[tuple[Decision, ...], tuple[BadDecision, ...]]:
    if not path.is_file():
        return (), ()
    reader = csv.DictReader(io.StringIO(_text_of(path, path.parent), newline=""))
    if missing := [name for name in _REQUIRED if name not in (reader.fieldnames or ())]:
        raise BadInput(f"decisions.csv lacks the column {', '.join(missing)}: see docs/input.md.")
    good, bad = [], []
    for row, values in enumerate(reader, start=2):
        given = {key: value.strip() for key, value in values.items() if key and value and value.strip()}
        if not given:
            continue
        fields = {key: value for key, value in given.items() if key in Decision.model_fields}
        sessions = tuple(given.get("sessions", "").split())
        try:
            decision = Decision.model_validate(
                {**fields, "sessions": sessions, "id": decision_id(row, given), "row": row}
            )
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            bad.append(BadDecision(row, given.get("action", ""), f"{'.'.join(map(str, first['loc']))}: {first['msg']}"))
            continue
        if because := _not_usable(decision):
            bad.append(BadDecision(row, decision.action, because))
        else:
            good.append(decision)
    return tuple(good), tuple(bad)


def _not_usable(decision: Decision) -> str | None:
    """What in a decision cannot be read, though each field is of its kind."""
    if not _LA.fullmatch(decision.la):
        return "la: an authority is three digits"
    if not _URN.fullmatch(decision.urn):
        return "urn: a school is six digits"
    for text in decision.sessions:
        try:
            Session.parse(text)
        except ValueError:
            return "sessions: write 2025-09-08/AM 2025-09-09/PM"
    return None


def days(first: date, last: date) -> Sequence[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
