"""moto works out the URLs of a service anew for every call (S3 even reloads a module): half the time of a call goes there.

They do not change while a world stands, so they are worked out once. moto is pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.core.base_backend import BaseBackend

_WORKED_OUT: Callable[[Any], Any] = vars(BaseBackend)["urls"].fget


@contextmanager
def worked_out_once() -> Iterator[None]:
    """While it lasts, each service's URLs are worked out once."""
    found: dict[type, Any] = {}

    def urls(self: BaseBackend) -> Any:
        if type(self) not in found:
            found[type(self)] = _WORKED_OUT(self)
        return found[type(self)]

    with patch.object(BaseBackend, "urls", property(urls)):
        yield
