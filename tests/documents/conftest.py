"""Every document of the set and its variants, each rendered once a process and only if a test asks."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from local.node import ensure_assets
from notices.typesetting import render
from tests.documents.variants import DOCUMENTS

type Rendered = Callable[[str], bytes]


@pytest.fixture(scope="session")
def fonts() -> Path:
    """The fonts of the Lambda package."""
    return ensure_assets()


@pytest.fixture(scope="session")
def pdf(fonts: Path) -> Rendered:
    """The PDF of a document by its name."""

    @cache
    def rendered(name: str) -> bytes:
        return render(DOCUMENTS[name], fonts)

    return rendered
