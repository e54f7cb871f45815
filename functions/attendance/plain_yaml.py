"""YAML as settings are written in it: plain data in which a key said twice is a mistake, not a silent replacement."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml


def documents(text: str) -> list[Any]:
    """Every document of a file that says something; ValueError says in one line why it cannot be read."""
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
