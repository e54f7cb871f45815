"""What is given as settings, in the settings bucket: an authority's code of conduct (`authorities/{la}.yaml`), and a school's
early letters in its own words (`letters/{urn}.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from attendance.settings import Settings, in_force, load
from attendance.wording import SchoolLetters, letters_on, load_letters
from aws.buckets import Bucket


@dataclass(frozen=True)
class AuthoritySettings:
    """The door to the settings of all authorities."""

    bucket: Bucket

    def on(self, la: str, day: date) -> Settings | None:
        """The settings of an authority in force that day, or None if it has given none."""
        found = self.bucket.get(_key(la))
        return in_force(_loaded(found.body.decode(), _key(la)), la, day) if found else None

    def publish(self, la: str, text: str) -> None:
        """Store an authority's settings; SettingsRefused if they do not hold."""
        load(text, _key(la))
        self.bucket.put(_key(la), text.encode(), "application/yaml")


@dataclass(frozen=True)
class SchoolWording:
    """The door to the early letters of all schools."""

    bucket: Bucket

    def on(self, urn: str, day: date) -> SchoolLetters | None:
        """The letters of a school that hold that day, or None: nobody writes in a school's name what it did not give."""
        found = self.bucket.get(_letters_key(urn))
        return letters_on(load_letters(found.body.decode(), _letters_key(urn)), day) if found else None

    def publish(self, urn: str, text: str) -> None:
        """Store a school's letters; SettingsRefused if they do not hold."""
        load_letters(text, _letters_key(urn))
        self.bucket.put(_letters_key(urn), text.encode(), "application/yaml")


@lru_cache(
    maxsize=256
)  # what lies there is read each time, and understood once: it is asked with each file of each school
def _loaded(text: str, key: str) -> tuple[Settings, ...]:
    return tuple(load(text, key))


def _key(la: str) -> str:
    return f"authorities/{la}.yaml"


def _letters_key(urn: str) -> str:
    return f"letters/{urn}.yaml"
