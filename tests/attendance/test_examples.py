"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import attendance


def test_examples_in_docstrings() -> None:
    modules = [importlib.import_module(f"attendance.{each.name}") for each in pkgutil.iter_modules(attendance.__path__)]
    results = [doctest.testmod(module) for module in modules]

    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0
