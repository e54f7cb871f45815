"""moto keeps every object that it ever made of its models, for a page that nobody opens: what a query gave, messages long handled.

Over the day of an authority that is more than all that is stored. Here S3's alone are kept, which it closes at the end. moto is
pinned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moto.dynamodb.models
import moto.sqs.models  # noqa: F401  loaded, these models are known: others are few
from moto.core.model_instances import model_data


@contextmanager
def not_kept() -> Iterator[None]:
    """While it lasts, objects of moto's models live as long as somebody uses them."""
    models: list[Any] = [model for service, of in model_data.items() if service != "s3" for model in of.values()]
    for model in models:
        model.instances_tracked = deque(maxlen=0)
    try:
        yield
    finally:
        for model in models:
            model.instances_tracked = []
