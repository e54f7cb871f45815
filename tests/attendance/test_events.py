"""Every event travels as JSON and arrives as it was sent; what a later version adds is ignored, what it renames is refused."""

import json
from datetime import date
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from attendance.events import (
    EVENTS,
    TO_NOTICES,
    TO_THRESHOLDS,
    DayPassed,
    DecisionMade,
    Event,
    NoticeIssued,
    ObjectCreated,
    ReturnsDue,
    SchoolDue,
    ThresholdMet,
)

ONE_OF_EACH: tuple[Event, ...] = (
    DayPassed(),
    SchoolDue(la="886", urn="900001", correlation_id="c-1"),
    DecisionMade(la="886", pupil="7XSS2JJMBKNQEHUVE5J5OBUIND", decision="0123456789abcdef01234567", correlation_id="c-1"),
    ReturnsDue(la="886", urn="900001", kind="sickness", day=date(2025, 11, 3), correlation_id="c-1"),
    ThresholdMet(la="886", urn="900001", case="7XSS2JJMBKNQEHUVE5J5OBUIND-886-1", correlation_id="c-1"),
    NoticeIssued(
        la="886", case="7XSS2JJMBKNQEHUVE5J5OBUIND-886-1", reference="8869F3HP428T", kind="penalty_notice",
        correlation_id="c-1",
    ),
)  # fmt: skip
S3_EVENT: dict[str, Any] = {
    "version": "0",
    "id": "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": "123456789012",
    "time": "2025-11-03T18:00:00Z",
    "region": "eu-west-2",
    "resources": ["arn:aws:s3:::uploads"],
    "detail": {
        "version": "0",
        "bucket": {"name": "uploads"},
        "object": {"key": "886/900001/St Mary+s.csv", "size": 5, "version-id": "IYV3p45BT0ac", "sequencer": "00"},
        "request-id": "N4N7GDK58NMKJ12R",
        "reason": "PutObject",
    },
}  # fmt: skip
named = pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: type(event).__name__)


def test_one_of_each_is_here() -> None:
    ours = {each for each in Event.__subclasses__() if "type" in each.model_fields and each is not ObjectCreated}
    assert {type(event) for event in ONE_OF_EACH} == set(EVENTS) == ours


@named
def test_an_event_arrives_as_it_was_sent(event: Event) -> None:
    assert type(event).model_validate_json(event.model_dump_json()) == event


@named
def test_what_a_later_version_adds_is_ignored(event: Event) -> None:
    more = json.dumps(json.loads(event.model_dump_json()) | {"added_later": {"deep": [1]}})
    assert type(event).model_validate_json(more) == event


@named
def test_another_version_is_another_event(event: Event) -> None:
    name, _, version = str(event.type).rpartition(".")  # type: ignore[attr-defined]
    assert version == "v1"
    later = json.dumps(json.loads(event.model_dump_json()) | {"type": f"{name}.v2"})
    with pytest.raises(ValidationError):
        type(event).model_validate_json(later)


@named
def test_an_event_does_not_change(event: Event) -> None:
    with pytest.raises(ValidationError):
        event.type = "other"  # type: ignore[attr-defined]


@named
def test_an_event_says_which_request_it_belongs_to(event: Event) -> None:
    assert "correlation_id" in type(event).model_fields or isinstance(event, DayPassed)


def test_no_two_events_have_the_same_type() -> None:
    types = [get_args(event.model_fields["type"].annotation)[0] for event in EVENTS]
    assert len(set(types)) == len(types)


@pytest.mark.parametrize(
    ("queue", "takes"),
    [(TO_THRESHOLDS, (DayPassed, SchoolDue)), (TO_NOTICES, (DecisionMade, ReturnsDue))],
    ids=["thresholds", "notices"],
)
@named
def test_each_queue_tells_its_events_apart_and_takes_no_other(
    event: Event, queue: Any, takes: tuple[type, ...]
) -> None:
    if isinstance(event, takes):
        assert queue.validate_json(event.model_dump_json()) == event
    else:
        with pytest.raises(ValidationError):
            queue.validate_json(event.model_dump_json())


def test_the_event_of_a_stored_object_is_read_as_eventbridge_sends_it() -> None:
    event = ObjectCreated.model_validate(S3_EVENT)
    assert event.detail.object.key == "886/900001/St Mary+s.csv", "keys arrive raw: nothing is decoded"
    assert (event.detail.object.version_id, event.detail.bucket.name) == ("IYV3p45BT0ac", "uploads")
    assert event.correlation_id == "IYV3p45BT0ac", "the same for every delivery"
    assert ObjectCreated.model_validate_json(event.model_dump_json(by_alias=True)) == event
