"""Of what moto's models make, only what is stored lives on."""

import gc

import boto3
from moto import mock_aws
from moto.dynamodb.models.dynamo_type import Item

from local import moto_instances

PUT, ASKED = 3, 5


def test_what_a_query_gave_is_gone_and_what_was_put_is_not() -> None:
    with mock_aws(), moto_instances.not_kept():
        dynamodb = boto3.client("dynamodb", "eu-west-2", aws_access_key_id="local", aws_secret_access_key="local")
        dynamodb.create_table(
            TableName="cases",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        for n in range(PUT):
            dynamodb.put_item(TableName="cases", Item={"pk": {"S": "pupil"}, "sk": {"S": f"{n}"}})
        for _ in range(ASKED):
            found = dynamodb.query(
                TableName="cases", KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "pupil"}}
            )["Items"]
            assert len(found) == PUT
        gc.collect()
        assert sum(type(each) is Item for each in gc.get_objects()) == PUT
