"""Progress on stderr: a bar for people, a line now and then for logs."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

LINE_EVERY = 20


class Progress:
    """One bar over a known number of steps."""

    def __init__(self, what: str, steps: int, shown: bool) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            console=console, disable=not (shown and sys.stderr.isatty()),
        )  # fmt: skip
        self._task = self._bars.add_task(what, total=steps)
        self._what, self._steps, self._done = what, steps, 0
        self._told = shown and not sys.stderr.isatty()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def advance(self) -> None:
        """One step is done; where no bar can be drawn, a line says so now and then."""
        self._bars.advance(self._task)
        self._done += 1
        if self._told and self._done % LINE_EVERY == 0:
            print(f"{self._what}: {self._done} of {self._steps}", file=sys.stderr, flush=True)
