"""The formats of extracts for others to read: JSON Schema of a row, CSVW metadata of a file, tables for the documentation.

All made from the definitions in `rows` and `findings`, so that what is published is what is checked.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from attendance.extracts import Kind
from attendance.findings import MEANING
from attendance.rows import COLUMNS, MODELS, Column, Reading

_CSVW_TYPE: Final[Mapping[Reading, Any]] = MappingProxyType(
    {
        "date": {"base": "date", "format": "yyyy-MM-dd"},
        "time": "datetime",
        "minutes": {"base": "integer", "minimum": 0, "maximum": 999},
        "upn": {"base": "string", "length": 13},
        "urn": {"base": "string", "format": "[0-9]{6}"},
        "la": {"base": "string", "format": "[0-9]{3}"},
    }
)

_TYPE_IN_WORDS: Final[Mapping[Reading, str]] = MappingProxyType(
    {
        "text": "text",
        "upn": "UPN",
        "date": "date, `2025-09-08`",
        "session": "`AM` or `PM`",
        "code": "attendance code",
        "time": "date and time, `2025-09-08T09:05:00`; without offset: London",
        "minutes": "whole number",
        "flag": "`yes` or `no`",
        "urn": "URN, six digits",
        "la": "authority code, three digits",
    }
)


def json_schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of one NDJSON line of that kind; every value is text."""
    return _named(MODELS[kind].model_json_schema(by_alias=True), kind)


def schema_of(model: type[BaseModel], name: str) -> dict[str, Any]:
    """The JSON Schema of what the system itself writes; fields may be added to it."""
    return _named(model.model_json_schema(by_alias=True, mode="serialization"), name)


def _named(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": name}


def csvw(kind: Kind) -> dict[str, Any]:
    """The W3C CSV on the Web metadata of a CSV file of that kind."""
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": f"{kind}.csv",
        "dc:title": kind,
        "dc:description": MODELS[kind].__doc__,
        "dialect": {"header": True, "encoding": "utf-8", "delimiter": ",", "quoteChar": '"', "doubleQuote": True},
        "tableSchema": {"columns": [_csvw_column(column) for column in COLUMNS[kind]]},
    }


def _csvw_column(column: Column) -> dict[str, Any]:
    datatype = _CSVW_TYPE.get(column.reading, "string")
    if column.choices:
        datatype = {"base": "string", "format": "|".join(column.choices)}
    return {
        "name": column.name,
        "titles": column.name,
        "dc:description": column.description,
        "datatype": datatype,
        "required": column.required and not column.blank_allowed,
    }


def columns_table(kind: Kind) -> str:
    """The columns of a kind as a Markdown table."""
    rows = [
        f"| `{column.name}` | {_needed(column)} | {_in_words(column)} | {column.description} |"
        for column in COLUMNS[kind]
    ]
    return "\n".join(["| column | | value | meaning |", "| --- | --- | --- | --- |", *rows])


def _needed(column: Column) -> str:
    if not column.required:
        return "optional"
    return "required, may be blank" if column.blank_allowed else "required"


def _in_words(column: Column) -> str:
    return _TYPE_IN_WORDS.get(column.reading) or ", ".join(f"`{choice}`" for choice in column.choices)


def findings_table() -> str:
    """Every finding as a Markdown table, the gravest first."""
    rows = [f"| `{code}` | {meaning.severity} | {meaning.when} |" for code, meaning in MEANING.items()]
    return "\n".join(["| code | severity | when |", "| --- | --- | --- |", *rows])
