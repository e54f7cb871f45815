"""Every message that travels between functions: one frozen, versioned model each; unknown fields are ignored."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

# A function handles few of these, and each built costs a millisecond of its cold start: built when first used.
_DEFERRED: Final = ConfigDict(defer_build=True)


class Event(BaseModel):
    """What all events share: immutable, and tolerant of fields a later version adds."""

    model_config = ConfigDict(
        **_DEFERRED, frozen=True, extra="ignore", json_schema_serialization_defaults_required=True
    )


class DayPassed(Event):
    """The daily schedule fired: ask for all that is due by itself (design 4.7)."""

    type: Literal["day.passed.v1"] = "day.passed.v1"


class SchoolDue(Event):
    """Something known of this school changed, or a day passed that matters to it: compute it again.

    With a `day`, its returns and daily lists that are due by then are written next: what they say is then true.
    """

    type: Literal["school.due.v1"] = "school.due.v1"
    la: str
    urn: str
    correlation_id: str
    day: date | None = None


class DecisionMade(Event):
    """An officer's decision stands recorded: carry it out."""

    type: Literal["decision.made.v1"] = "decision.made.v1"
    la: str
    pupil: str
    decision: str
    correlation_id: str


class ReturnsDue(Event):
    """Returns of one kind of one school are due: write them."""

    type: Literal["returns.due.v1"] = "returns.due.v1"
    la: str
    urn: str
    kind: str
    day: date
    correlation_id: str


class ThresholdMet(Event):
    """A case opened because a pupil met the threshold."""

    type: Literal["threshold.met.v1"] = "threshold.met.v1"
    la: str
    urn: str
    case: str
    correlation_id: str


class NoticeIssued(Event):
    """A document lies in the authority's bucket."""

    type: Literal["notice.issued.v1"] = "notice.issued.v1"
    la: str
    case: str
    reference: str
    kind: str
    correlation_id: str


class BucketName(Event):
    """The bucket part of an S3 event."""

    name: str


class StoredObject(Event):
    """The object part of an S3 event: the key arrives raw through EventBridge (style.md, traps)."""

    key: str
    version_id: str = Field(alias="version-id")


class ObjectDetail(Event):
    """The detail of an S3 Object Created event, as far as we rely on it."""

    bucket: BucketName
    object: StoredObject


class ObjectCreated(Event):
    """S3's own event, delivered by EventBridge: the part (or the upload) is the message."""

    type: Literal["Object Created"] = Field(alias="detail-type")
    id: str
    time: datetime
    detail: ObjectDetail

    @property
    def correlation_id(self) -> str:
        """Taken from the object, so that a redelivery carries the same one."""
        return self.detail.object.version_id


ToThresholds = Annotated[DayPassed | SchoolDue, Field(discriminator="type")]
ToNotices = Annotated[DecisionMade | ReturnsDue, Field(discriminator="type")]

TO_THRESHOLDS: TypeAdapter[DayPassed | SchoolDue] = TypeAdapter(ToThresholds, config=_DEFERRED)
TO_NOTICES: TypeAdapter[DecisionMade | ReturnsDue] = TypeAdapter(ToNotices, config=_DEFERRED)
TOLD: tuple[type[Event], ...] = (ThresholdMet, NoticeIssued)
"""What other systems are told on the bus; the others stay between the functions."""
EVENTS: tuple[type[Event], ...] = (
    DayPassed, SchoolDue, DecisionMade, ReturnsDue, *TOLD,
)  # fmt: skip
