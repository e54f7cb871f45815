"""Codes of conduct and words of letters as an authority and a school give them, in YAML: plain data in which a key said twice
is a mistake, not a silent replacement. What is published of it is JSON, which the functions read without a library for YAML.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import yaml

from attendance.settings import RULE as CONDUCT
from attendance.settings import Settings, SettingsRefused, load, malformed
from attendance.wording import RULE as LETTERS
from attendance.wording import SchoolLetters, load_letters


def read_conduct(text: str, source: str) -> list[Settings]:
    """The settings of a YAML file, as `load` gives them; SettingsRefused if it cannot be read or any is unlawful."""
    return load(conduct_as_json(text, source), source)


def read_letters(text: str, source: str) -> list[SchoolLetters]:
    """The letters of a YAML file, as `load_letters` gives them; SettingsRefused if it cannot be read or names a wrong key."""
    return load_letters(letters_as_json(text, source), source)


def conduct_as_json(text: str, source: str) -> str:
    """What is published of an authority's file: the same documents; SettingsRefused if it cannot be read."""
    return _as_json(text, source, CONDUCT)


def letters_as_json(text: str, source: str) -> str:
    """What is published of a school's file: the same documents; SettingsRefused if it cannot be read."""
    return _as_json(text, source, LETTERS)


def _as_json(text: str, source: str, rule: str) -> str:
    try:
        # Days become texts: in JSON a text may be a date, and all else stays strict.
        return json.dumps(_documents(text), default=str, ensure_ascii=False)
    except ValueError as fault:  # or an alias inside what it names
        raise SettingsRefused(source, [malformed("file", str(fault), rule)]) from None


def _documents(text: str) -> list[Any]:
    try:
        return [document for document in yaml.load_all(text, _Loader) if document is not None]
    except (yaml.YAMLError, ValueError) as fault:  # ValueError: a day that no calendar has
        raise ValueError(" ".join(str(fault).split())) from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, times in keys.items() if times > 1]:
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]} is said twice", node.start_mark)
        mapping = super().construct_mapping(node, deep)
        # YAML reads a number without quotes as one; as a key it means the same.
        mapping = {str(key) if type(key) is int else key: value for key, value in mapping.items()}
        if others := [key for key in mapping if not isinstance(key, str)]:
            raise yaml.constructor.ConstructorError(None, None, f"{others[0]} is no key", node.start_mark)
        return mapping
