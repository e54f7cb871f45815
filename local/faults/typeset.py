"""Pages set aside: each distinct page once, in a process of its own, its bytes remembered for all that follows.

The typesetter keeps threads, which a forked process does not have: one that set a page before it forked would leave a child
that waits for ever. A page gives the same bytes wherever and whenever it is set (tests/documents/test_bytes.py).
"""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from notices import carry_out, typesetting
from notices.typesetting import NotPrintable, Page, render

_KNOWN: dict[str, bytes | tuple[str, str]] = {}


def known() -> bytes:
    """Every page set so far with its document, for another process to `remember`."""
    return pickle.dumps(_KNOWN)


def remember(pages: bytes) -> None:
    """Take over what another process of ours has set."""
    _KNOWN.update(pickle.loads(pages))  # noqa: S301  written by our own child


@contextmanager
def set_aside() -> Iterator[None]:
    """While it lasts, `notices` sets its pages aside."""
    with patch.object(carry_out, "render", _render), patch.object(typesetting, "render", _render):
        yield


def _render(page: Page, fonts: Path) -> bytes:
    name = page.model_dump_json()
    if name not in _KNOWN:
        _KNOWN[name] = _aside(page, fonts)
    found = _KNOWN[name]
    if isinstance(found, tuple):
        raise NotPrintable(*found)
    return found


def _aside(page: Page, fonts: Path) -> bytes | tuple[str, str]:
    """The document, or the field and reason for which it is not printable."""
    end, begin = os.pipe()
    child = os.fork()
    if not child:
        try:
            result: bytes | tuple[str, str] = render(page, fonts)
        except NotPrintable as problem:
            result = problem.field, problem.reason
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        with os.fdopen(begin, "wb") as out:
            out.write(pickle.dumps(result))
        os._exit(0)
    os.close(begin)
    with os.fdopen(end, "rb") as answer:
        body = answer.read()
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("a page was not set")
    found: bytes | tuple[str, str] = pickle.loads(body)  # noqa: S301  written by our own child
    return found
