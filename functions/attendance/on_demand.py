"""What is read only when somebody asks for it: of many pupils, as of many returns, nobody asks on a given day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping


class OnDemand[K, R, V](Mapping[K, V]):
    """Values by key, each read from its raw form when it is first asked for."""

    def __init__(self, raw: Mapping[K, R], read: Callable[[R], V]) -> None:
        self._raw, self._read = raw, read
        self._found: dict[K, V] = {}

    def __getitem__(self, key: K) -> V:
        """The value of a key."""
        if key not in self._found:
            self._found[key] = self._read(self._raw[key])
        return self._found[key]

    def __contains__(self, key: object) -> bool:
        """Whether there is one; nothing is read."""
        return key in self._raw

    def __iter__(self) -> Iterator[K]:
        """The keys."""
        return iter(self._raw)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._raw)
