"""What moto's tables answer and keep is the same when only the items concerned are looked at."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local import moto_tables

SCHOOLS, PUPILS, ROWS = 3, 4, 5


@pytest.fixture(params=[True, False], ids=["in part", "as moto does"])
def table(request: pytest.FixtureRequest) -> Iterator[Any]:
    with mock_aws(), moto_tables.looked_at_in_part() if request.param else nullcontext():
        dynamodb = boto3.client("dynamodb", "eu-west-2", aws_access_key_id="local", aws_secret_access_key="local")
        dynamodb.create_table(
            TableName="cases",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "school")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "school",
                    "KeySchema": [
                        {"AttributeName": "school", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        for n in reversed(range(SCHOOLS * PUPILS)):
            for row in reversed(range(ROWS)):
                item = {"pk": text(f"pupil-{n}"), "sk": text(f"ROW#{row}"), "n": {"N": "0"}}
                dynamodb.put_item(TableName="cases", Item=item | ({"school": text(f"{n % SCHOOLS}")} if row else {}))
        yield dynamodb


def text(value: str) -> dict[str, str]:
    return {"S": value}


def found(dynamodb: Any, condition: str, **more: Any) -> list[tuple[str, str]]:
    values = {name: text(value) for name, value in more.pop("values").items()}
    pages = dynamodb.get_paginator("query").paginate(
        TableName="cases", KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
    )
    return [(item["pk"]["S"], item["sk"]["S"]) for page in pages for item in page["Items"]]


def test_a_query_gives_the_items_under_its_key_in_order(table: Any) -> None:
    assert found(table, "pk = :p", values={":p": "pupil-7"}) == [("pupil-7", f"ROW#{row}") for row in range(ROWS)]
    assert found(table, "pk = :p AND sk > :s", values={":p": "pupil-7", ":s": "ROW#2"}, Limit=1) == [
        ("pupil-7", "ROW#3"),
        ("pupil-7", "ROW#4"),
    ]
    assert found(table, "pk = :p", values={":p": "nobody"}) == []


def test_a_query_of_an_index_gives_those_that_have_its_keys(table: Any) -> None:
    rows = found(table, "school = :s", values={":s": "1"}, IndexName="school")
    assert rows == [(f"pupil-{n}", f"ROW#{row}") for row in range(1, ROWS) for n in sorted((1, 4, 7, 10), key=str)]
    begun = found(table, "school = :s AND begins_with(sk, :k)", values={":s": "1", ":k": "ROW#4"}, IndexName="school")
    assert begun == [(f"pupil-{n}", "ROW#4") for n in sorted((1, 4, 7, 10), key=str)]


def test_a_transaction_is_carried_out_whole(table: Any) -> None:
    table.transact_write_items(TransactItems=changes("0"))
    assert numbers(table) == {"ROW#0": "1", "ROW#1": "1", "NEW": "1"}


def test_a_transaction_that_fails_leaves_everything_as_it_was(table: Any) -> None:
    before = table.scan(TableName="cases")["Items"]
    with pytest.raises(table.exceptions.TransactionCanceledException):
        table.transact_write_items(TransactItems=changes("9"))
    assert table.scan(TableName="cases")["Items"] == before


def changes(expected: str) -> list[dict[str, Any]]:
    """An update, a put over, a put of a new item, and a condition that holds if the number expected is that of a row."""
    key = {"pk": text("pupil-3"), "sk": text("ROW#0")}
    one = {"N": "1"}
    return [
        {
            "Update": {
                "TableName": "cases",
                "Key": key,
                "UpdateExpression": "SET n = :one",
                "ExpressionAttributeValues": {":one": one},
            }
        },
        {"Put": {"TableName": "cases", "Item": key | {"sk": text("ROW#1"), "n": one}}},
        {"Put": {"TableName": "cases", "Item": key | {"sk": text("NEW"), "n": one}}},
        {
            "ConditionCheck": {
                "TableName": "cases",
                "Key": key | {"sk": text("ROW#2")},
                "ConditionExpression": "n = :n",
                "ExpressionAttributeValues": {":n": {"N": expected}},
            }
        },
    ]


def numbers(dynamodb: Any) -> dict[str, str]:
    query = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": text("pupil-3")}}
    items = dynamodb.query(TableName="cases", **query)["Items"]
    return {item["sk"]["S"]: item["n"]["N"] for item in items if item["n"]["N"] != "0"}
