"""Messages out: to the stages' queues, and to the bus that other systems listen on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attendance.events import DecisionMade, Event, ReturnsDue, SchoolDue

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class ThresholdsQueue:
    """The queue of the stage that computes positions."""

    sqs: SQSClient
    url: str

    def send(self, event: SchoolDue) -> None:
        """Ask for a school to be computed again."""
        self.sqs.send_message(QueueUrl=self.url, MessageBody=event.model_dump_json())


@dataclass(frozen=True)
class NoticesQueue:
    """The queue of the stage that carries out decisions: in order for each pupil, side by side for different ones."""

    sqs: SQSClient
    url: str

    def send(self, event: DecisionMade | ReturnsDue, *, told: str) -> None:
        """Send an event; `told` tells apart sendings of the same event that must both arrive (a day, a run)."""
        match event:
            case DecisionMade():
                group, name = event.pupil, f"decision-{event.decision}"
            case ReturnsDue():
                group, name = f"{event.urn}-{event.kind}", f"returns-{event.urn}-{event.kind}-{event.day.isoformat()}"
        self.sqs.send_message(
            QueueUrl=self.url,
            MessageBody=event.model_dump_json(),
            MessageGroupId=group,
            MessageDeduplicationId=f"{name}-{told}",
        )


@dataclass(frozen=True)
class Bus:
    """The event bus for those who want to know: versioned events without personal data."""

    events: EventBridgeClient
    name: str

    def tell(self, *happened: Event) -> None:
        """Put events on the bus, ten a call; an event may be told more than once."""
        for n in range(0, len(happened), 10):
            answer = self.events.put_events(
                Entries=[
                    {
                        "EventBusName": self.name,
                        "Source": "attendance",
                        "DetailType": str(getattr(each, "type")),  # noqa: B009  every event has one; the base does not name it
                        "Detail": each.model_dump_json(),
                    }
                    for each in happened[n : n + 10]
                ]
            )
            if answer["FailedEntryCount"]:
                raise RuntimeError(f"{answer['FailedEntryCount']} events were not taken by the bus")
