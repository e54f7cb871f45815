"""moto's DynamoDB does work in proportion to the whole table for what concerns a few of its items; here it looks at these alone.

A query sorts every item of the table before it chooses, and a transaction copies every item, to be able to go back: over the day
of an authority that grows with the square of its schools. What is answered and stored stays the same. moto is pinned.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

_QUERY, _TRANSACT = Table.query, DynamoDBBackend.transact_write_items

type _Key = tuple[DynamoType, DynamoType | None]
type _Conditions = Sequence[tuple[str, DynamoType]]


@contextmanager
def looked_at_in_part() -> Iterator[None]:
    """While it lasts, a query reads the items under its hash key alone, and a transaction copies what it changes."""
    with patch.object(Table, "query", _query), patch.object(DynamoDBBackend, "transact_write_items", _transact):
        yield


def _query(table: Table, hash_key: DynamoType | None, *given: Any, **named: Any) -> Any:
    index_name = given[6]  # moto's backend, which alone calls this, gives it by its place
    if index_name:
        items = _indexed(table, named["hash_key_conditions"])
    else:
        items = list(table.items.get(hash_key, {}).values()) if table.has_range_key else table.all_items()
    with patch.object(table, "all_items", lambda: items):  # in no order: the query sorts what it has chosen
        return _QUERY(table, hash_key, *given, **named)


def _indexed(table: Table, conditions: _Conditions) -> list[Any]:
    """The items that have these values; the texts are compared first, which is quick."""
    every: Iterable[Any] = (
        table.items.values() if not table.has_range_key else (i for of in table.items.values() for i in of.values())
    )
    return [
        item
        for item in every
        if all((value := item.attrs.get(name)) and value.value == sought.value for name, sought in conditions)
    ]


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    updated = {table.name: set[_Key]() for table in backend.tables.values()}
    for operation in transact_items:
        if update := operation.get("Update"):  # moto changes such an item as it stands; a put replaces it
            table = backend.get_table(update["TableName"])
            updated[table.name].add(_key(table, update["Key"]))

    def kept(table: Table, _memo: Any) -> Table:
        """The table as it is now, with the very items but for those to be updated."""
        kept = copy.copy(table)
        kept.items = defaultdict(
            dict, {each: dict(of) if table.has_range_key else of for each, of in table.items.items()}
        )
        for hash_key, range_key in updated[table.name]:
            of = kept.items[hash_key] if range_key else kept.items
            key = range_key or hash_key
            if key in of:
                of[key] = copy.deepcopy(of[key])
        return kept

    with patch.object(Table, "__deepcopy__", kept, create=True):
        _TRANSACT(backend, transact_items)


def _key(table: Table, key: Mapping[str, Any]) -> _Key:
    range_key = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
    return DynamoType(key[table.hash_key_attr]), range_key
