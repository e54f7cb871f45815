"""How a function is called while things go wrong: one that is killed comes back as a new instance, its batch as a failure."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import boto3

from local.faults.calls import Choose, Killed, listening
from local.faults.typeset import set_aside
from local.functions import Function
from local.world import World


class Died(RuntimeError):
    """The function was killed: what AWS sees of it."""


@contextmanager
def going_wrong(
    world: World,
    choose: Choose,
    *,
    told: Callable[[str], None] = lambda _: None,
    sent: Callable[[], None] = lambda: None,
    died: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """While it lasts, `choose` says what goes wrong with each call that a function makes.

    `told` and `sent` are as in `listening`; `died` is called for each function that was killed, before its messages are handed
    over again.
    """

    def call(function: Function, event: Mapping[str, Any]) -> Any:
        try:
            return function.call(event)
        except Killed:
            function.forget()
            died()
            raise Died from None

    world.pump.forget()
    once = {"AWS_MAX_ATTEMPTS": "1"}  # botocore tries nothing again by itself
    with (
        patch.dict(os.environ, once),
        patch.object(world.pump, "call", call),
        _anew(),
        listening(choose, told, sent),
        set_aside(),
    ):
        yield


@contextmanager
def _anew() -> Iterator[None]:
    """A session of its own, so that what listens on it is gone with it."""
    with patch.object(boto3, "DEFAULT_SESSION", None):
        yield


def instances(world: World) -> Mapping[str, Any]:
    """Another instance of each function, by name: module, clients and all, as another worker has them."""
    found = {}
    for function in world.pump.functions.values():
        name, _, handler = function.properties.handler.rpartition(".")
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"no module {name}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found[function.name] = getattr(module, handler)
    return found


@contextmanager
def another(world: World, of: Mapping[str, Any]) -> Iterator[None]:
    """While it lasts, functions are called in these instances."""
    with ExitStack() as stack:
        for function in world.pump.functions.values():
            stack.enter_context(patch.dict(vars(function), {"_handler": of[function.name]}))
        yield
