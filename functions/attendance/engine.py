"""The one DuckDB of this process: opened once, a private catalogue for each use (opening it anew costs 15 to 40 ms)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    import duckdb

_NAMES = count()


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """Reaches no network, loads nothing, and spills to disk rather than outgrow a function.

    A function has about one processor, so one thread; joined as written, what is read in order comes out in order. Where it
    spills is its own: two processes in one folder overwrite each other's pages. DuckDB makes the folder and takes it away. What
    was read of a file is not kept: few are read twice, and with every school there would be more of it.
    """
    import duckdb  # a tenth of a process's start, and much of what the API answers reads no register

    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": "400MB",
            "threads": "1",
            "disabled_optimizers": "join_order,build_side_probe_side",
            "enable_external_file_cache": "false",
            "temp_directory": f"{tempfile.gettempdir()}/attendance-spill-{uuid4()}",
        }
    )


@contextmanager
def connect() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with an empty catalogue of its own, gone afterwards: nothing of one file is seen by the next."""
    name = f"use_{next(_NAMES)}"
    with _engine().cursor() as con:
        con.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
        try:
            yield con
        finally:
            con.execute(f"USE memory; DETACH {name}")
