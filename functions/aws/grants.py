"""Whom the API knows: for which schools and authorities a person or program acts, and what each asked for lately.

Table `grants`: pk the subject of the token, sk `GRANT` (written by the operator, read by the function); pk `KEY#{hash}`, sk
`KEY`: an idempotency key with what was asked under it, gone a while later (`expires_at`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from attendance.text import canonical_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = timedelta(days=7)
"""So long an idempotency key is remembered; what was asked under it outlives it."""

Kind = Literal["vendor", "school", "officer"]
type Place = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}/([0-9]{6}|\*)$")]
type Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
type OfficerId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Grant(BaseModel):
    """For whom somebody acts: `schools` (`886/118001`, or `886/*` for all of an authority), or the authorities that an
    officer decides for, each with their id in that authority's settings.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    kind: Kind
    schools: tuple[Place, ...] = ()
    officer: Mapping[Code, OfficerId] = Field(default_factory=dict)
    until: date | None = None

    @property
    def authorities(self) -> tuple[str, ...]:
        """The authorities that they decide for, or act for schools of."""
        return tuple(sorted({*self.officer, *(place.partition("/")[0] for place in self.schools)}))

    def everywhere(self, la: str) -> bool:
        """Whether they see every school of an authority."""
        return la in self.officer or f"{la}/*" in self.schools

    def named(self, la: str) -> tuple[str, ...]:
        """The schools (URN) of an authority that are named one by one."""
        given = (place.split("/") for place in self.schools)
        return tuple(sorted({urn for of, urn in given if of == la and urn != "*"}))

    def acts_for(self, la: str, urn: str) -> bool:
        """Whether this is the school's own, or a program that acts for it."""
        return f"{la}/{urn}" in self.schools or f"{la}/*" in self.schools

    def sees(self, la: str, urn: str) -> bool:
        """Whether this may see what is of a school: the school, who acts for it, and an officer of its authority."""
        return self.acts_for(la, urn) or la in self.officer


@dataclass(frozen=True)
class Asked:
    """What was asked under an idempotency key: a hash of it, the moment it came first, and the names made from it."""

    name: str
    """Names the key of this subject: the same whenever it is sent."""
    at: datetime
    new: bool


class KeyReused(Exception):
    """The same idempotency key, for something else."""


@dataclass(frozen=True)
class Grants:
    """The door to the table."""

    dynamodb: "DynamoDBClient"
    table: str

    def of(self, subject: str) -> Grant | None:
        """The grant of a subject, or None."""
        found = self.dynamodb.get_item(
            TableName=self.table, Key={"pk": {"S": subject}, "sk": {"S": "GRANT"}}, ConsistentRead=True
        ).get("Item")
        return Grant.model_validate_json(found["body"]["S"]) if found else None

    def give(self, subject: str, grant: Grant) -> None:
        """Store the grant of a subject: an operator's to do, not a function's."""
        item = {"pk": {"S": subject}, "sk": {"S": "GRANT"}, "body": {"S": grant.model_dump_json()}}
        self.dynamodb.put_item(TableName=self.table, Item=item)

    def asked(self, subject: str, key: str, what: object, now: datetime) -> Asked:
        """Remember what is asked under a key; KeyReused if something else was asked under it before."""
        name = hashlib.sha256(canonical_json([subject, key]).encode()).hexdigest()
        digest = hashlib.sha256(canonical_json(what).encode()).hexdigest()
        item = {
            "pk": {"S": f"KEY#{name}"},
            "sk": {"S": "KEY"},
            "asked": {"S": digest},
            "at": {"S": now.isoformat()},
            "expires_at": {"N": str(int((now + KEPT).timestamp()))},
        }
        try:
            self.dynamodb.put_item(TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            before = self.dynamodb.get_item(
                TableName=self.table, Key={"pk": item["pk"], "sk": item["sk"]}, ConsistentRead=True
            )["Item"]
            if before["asked"]["S"] != digest:
                raise KeyReused from None
            return Asked(name, datetime.fromisoformat(before["at"]["S"]), new=False)
        return Asked(name, now, new=True)
