"""Items of DynamoDB read by key, several in one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]
type Place = tuple[str, Item]
"""A table, and the key of an item there."""

_TOGETHER: Final = 100
"""DynamoDB gives no more items by key in one call."""


def together(dynamodb: DynamoDBClient, places: Iterable[Place]) -> Iterator[tuple[str, Item]]:
    """The items that are there, each with its table, in no order: read consistently, a hundred in one call."""
    left = list(places)
    while left:
        asked: dict[str, Any] = {}
        for table, key in left[:_TOGETHER]:
            asked.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
        answer = dynamodb.batch_get_item(RequestItems=asked)
        for table, items in answer["Responses"].items():
            yield from ((table, dict(item)) for item in items)
        unread = answer["UnprocessedKeys"].items()
        left = [*((table, dict(key)) for table, each in unread for key in each["Keys"]), *left[_TOGETHER:]]
