"""The settings of each authority, its code of conduct as data, in the settings bucket: `authorities/{la}.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from attendance.settings import Settings, in_force, load
from aws.buckets import Bucket


@dataclass(frozen=True)
class AuthoritySettings:
    """The door to the settings of all authorities."""

    bucket: Bucket

    def on(self, la: str, day: date) -> Settings | None:
        """The settings of an authority in force that day, or None if it has given none."""
        found = self.bucket.get(_key(la))
        return in_force(load(found.body.decode(), _key(la)), la, day) if found else None

    def publish(self, la: str, text: str) -> None:
        """Store an authority's settings; SettingsRefused if they do not hold."""
        load(text, _key(la))
        self.bucket.put(_key(la), text.encode(), "application/yaml")


def _key(la: str) -> str:
    return f"authorities/{la}.yaml"
