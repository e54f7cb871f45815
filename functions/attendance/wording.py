"""A school's early letters in its own words: given by the school, never by default, refused at load where they cannot be sent."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from attendance import law
from attendance.bounds import Problem
from attendance.settings import Given, Line, SettingsRefused, malformed, read_given

CHILD: Final = "{child}"
"""The one thing that a school's words leave open: the pupil's forename."""
RULE: Final = "early_letter"
"""The provision under which a school gives them."""


def _words(text: str) -> str:
    if set(text.replace(CHILD, "")) & set("{}"):
        raise ValueError(f"only {CHILD} may stand in braces: it becomes the pupil's forename")
    if odd := next((letter for letter in text if not letter.isprintable()), None):
        raise ValueError(f"one line without control characters is asked for: it holds U+{ord(odd):04X}")
    return text


type Words = Annotated[Line, AfterValidator(_words)]
type Plain = Annotated[Words, Field(pattern=r"^[^{}]*$")]
"""Words without a placeholder: they are the same to everybody."""


class Wording(Given):
    """How a letter begins and how it ends."""

    opening: Words
    closing: Words


class Contact(Given):
    """Whom a parent asks for."""

    name: Plain
    office: Plain


class SchoolLetters(Given):
    """The early letters of a school from a day on: whom to call, what help there is, and the words for each number of sessions."""

    holds_from: date
    phone: Plain
    email: Plain
    contact: Contact
    support: Annotated[tuple[Words, ...], Field(min_length=1)]
    letters: Annotated[Mapping[str, Wording], Field(min_length=1)]
    post: Literal["first", "second", "hand"] = "first"

    @property
    def levels(self) -> Mapping[int, Wording]:
        """The words by the number of sessions for which the school gave them; another number brings no letter."""
        return {int(level): wording for level, wording in self.letters.items()}


def load_letters(text: str, source: str) -> list[SchoolLetters]:
    """The letters of a text as it is published, by the day from which they hold; SettingsRefused names every wrong key.

    The text is JSON, a list of documents (`attendance publish` makes it of YAML); `source` names it in messages.
    """
    given = read_given(SchoolLetters, text, source, RULE)
    for letters, place in given:
        if problems := list(_other_levels(letters)):
            raise SettingsRefused(place, problems)
    times = Counter(letters.holds_from for letters, _ in given)
    if twice := sorted(day for day, count in times.items() if count > 1):
        problem = malformed("holds_from", f"two documents hold from {twice[0]}", RULE)
        raise SettingsRefused(source, [problem])
    return sorted((letters for letters, _ in given), key=lambda letters: letters.holds_from)


def letters_on(letters: Iterable[SchoolLetters], day: date) -> SchoolLetters | None:
    """The letters that hold that day: of those begun, the last; None if there are none, and then no letter goes."""
    return max((each for each in letters if each.holds_from <= day), key=lambda each: each.holds_from, default=None)


def _other_levels(letters: SchoolLetters) -> Iterator[Problem]:
    levels = [str(level) for level in law.EARLY_LETTER_SESSIONS.latest]
    for level in letters.letters:
        if level not in levels:
            yield malformed(
                f"letters.{level}", f"a letter goes at {', '.join(levels)} sessions and at no other number", RULE
            )
