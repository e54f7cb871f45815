"""docs/integrating.md does what it says: its steps run as they are written, and its events are those that are told."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import jsonschema
import pytest
from moto.events.models import EventPattern

from attendance.events import TOLD, ThresholdMet
from local.door import ByDoor, server
from local.synth import LOCAL_PREFIX
from tests.asking import Asking, asking

pytestmark = pytest.mark.contract

DOCS: Final = Path(__file__).parents[2] / "docs"
FORMATS: Final = DOCS / "formats"
PAGE: Final = (DOCS / "integrating.md").read_text(encoding="utf-8")
STEPS: Final = re.findall(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", PAGE, re.MULTILINE | re.DOTALL)
"""Each block of the page that is to be run, and what it says is printed."""
JSON: Final = [json.loads(each) for each in re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
EXAMPLE: Final = next(each for each in JSON if isinstance(each["source"], str))
PATTERN: Final = json.dumps(next(each for each in JSON if isinstance(each["source"], list)))
DEPLOYMENT: Final = "attendance-dev-123456789012"
OURS: Final = "uv run "
RETURN, WRITTEN = "attendance-900001-2025-11-24.csv", b"urn\r\n900001\r\n"
"""A return made for the school, which the steps fetch."""


@pytest.fixture(scope="module")
def api() -> Iterator[Asking]:
    with asking() as api, server(0, type("Handler", (ByDoor,), {"door": api.door})) as listening_:
        threading.Thread(target=listening_.serve_forever, daemon=True).start()
        api.system.bucket("authority-886").put_once(f"returns/{RETURN}", WRITTEN, "text/csv")
        api.door.url = f"http://127.0.0.1:{listening_.server_port}"  # what signed links begin with
        yield api
        listening_.shutdown()


@pytest.fixture(scope="module")
def ran(api: Asking, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path, list[dict[str, Any]]]:
    """What each block printed, the folder in which it all ran, and what a rule with the page's pattern passed on meanwhile."""
    folder = tmp_path_factory.mktemp("vendor")
    mark = "--- the next step ---"
    blocks = [block for block, _ in STEPS if not block.startswith(OURS)]
    script = f"\necho '{mark}'\n".join(["set -euo pipefail\n", *blocks])
    bash = shutil.which("bash")
    assert bash
    assert shutil.which("curl"), "the page is tried with curl"
    sqs, told = boto3.client("sqs"), boto3.client("events")
    queue = sqs.create_queue(QueueName="of-a-vendor")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    told.put_rule(Name="reports-of-900001", EventPattern=PATTERN.replace(DEPLOYMENT, LOCAL_PREFIX))
    told.put_targets(Rule="reports-of-900001", Targets=[{"Id": "vendor", "Arn": arn}])
    done = subprocess.run(  # noqa: S603 - our own page
        [bash, "-c", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "API": api.door.url, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    heard = [
        json.loads(message["Body"])
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ())
    ]
    return done.stdout.split(f"{mark}\n")[1:], folder, heard


def test_the_steps_run_as_they_are_written_and_print_what_the_page_says(
    ran: tuple[list[str], Path, list[dict[str, Any]]],
) -> None:
    printed, _, _ = ran
    steps = [(block, said) for block, said in STEPS if not block.startswith(OURS)]
    assert len(steps) > 10
    assert len([said for _, said in steps if said]) >= 7
    for (block, said), out in zip(steps, printed, strict=True):
        assert not said or out == said, block


def test_at_the_end_the_file_is_accepted_whole(ran: tuple[list[str], Path, list[dict[str, Any]]]) -> None:
    _, folder, _ = ran
    (checked,) = json.loads((folder / "check.json").read_bytes())["files"]
    (mended,) = json.loads((folder / "report.json").read_bytes())["files"]
    assert (checked["rows"], checked["accepted"]) == (2, 1)
    assert (mended["rows"], mended["accepted"], mended["totals"]["error"]) == (2, 2, 0)


def test_the_return_that_was_made_for_the_school_is_fetched(ran: tuple[list[str], Path, list[dict[str, Any]]]) -> None:
    _, folder, _ = ran
    assert (folder / RETURN).read_bytes() == WRITTEN


@pytest.mark.parametrize("name", ["report", "positions"])
def test_what_was_read_is_as_its_schema_says(name: str, ran: tuple[list[str], Path, list[dict[str, Any]]]) -> None:
    _, folder, _ = ran
    schema = json.loads((FORMATS / f"{name}.schema.json").read_bytes())
    read = json.loads((folder / f"{name}.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(read)
    some = next(iter(schema["required"]))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({key: value for key, value in read.items() if key != some})


def test_a_rule_with_the_pattern_of_the_page_tells_of_each_report_that_can_be_read(
    ran: tuple[list[str], Path, list[dict[str, Any]]],
) -> None:
    _, folder, heard = ran
    upload = json.loads((folder / "upload.json").read_bytes())["upload"]
    assert len(heard) == 2
    assert heard[-1]["detail"]["object"]["key"] == f"886/900001/{upload}.json"
    pattern = EventPattern.load(PATTERN.replace(DEPLOYMENT, LOCAL_PREFIX))
    elsewhere = {**heard[0]["detail"], "object": {"key": f"886/900002/{upload}.json"}}
    assert not pattern.matches_event({**heard[0], "detail": elsewhere})


def test_the_events_of_the_page_are_those_of_the_code() -> None:
    section = PAGE.split("## Be told", 1)[1]
    rows = re.findall(r"^\| `([\w.]+)` \| [^|]+ \| (.+) \|$", section, re.MULTILINE)
    written = {kind: ["type", *re.findall(r"`(\w+)`", fields)] for kind, fields in rows}
    assert written == {str(each.model_fields["type"].default): list(each.model_fields) for each in TOLD}


def test_the_example_of_an_event_is_one() -> None:
    said = ThresholdMet.model_validate(EXAMPLE["detail"])
    assert json.loads(said.model_dump_json()) == EXAMPLE["detail"]
    assert EXAMPLE["detail-type"] == said.type
