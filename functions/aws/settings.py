"""What is published as settings: an authority's code of conduct (`authorities/{la}`), and a school's early letters in its own
words (`letters/{urn}`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from attendance.settings import Settings, in_force, load
from attendance.wording import SchoolLetters, letters_on, load_letters
from aws.cases import Cases
from aws.items import together
from aws.published import Published
from aws.schools import Listed, listed_by, listed_in


@dataclass(frozen=True)
class AuthoritySettings:
    """The door to the settings of all authorities."""

    published: Published

    def on(self, la: str, day: date) -> Settings | None:
        """The settings of an authority in force that day, or None if it has given none."""
        return _settings_on(self.published.texts(conduct_of(la)), la, day)


@dataclass(frozen=True)
class SchoolWording:
    """The door to the early letters of all schools."""

    published: Published

    def on(self, urn: str, day: date) -> SchoolLetters | None:
        """The letters of a school that hold that day, or None: nobody writes in a school's name what it did not give."""
        return _letters_on(self.published.texts(letters_of(urn)), urn, day)


@dataclass(frozen=True)
class OfSchool:
    """What is read of a school before it is computed: its entry, the code of conduct of the authority it belongs to, its letters,
    and the tag of its positions.
    """

    la: str
    """The authority that it belongs to."""
    urn: str
    listed: Listed
    positions: str | None
    """The tag of its positions as they were last written, after their academic year; None where that is not known."""
    _texts: Mapping[str, str]

    @classmethod
    def read(cls, published: Published, cases: Cases, la: str, urn: str) -> OfSchool:
        """A school that is asked about as one of an authority, in one call.

        Where it belongs to another, that one's code of conduct is one call more.
        """
        places = published.places(*listed_by(urn), conduct_of(la), letters_of(urn))
        found = list(together(published.dynamodb, [*places, cases.school_at(la, urn)]))
        texts = published.texts_in(found)
        listed = listed_in(texts, urn)
        now = listed.belongs_to(la)
        if now != la:
            return cls(now, urn, listed, None, {**texts, **published.texts(conduct_of(now))})
        return cls(la, urn, listed, cases.positions_in(found), texts)

    def tag_of(self, year: int) -> str | None:
        """The tag of its positions of an academic year, if it is known: who replaces them need not read them."""
        of, _, tag = (self.positions or "").partition("/")
        return tag if of == str(year) else None

    def settings_on(self, day: date) -> Settings | None:
        """The settings of its authority, as `AuthoritySettings.on` gives them."""
        return _settings_on(self._texts, self.la, day)

    def letters_on(self, day: date) -> SchoolLetters | None:
        """Its letters, as `SchoolWording.on` gives them."""
        return _letters_on(self._texts, self.urn, day)


def conduct_of(la: str) -> str:
    """The name by which an authority's code of conduct is published."""
    return f"authorities/{la}"


def letters_of(urn: str) -> str:
    """The name by which a school's early letters are published."""
    return f"letters/{urn}"


def _settings_on(texts: Mapping[str, str], la: str, day: date) -> Settings | None:
    found = texts.get(conduct_of(la))
    return None if found is None else in_force(_loaded(found, conduct_of(la)), la, day)


def _letters_on(texts: Mapping[str, str], urn: str, day: date) -> SchoolLetters | None:
    found = texts.get(letters_of(urn))
    return None if found is None else letters_on(load_letters(found, letters_of(urn)), day)


@lru_cache(
    maxsize=256
)  # what lies there is read each time, and understood once: it is asked with each file of each school
def _loaded(text: str, name: str) -> tuple[Settings, ...]:
    return tuple(load(text, name))
