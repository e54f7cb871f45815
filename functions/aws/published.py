"""What an operator publishes for the functions to read, each text as it was given.

Table `published`: pk the name (`schools/118001`, `authorities/886`), `body` the text. Nothing but the operator writes there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aws.items import Item, Place, together

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LONGEST: Final = 400_000
"""Bytes of a text: an item of DynamoDB holds 400 KB with its name."""


class TooLong(ValueError):
    """A text is longer than an item holds; the message says which."""


@dataclass(frozen=True)
class Published:
    """The door to the table."""

    dynamodb: DynamoDBClient
    table: str

    def texts(self, *names: str) -> Mapping[str, str]:
        """Those of these texts that were published, by name, read consistently in one call."""
        return self.texts_in(together(self.dynamodb, self.places(*names)))

    def places(self, *names: str) -> list[Place]:
        """Where texts of these names lie, for a call that reads more beside them."""
        return [(self.table, {"pk": {"S": name}}) for name in names]

    def texts_in(self, found: Iterable[tuple[str, Item]]) -> Mapping[str, str]:
        """The texts among items of this table and others, by name."""
        return {item["pk"]["S"]: item["body"]["S"] for table, item in found if table == self.table}

    def put(self, texts: Mapping[str, str]) -> None:
        """Publish texts by name, whatever stands there: an operator's to do, not a function's.

        None of them is put if one is TooLong.
        """
        fitting(texts)
        for name, text in texts.items():
            self.dynamodb.put_item(TableName=self.table, Item={"pk": {"S": name}, "body": {"S": text}})


def fitting(texts: Mapping[str, str]) -> None:
    """Nothing, or TooLong where one of the texts cannot be published."""
    for name, text in texts.items():
        if (size := len(text.encode())) > LONGEST:
            raise TooLong(
                f"{name}: {size:,} bytes are more than the {LONGEST:,} that can be published as one. Shorten it."
            )
