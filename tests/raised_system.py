"""The raised system as the tests of the flow drive it: send a file, decide, let a day pass, look at what lies where."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

from attendance.directory import Directory, read_directory
from attendance.events import DecisionMade, Event
from attendance.facts import Decision
from attendance.identifiers import pupil_id
from attendance.text import LONDON
from aws.buckets import Bucket
from local.inputs import ToPublish
from local.publish import publish
from local.run import Doors
from local.world import World, raise_world
from tests.made_school import directory, links, settings

BUCKETS = ("uploads", "receipts", "parts", "registers", "reports", "positions")
TABLES = ("cases", "history", "published")


@dataclass(frozen=True)
class System:
    """A raised world with its doors; the numbers keep apart what is sent and what is decided."""

    world: World
    doors: Doors
    uploads: Iterator[int]
    decisions: Iterator[int]

    def at(self, moment: str) -> None:
        """Set the clock to a London time such as `2025-11-10T18:00`."""
        self.world.at(datetime.fromisoformat(moment).replace(tzinfo=LONDON))

    def upload(
        self, body: bytes, urn: str = "900001", la: str = "886", metadata: Mapping[str, str] | None = None
    ) -> str:
        """Send a file and let nothing work yet; its key in the bucket."""
        upload_id = f"upload-{next(self.uploads):03}"
        self.world.put_upload(la, urn, upload_id, body, metadata)
        return f"{la}/{urn}/{upload_id}"

    def send(self, *bodies: bytes, urn: str = "900001", la: str = "886") -> list[dict[str, Any]]:
        """Send files one by one and let the system work after each; the reports on them."""
        reports = []
        for body in bodies:
            key = self.upload(body, urn, la)
            self.drain()
            reports.append(self.report(key))
        return reports

    def receive(self, bodies: Sequence[bytes], order: Random | None = None, *, double: bool = False) -> None:
        """Send the files of a day together and let the system work: in an order drawn, each twice, if so asked."""
        every = [body for body in bodies for _ in range(2 if double else 1)]
        if order:
            order.shuffle(every)
        for body in every:
            self.upload(body)
        self.drain(order, double=double)

    def drain(self, order: Random | None = None, *, double: bool = False) -> None:
        """Let the system work until nothing waits, and see that nothing failed for good."""
        self.world.drain(order, double=double)
        assert not self.world.dead_letters()

    def day_passes(self) -> None:
        """The daily schedule fires."""
        self.world.day_passed()
        self.drain()

    def record(self, upn: str, action: str, parent_id: str | None = None, by: str = "o1", **more: Any) -> DecisionMade:
        """Record a decision of today and send nothing yet; the event that says so."""
        row = next(self.decisions)
        given = {"la": "886", "urn": "900001", **more}
        on = datetime.now(LONDON).date()
        decision = Decision(
            id=f"d{row:023}", row=row, on=on, upn=upn, action=action, parent_id=parent_id, by=by, **given
        )
        pupil = pupil_id(upn, self.doors.secret)
        assert self.doors.cases.decide(pupil, decision)
        return DecisionMade(la=decision.la, pupil=pupil, decision=decision.id, correlation_id=decision.id)

    def tell(self, event: DecisionMade, told: str = "decided") -> None:
        """Send a decision's event and let the system work."""
        self.doors.to_notices.send(event, told=told)
        self.drain()

    def decide(self, upn: str, action: str, parent_id: str | None = None, by: str = "o1", **more: Any) -> Any:
        """Decide as the API would; the step as it stands afterwards."""
        event = self.record(upn, action, parent_id, by, **more)
        self.tell(event)
        return self.step(event)

    def step(self, event: DecisionMade) -> Any:
        """What became of a decision."""
        step = self.doors.cases.step(event.la, event.pupil, event.decision)
        assert step is not None
        return step

    def publish(
        self,
        directory: Directory | None = None,
        settings: Mapping[str, str] | None = None,
        letters: Mapping[str, str] | None = None,
    ) -> None:
        """Publish a directory, settings by authority and words of early letters by URN, as an operator does."""
        publish(self.doors.published, ToPublish(directory, dict(settings or {}), dict(letters or {})))

    def bucket(self, name: str) -> Bucket:
        """A bucket by its short name: `parts`, `authority-886`."""
        return Bucket(self.world.s3, self.world.names[name])

    def objects(self, name: str) -> dict[str, bytes]:
        """All that lies in a bucket, by key."""
        bucket = self.bucket(name)
        return {key: stored.body for key in bucket.keys("") if (stored := bucket.get(key))}

    def report(self, key: str) -> dict[str, Any]:
        """The report on an upload."""
        found: dict[str, Any] = json.loads(self.objects("reports")[f"{key}.json"])
        return found

    def position(self, upn: str, urn: str = "900001") -> dict[str, Any]:
        """A pupil's position at a school, as last written."""
        keys = [key for key in self.bucket("positions").keys("") if f"/urn={urn}/" in key]
        positions = json.loads(self.objects("positions")[max(keys)])
        [found] = [each for each in positions["pupils"] if each["upn"] == upn]
        return dict(found)

    def cases(self, upn: str, la: str = "886") -> tuple[Any, ...]:
        """The cases of a pupil in an authority, forgotten ones left out."""
        found = self.doors.cases.of_pupil(la, pupil_id(upn, self.doors.secret)).cases
        return tuple(case for case in found if case.state != "forgotten")

    def notices(self, upn: str, la: str = "886") -> tuple[Any, ...]:
        """The notices of a pupil in an authority."""
        return self.doors.cases.of_pupil(la, pupil_id(upn, self.doors.secret)).notices

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table, as DynamoDB has it, by key."""
        found = self.world.dynamodb.scan(TableName=self.world.names[table])["Items"]
        return sorted(
            (dict(item) for item in found), key=lambda item: [item[k]["S"] for k in ("pk", "sk") if k in item]
        )

    def everything(self) -> dict[str, Any]:
        """All objects and items: for comparing before and after."""
        names = (*BUCKETS, *(name for name in self.world.names if name.startswith("authority-")))
        return {name: self.objects(name) for name in names} | {t: self.items(t) for t in TABLES}


@contextmanager
def raised(
    schools: Mapping[str, str] | None = None,
    successions: tuple[tuple[str, str], ...] = (),
    given: Mapping[str, str] | None = None,
    wording: Mapping[str, str] | None = None,
) -> Iterator[System]:
    """A raised system whose directory lists these schools (URN: authority), whose authorities gave settings, and of which some
    gave the words of their early letters.
    """
    schools = schools or {"900001": "886"}
    given = {la: settings(la) for la in sorted(set(schools.values()))} if given is None else given
    with raise_world(sorted(set(schools.values()))) as world:
        system = System(world, Doors.of(world), count(1), count(2))
        listed = read_directory(directory(schools), links(*successions) if successions else None)
        system.publish(listed, given, wording)
        yield system


def listening(monkeypatch: Any) -> list[Event]:
    """Every event that is put on the bus from now on."""
    from aws.messages import Bus

    heard: list[Event] = []
    tell = Bus.tell

    def hear(bus: Bus, *happened: Event) -> None:
        heard.extend(happened)
        tell(bus, *happened)

    monkeypatch.setattr(Bus, "tell", hear)
    return heard
