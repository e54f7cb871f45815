"""A page becomes a document: PDF/UA-1 and PDF/A-3a in one file, with the data it was made from attached.

A page model holds everything its document prints and nothing else; `render` gives the same bytes for the same page and fonts.
What an officer must put right before a document can exist is `NotPrintable`; anything else that goes wrong is our failure and
raised as such.
"""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from attendance.text import london, pounds, pretty_json

if TYPE_CHECKING:
    import typst

TEMPLATES = Path(__file__).parent / "templates"
FACES = frozenset((family, weight) for family in ("Noto Sans", "Noto Sans Arabic") for weight in (400, 700))
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINERS = frozenset("\u200c\u200d")  # Persian and Urdu spell names with them
REFUSED_CATEGORIES = {
    "Cc": "a line break or control character",
    "Cf": "an invisible character",
    "Cs": "half of a broken character",
    "Co": "a private character that has no common meaning",
    "Cn": "a character that does not exist",
    "Zl": "a line break",
    "Zp": "a paragraph break",
}


class NotPrintable(ValueError):
    """This document cannot be printed as it stands: `field` names what an officer must correct, `reason` says why.

    Neither repeats the value: it may name a child, and errors are logged.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def _composed(text: str) -> str:
    """The one spelling of a text: NFC, so that equal names are equal bytes and find their glyphs."""
    return unicodedata.normalize("NFC", text)


type Text = Annotated[str, Field(min_length=1), AfterValidator(_composed)]
type Lines = Annotated[tuple[Text, ...], Field(min_length=1)]
type Pence = Annotated[int, Field(gt=0)]
type Count = Annotated[int, Field(ge=0)]


def if_given() -> Any:
    """What only some documents print: left out, the data in the file does not speak of it."""
    return Field(default=None, exclude_if=lambda value: value is None)


class Printed(BaseModel):
    """A piece of a page: what is not declared cannot be slipped in."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Page(Printed):
    """Everything one document prints; `kind` names its template and `attachment` the data inside the file."""

    attachment: ClassVar[str] = "document.json"
    kind: str

    def words(self) -> dict[str, Any]:
        """The page with every date, moment and amount in words, and what follows from them: what its template reads."""
        found: dict[str, Any] = in_words(self.model_dump())
        return found

    def problems(self) -> Iterator[tuple[str, str]]:
        """What an officer must correct before the document can be made: (field, why)."""
        yield from ()


def page_json(page: Page) -> str:
    """The text of the attachment: the page's data, nothing more."""
    return pretty_json(page.model_dump(mode="json"))


def render(page: Page, fonts: Path) -> bytes:
    """The document as PDF/UA-1 and PDF/A-3a, with the page's JSON attached; equal pages give equal bytes.

    `fonts` is a folder that holds, at any depth, Noto Sans and Noto Sans Arabic, regular and bold, as TTF. Raises
    NotPrintable for an officer, RuntimeError where the fonts are missing or the typesetter so much as warns.
    """
    import typst  # not every decision makes a document

    for field, reason in (*page.problems(), *_misleading(page)):
        raise NotPrintable(field, reason)
    try:
        pdf, warnings = compiler(fonts).compile_with_warnings(
            sources(page),  # type: ignore[type-var]  # files by name: in the package's documentation, not in its types
            format="pdf",
            pdf_standards=["a-3a", "ua-1"],
            timestamp=0,
        )
    except typst.TypstError as error:
        if problem := _misfit(error.message) or _missing_glyph(page, error.message):
            raise problem from None
        # The message alone: the typesetter's excerpt of the source could quote a name.
        raise RuntimeError(f"the document could not be set: {error.message}") from None
    if warnings:
        raise RuntimeError("; ".join(warning.message for warning in warnings))
    if not isinstance(pdf, bytes):
        raise RuntimeError("the typesetter gave no document")
    return pdf


@cache
def compiler(fonts: Path) -> "typst.Compiler":
    """The typesetter, made once a process: it sees the templates and these fonts, no network."""
    import typst

    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    # Without its fonts Typst sets a blank page that passes every standard.
    if missing := FACES - {(face.family, face.weight) for face in found.fonts()}:
        raise RuntimeError(f"fonts missing: {', '.join(f'{family} {weight}' for family, weight in sorted(missing))}")
    return typst.Compiler(
        root=str(TEMPLATES),
        font_paths=found,
        ignore_system_fonts=True,
        package_path="/nonexistent",
        package_cache_path="/nonexistent",
    )


def sources(page: Page) -> dict[str, bytes]:
    """What is set, as files that lie in memory only: the page's template, the page in words, ready to print, and the attachment."""
    words = page.words() | {"attachment": page.attachment}
    return {
        "main.typ": f'#include "{page.kind}.typ"'.encode(),
        "words.json": json.dumps(words, ensure_ascii=False).encode(),
        "data.json": page_json(page).encode(),
    }


# --- Words -----------------------------------------------------------------------------------------------------------


def day_in_words(day: dt.date) -> str:
    """A day as a reader says it.

    >>> day_in_words(dt.date(2025, 9, 8))
    'Monday 8 September 2025'
    """
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def moment_in_words(moment: dt.datetime) -> str:
    """A moment as clocks in England showed it, to the minute.

    >>> moment_in_words(dt.datetime(2025, 7, 8, 17, 5, tzinfo=dt.UTC))
    'Tuesday 8 July 2025 at 6:05pm'
    """
    local = london(moment)
    return f"{day_in_words(local.date())} at {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def percent(part: int, whole: int) -> str:
    """A share of a whole as it is written; a dash where there is no whole.

    >>> percent(84, 98), percent(0, 0)
    ('85.7%', '-')
    """
    return f"{100 * part / whole:.1f}%" if whole else "-"


def issued(day: dt.date) -> list[int]:
    """The date of a document as the typesetter takes it: year, month, day."""
    return [day.year, day.month, day.day]


def in_words(value: Any, key: str = "") -> Any:
    """A dumped page with every date, moment and amount (`..._pence`) in words, all else as it is."""
    match value:
        case dict():
            return {name: in_words(inner, name) for name, inner in value.items()}
        case list() | tuple():
            return [in_words(inner, key) for inner in value]
        case dt.datetime():
            return moment_in_words(value)
        case dt.date():
            return day_in_words(value)
        case int() if key.endswith("_pence"):
            return pounds(value)
        case _:
            return value


# --- What cannot be printed ------------------------------------------------------------------------------------------


def unprintable(text: str, fonts: Path) -> str | None:
    """Why a text could not stand in a document, or None if it can: for lists whose other rows must go out all the same."""
    try:
        render(Probe(text=text), fonts)
    except NotPrintable as problem:
        return problem.reason
    return None


class Probe(Page):
    """A page of one text, to find out whether it can be printed."""

    kind: str = "probe"
    text: Text


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a dumped page with the name of its field."""
    match value:
        case str():
            yield path, value
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, f"{path}.{key}" if path else key)
        case tuple() | list():
            for inner in value:
                yield from _texts(inner, path)


def _misleading(page: Page) -> Iterator[tuple[str, str]]:
    """Characters that would break a line, hide, or turn the order of letters around."""
    for field, text in _texts(page.model_dump()):
        for character in text:
            if character in BIDI_CONTROLS:
                yield field, f"contains a character that reorders text (U+{ord(character):04X})"
            problem = REFUSED_CATEGORIES.get(unicodedata.category(character))
            if problem and character not in JOINERS:
                yield field, f"contains {problem} (U+{ord(character):04X})"


def _misfit(message: str) -> NotPrintable | None:
    """What a template says of a text for which its place on the page is too small."""
    found = re.search(r"not printable: (\S+): (.+)", message)
    return NotPrintable(found[1], found[2].rstrip('"')) if found else None


def _missing_glyph(page: Page, message: str) -> NotPrintable | None:
    """The field that holds letters for which the fonts have no shape, if that is what the typesetter complains of."""
    found = re.search(r'the text `"(.+)"` could not be displayed', message)
    if not found:
        return None
    letters = re.sub(r"\\u\{([0-9a-f]+)\}", lambda escaped: chr(int(escaped[1], 16)), found[1])
    fields = (field for field, text in _texts(page.model_dump()) if not set(letters).isdisjoint(text))
    named = ", ".join(f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip() for letter in letters)
    return NotPrintable(next(fields, page.kind), f"contains letters that our fonts cannot show ({named})")
