"""All that is stored in a raised world, as a digest for each thing: what is compared after a fault.

Read straight from moto, since it is read thousands of times. Left out, each because it differs without harm or by chance:

- bytes of reports (that each is there is compared): a check that came later may know more, and the first answer stands;
- version ids (also those that receipts name) and times of change of objects, which moto draws and stamps; how many versions
  there are is compared where an object is written once;
- how often an event was told to the bus, and by which message (its correlation id): that each was told is compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

from local.synth import LOCAL_PREFIX
from local.template import ACCOUNT, REGION
from local.world import World

_WRITTEN_ONCE: Final = ("receipts", "parts", "reports", "authority-")

type Stored = Mapping[str, str]


def stored(world: World, told: Iterable[str]) -> dict[str, str]:
    """The digest of every object, item, dead letter and kind of event told, by its name."""
    found: dict[str, str] = {}
    for bucket in s3_backends[ACCOUNT]["aws"].buckets.values():
        short = bucket.name.removeprefix(f"{LOCAL_PREFIX}-")
        for name, versions in bucket.keys.iterlists():
            found[f"{short}/{name}"] = _object(short, versions)
    for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
        short = table.name.removeprefix(f"{LOCAL_PREFIX}-")
        for item in table.all_items():
            said = item.to_json()["Attributes"]
            found[" ".join([short, *(said[name]["S"] for name in ("pk", "sk") if name in said)])] = _digest(said)
    for queue, bodies in world.dead_letters().items():
        found[f"dead letters {queue}"] = str(len(bodies))
    for event in told:
        said = {name: value for name, value in json.loads(event).items() if name != "correlation_id"}
        found[f"event {json.dumps(said)}"] = "told"
    return found


def meant(world: World) -> dict[str, str]:
    """The same for any order of messages: less events, versions of items, and what is as if it had never been.

    A case that opened and lapsed on one day is forgotten, a return that was due for a moment lapsed: whether they were there at
    all depends on the order of the files of that day, and how often an item was stored does too.
    """
    tables = {
        table.name.removeprefix(f"{LOCAL_PREFIX}-"): table
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values()
        if table.has_range_key  # what is published is text, and nobody's order changes it
    }
    found = {name: digest for name, digest in stored(world, ()).items() if name.split(" ")[0] not in tables}
    for short, table in tables.items():
        for item in table.all_items():
            said = item.to_json()["Attributes"]
            body = json.loads(said.get("body", {"S": "{}"})["S"])
            standing = json.loads(said.get("standing", {"S": "{}"})["S"])
            if body.get("lapsed") or body.get("state") == "forgotten":
                continue
            kept = {name: value for name, value in said.items() if name not in {"body", "standing", "version"}}
            for each in (body, standing):
                each.pop("version", None)
            found[f"{short} {said['pk']['S']} {said['sk']['S']}"] = _digest([kept, body, standing])
    return found


def _object(bucket: str, versions: list[Any]) -> str:
    last = versions[-1]
    if not hasattr(last, "etag"):
        return "deleted"
    once = f" in {len(versions)} versions" if bucket.startswith(_WRITTEN_ONCE) else ""
    if bucket == "reports" and not {"told", "letters"} & set(last.name.split("/")):
        return f"a report{once}"
    if bucket == "receipts":  # it names the version of the upload
        return _digest({name: value for name, value in json.loads(last.value).items() if name != "version"}) + once
    kept = [last.etag, last.lock_mode, str(last.lock_until), sorted(dict(last.metadata or {}).items())]
    return _digest(kept) + once


def _digest(said: Any) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def differences(one: Stored, other: Stored) -> list[str]:
    """What differs, by name: missing, more, or other than it was without a fault."""
    return [
        f"{name}: {'missing' if name not in other else 'not there without a fault' if name not in one else 'differs'}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]
