"""`attendance erase`: two people, and then no word of the child anywhere; the others are as they were, and all adds up."""

import io
import json
import os
import pickle
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pypdf
import pytest
from botocore.client import BaseClient
from deployed import Deployed
from policies import Resource, decide

from attendance.grid import grid_in
from attendance.identifiers import pupil_id
from attendance.register import entries_of
from local.command import main
from local.erasing import Who
from local.inputs import BadInput
from local.synth import LOCAL_PREFIX, templates
from local.template import ACCOUNT, REGION
from tests.made_school import (
    FIRST_DAY,
    Child,
    away,
    calendar,
    csv_of,
    letters,
    marks,
    parents,
    pupils,
    support,
    upn,
)
from tests.raised_system import System, raised

CHILD = Child(upn(1), parent_row={"email": "marmadukina@zephyrine.example"})
OTHER = Child(
    upn(2), "Otherwhile", "Balthasarina", "2013-11-30", "4 Xanthippe Row", "ZZ99 4VV", parent_row={"forename": "Other"}
)
LAST = date(2025, 10, 6)
HOLIDAY = away(date(2025, 9, 29), date(2025, 10, 3))
WORDS = CHILD.words - {"Crispinette"} | {"marmadukina@zephyrine.example", "Snoring all day"}
ASKER = Who(
    arn="arn:aws:sts::123456789012:assumed-role/attendance-local-erasure/alex@made-up.example", user_id="AROA:alex"
)
OFFICER = Who(
    arn="arn:aws:sts::123456789012:assumed-role/attendance-local-erasure/sam@made-up.example", user_id="AROA:sam"
)
ASK = ("--la", "886", "--reason", "a court's order of 5 January", "--under", "UK GDPR art 17(1)(e)")
GIVEN = {"ground": "support_not_appropriate", "reason": "Snoring all day"}
pytestmark = pytest.mark.operations


def archive() -> bytes:
    """Files named after the child, with a row that is wrong and one of the other child."""
    wrong = [
        {"upn": CHILD.upn, "date": "2025-10-06", "session": "AM", "code": "?"},
        {"upn": CHILD.upn, "date": CHILD.born, "session": CHILD.forename, "code": "/"},
        {"upn": OTHER.upn, "date": "2025-10-06", "session": "AM", "code": "!"},
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(f"{CHILD.surname} {CHILD.forename}.csv", csv_of(wrong))
        zipped.writestr("nothing.txt", "nothing")
    return packed.getvalue()


def a_term(system: System) -> None:
    """Two siblings on holiday: notices, a withdrawal, a paper, letters, lists, returns, the pack of the term."""
    system.at(f"{LAST}T18:00")
    rows = [row for child in (CHILD, OTHER) for row in marks(child, FIRST_DAY, LAST, HOLIDAY)]
    roll = pupils(CHILD, OTHER), parents(CHILD, OTHER), calendar(FIRST_DAY, date(2025, 12, 19))
    system.send(
        *roll,
        csv_of(rows),
        archive(),
        support(CHILD, date(2025, 9, 15), "declined"),
        f"{CHILD.upn},{CHILD.surname}".encode(),
    )
    system.day_passes()
    for child, reason in ((CHILD, "Snoring all day"), (OTHER, "a holiday")):
        given = {**GIVEN, "reason": reason}
        assert system.decide(child.upn, "authorise_penalty_notice", "P1", **given).outcome == "done"
    assert system.decide(CHILD.upn, "prepare_document", "P1", ground="attendance_contract").outcome == "done"
    assert system.decide(CHILD.upn, "withdraw", "P1", ground="ought_not", reason="Snoring all day").outcome == "done"
    system.at("2025-12-19T18:00")
    system.send(csv_of(marks(OTHER, date(2025, 10, 7), date(2025, 12, 19))))
    absent = away(date(2025, 10, 7), date(2025, 11, 7), "I")
    system.send(
        csv_of(marks(CHILD, date(2025, 10, 7), date(2025, 12, 18), absent))
    )  # a mark of the last day is missing
    system.at("2025-12-31T18:30")
    for _ in range(2):
        system.day_passes()
    another = json.dumps({"decision": {"id": "x", "upn": CHILD.upn, "reason": "Snoring all day"}}).encode()
    system.bucket("authority-886").put_once("another-folder/x.json", another)  # a record that nobody here knows


@pytest.fixture
def system() -> Iterator[System]:
    with raised(wording={"900001": letters()}) as system:
        a_term(system)
        yield system


def a_week(system: System) -> None:
    """Two children, a notice to one of them, the lists and letters of the day."""
    system.at(f"{LAST}T18:00")
    rows = [row for child in (CHILD, OTHER) for row in marks(child, FIRST_DAY, LAST, HOLIDAY)]
    system.send(pupils(CHILD, OTHER), parents(CHILD, OTHER), csv_of(rows), archive())
    assert system.decide(CHILD.upn, "authorise_penalty_notice", "P1", **GIVEN).outcome == "done"
    system.day_passes()


@pytest.fixture
def small() -> Iterator[System]:
    with raised() as system:
        a_week(system)
        yield system


@pytest.fixture
def by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Who], None]:
    """Sets who calls."""

    def calls(who: Who) -> None:
        monkeypatch.setattr("local.erase.caller", lambda: who)

    calls(ASKER)
    return calls


def erase(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["erase", "--prefix", LOCAL_PREFIX, "--upn", CHILD.upn, *given])
    told = capsys.readouterr()
    assert not any(word in told.out + told.err for word in WORDS)
    return code, told.out + told.err


def asked(capsys: pytest.CaptureFixture[str]) -> str:
    code, told = erase(capsys, *ASK)
    assert code == 0
    return re.findall(r"886-[0-9a-f]{16}", told)[0]


def every_version(system: System) -> Iterator[tuple[str, str, bytes]]:
    """Bucket, key and bytes of everything that lies anywhere."""
    for bucket in system.world.s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        short = name.removeprefix(f"{LOCAL_PREFIX}-")
        for page in system.world.s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for each in page.get("Versions", ()):
                body = system.world.s3.get_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
                yield short, each["Key"], body["Body"].read() + json.dumps(body["Metadata"]).encode()


def words_of(key: str, body: bytes) -> str:
    """All that can be read in an object."""
    if key.endswith(".parquet"):
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            parquet = body[: body.rindex(b"PAR1") + 4]
            Path(file.name).write_bytes(parquet)
            grid = grid_in(parquet)
            in_force = grid.upns if grid else ()
            return f"{duckdb.sql(f"SELECT * FROM '{file.name}'").fetchall()} {in_force}"
    if key.endswith(".pdf"):
        reader = pypdf.PdfReader(io.BytesIO(body))
        attached = [each.decode(errors="replace") for bodies in reader.attachments.values() for each in bodies]
        return " ".join([*(page.extract_text() for page in reader.pages), *attached, str(reader.metadata)])
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as zipped:
            return " ".join(f"{name} {zipped.read(name).decode()}" for name in zipped.namelist())
    if body.startswith(b"\x1f\x8b"):
        plain = zlib.decompressobj(wbits=31)
        return plain.decompress(body).decode(errors="replace") + plain.unused_data.decode(errors="replace")
    return body.decode(errors="replace")


def mentions(system: System) -> set[str]:
    """Where a word of the child stands: objects in all versions, items, messages, the log."""
    texts = {f"{name}/{key}": words_of(key, body) for name, key, body in every_version(system)}
    texts |= {
        f"{t} {item['pk']['S']} {item['sk']['S']}": json.dumps(item)
        for t in ("cases", "history")
        for item in system.items(t)
    }
    texts |= {f"log {n}": line for n, line in enumerate(system.world.log)}
    return {place for place, text in texts.items() if any(word.casefold() in text.casefold() for word in WORDS)}


def others(system: System) -> dict[str, Any]:
    """What there is of the other child: entries, roll, position, cases, notices, documents."""
    record = system.doors.registers.read("886", "900001")
    mine = {
        key: body
        for key, body in system.objects("authority-886").items()
        if any(n.reference in key for n in system.notices(OTHER.upn))
    }
    entries = entries_of(record.bodies, OTHER.upn)
    return {
        "entries": entries, "pupil": record.roll.pupils[OTHER.upn], "parents": record.roll.parents[OTHER.upn],
        "calendar": record.roll.calendar, "position": system.position(OTHER.upn), "cases": system.cases(OTHER.upn),
        "notices": system.notices(OTHER.upn), "documents": mine,
    }  # fmt: skip


def balanced(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    capsys.readouterr()
    main(["reconcile", "--prefix", LOCAL_PREFIX, "--format", "json"])
    return {each["name"]: each["left"] for each in json.loads(capsys.readouterr().out)["balances"] if each["left"]}


def verified(system: System, folder: Path) -> int:
    """Whether the notice of the other child holds, by what is stored now."""
    [notice] = system.notices(OTHER.upn)
    pdf = folder / f"{notice.reference}.pdf"
    pdf.write_bytes(system.objects("authority-886")[f"notices/{notice.reference}.pdf"])
    return main(["verify", str(pdf), "--prefix", LOCAL_PREFIX])


def test_two_people_erase_a_child_and_nothing_of_the_others(
    system: System, by: Callable[[Who], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before, found = others(system), mentions(system)
    assert verified(system, tmp_path) == 0
    assert {place.split("/")[0].split()[0] for place in found} == {
        "uploads", "parts", "registers", "positions", "reports", "authority-886", "cases", "history",
    }  # fmt: skip
    assert [place for place in found if re.fullmatch(r"reports/886/900001/[^/]*\.json", place)], (
        "packed, and read all the same"
    )
    folders = {place.split("/")[1] for place in found if place.startswith("authority-886/")}
    assert folders >= {"notices", "papers", "withdrawals", "returns", "told", "packs"}
    assert balanced(capsys) == {}

    id_ = asked(capsys)
    assert mentions(system) == found, "asking takes nothing away"
    by(OFFICER)
    code, told = erase(capsys, "--approve", id_)
    assert (code, "carried out by sam@made-up.example" in told) == (0, True)
    assert mentions(system) == set()
    system.drain()

    assert mentions(system) == set()
    assert others(system) == before
    assert verified(system, tmp_path) == 0, (
        "the parts that it rests on have the same names, and the same entries of this child"
    )
    assert balanced(capsys) == {}
    stub = json.loads(system.objects("authority-886")[f"erasures/{id_}/done.json"])
    assert (stub["reason"], stub["under"], stub["pupil"]) == (ASK[3], ASK[5], pupil_id(CHILD.upn, system.doors.secret))
    assert (stub["asked_by"]["arn"], stub["approved_by"]["arn"]) == (ASKER.arn, OFFICER.arn)
    assert {each["bucket"] for each in stub["objects"]} == {
        "uploads",
        "parts",
        "registers",
        "positions",
        "reports",
        "authority",
    }
    assert all(re.fullmatch("[0-9a-f]{64}", each["sha256"]) and each["version"] for each in stub["objects"])
    marks_left = [
        item for t in ("cases", "history") for item in system.items(t) if item["sk"]["S"].startswith("ERASED#")
    ]
    assert [json.loads(item["body"]["S"])["reason"] for item in marks_left] == [ASK[3], ASK[3]]

    before = system.everything()
    assert erase(capsys, "--approve", id_)[0] == 0, "it is done already"
    system.drain()
    assert system.everything() == before


def test_a_school_that_goes_on_sending_makes_a_new_start_and_the_same_bytes_bring_nothing_back(
    system: System, by: Callable[[Who], None], capsys: pytest.CaptureFixture[str]
) -> None:
    roll = pupils(CHILD, OTHER)
    id_ = asked(capsys)
    by(OFFICER)
    assert erase(capsys, "--approve", id_)[0] == 0
    system.drain()
    assert main(["rebuild", "--prefix", LOCAL_PREFIX]) == 0
    system.drain()
    assert mentions(system) == set(), "what is sent again are the uploads that are still there"
    assert balanced(capsys) == {}
    [report] = system.send(roll)
    assert report["files"][0]["counts"] == {"ALREADY_RECEIVED": 1}
    assert CHILD.upn not in system.doors.registers.read("886", "900001").roll.pupils

    system.at("2026-01-12T18:00")
    system.send(csv_of(marks(CHILD, date(2026, 1, 5), date(2026, 1, 9), away(date(2026, 1, 5), date(2026, 1, 9)))))
    assert [(case.n, case.state) for case in system.cases(CHILD.upn)] == [(1, "gathering")]
    assert system.notices(CHILD.upn) == ()
    for _ in range(2):
        system.day_passes()
    assert balanced(capsys) == {}
    by(ASKER)
    again = asked(capsys)
    assert again != id_
    by(OFFICER)
    assert erase(capsys, "--approve", again)[0] == 0
    system.drain()
    assert mentions(system) == set()
    assert balanced(capsys) == {}


def test_what_is_refused(small: System, by: Callable[[Who], None], capsys: pytest.CaptureFixture[str]) -> None:
    id_ = asked(capsys)
    assert asked(capsys) == id_, "the same request of a day is one"
    before = small.everything()
    code, told = erase(capsys, "--approve", id_)
    assert (code, "Another person must approve it" in told) == (2, True)
    by(ASKER.model_copy(update={"arn": "arn:aws:iam::123456789012:user/officers/Alex@made-up.example"}))
    assert erase(capsys, "--approve", id_)[0] == 2, "the same person by another way"
    by(OFFICER)
    for wrong in ("886-0123456789abcdef", "926-0123456789abcdef", "nothing"):
        assert erase(capsys, "--approve", wrong)[0] == 2
    assert erase(capsys, "--approve", id_, *ASK)[0] == 2, "what would be ignored is refused"
    assert erase(capsys, "--la", "886", "--reason", "because")[0] == 2
    assert main(["erase", "--prefix", LOCAL_PREFIX, "--upn", OTHER.upn, "--approve", id_]) == 2
    assert "another child" in capsys.readouterr().err
    assert main(["erase", "--prefix", LOCAL_PREFIX, "--upn", CHILD.upn[:-1], *ASK]) == 2
    assert main(["erase", "--prefix", LOCAL_PREFIX, "--upn", upn(9), *ASK]) == 2
    assert "nothing was asked" in capsys.readouterr().err
    named = ("--la", "886", "--reason", f"{CHILD.forename} asked", "--under", "art 17")
    assert main(["erase", "--prefix", LOCAL_PREFIX, "--upn", CHILD.upn, *named]) == 2
    assert small.everything() == before


def test_what_is_still_to_be_done_is_waited_for(
    small: System, by: Callable[[Who], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """An upload that is not answered holds others' rows that are nowhere else."""
    id_ = asked(capsys)
    by(OFFICER)
    key = small.upload(
        csv_of([*marks(CHILD, date(2026, 1, 5), date(2026, 1, 5)), *marks(OTHER, date(2026, 1, 5), date(2026, 1, 5))])
    )
    event = small.record(CHILD.upn, "no_action", reason="settled")
    before = small.everything()
    code, told = erase(capsys, "--approve", id_)
    assert (code, f"uploads/{key}" in told, event.decision in told) == (2, True, True)
    assert small.everything() == before
    small.tell(event)
    assert erase(capsys, "--approve", id_)[0] == 0
    small.drain()
    assert mentions(small) == set()
    assert [e.code for e in entries_of(small.doors.registers.read("886", "900001").bodies, OTHER.upn)][-2:] == [
        "/",
        "\\",
    ]


def test_the_upn_can_be_read_from_a_file(
    small: System, by: Callable[[Who], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CHILD.upn.lower()}\n"))
    assert main(["erase", "--prefix", LOCAL_PREFIX, "--upn-file", "-", *ASK, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["uploads deleted"] == 4
    assert told["schools"] == ["900001"]


def test_another_authority_s_history_is_left_and_said(
    small: System, by: Callable[[Who], None], capsys: pytest.CaptureFixture[str]
) -> None:
    pupil = pupil_id(CHILD.upn, small.doors.secret)
    body = json.dumps({"la": "926", "urn": "900009", "weeks": [], "sessions": []})
    item = {"pk": {"S": pupil}, "sk": {"S": "CARRIED#900009"}, "body": {"S": body}}
    small.world.dynamodb.put_item(TableName=small.world.names["history"], Item=item)
    id_ = asked(capsys)
    by(OFFICER)
    code, told = erase(capsys, "--approve", id_)
    assert (code, f"history/{pupil} CARRIED#900009" in told) == (1, True)
    assert item in small.items("history")


def test_who_a_caller_is_sts_says_and_whoever_is_nobody_is_refused(
    small: System, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["erase", "--prefix", LOCAL_PREFIX, "--upn", CHILD.upn, *ASK]) == 0
    [key] = [key for key in small.objects("authority-886") if key.endswith("asked.json")]
    who = json.loads(small.objects("authority-886")[key])["by"]
    sts: Any = boto3.client("sts")
    assert who["arn"] == sts.get_caller_identity()["Arn"]
    for arn in ("arn:aws:sts::1:assumed-role/x/botocore-session-1764180000", "arn:aws:iam::1:root",
                "arn:aws:sts::1:assumed-role/x/i-0123456789abcdef0", "arn:aws:sts::1:assumed-role/x/1764180000"):  # fmt: skip
        with pytest.raises(BadInput, match="Nobody can say who"):
            _ = Who(arn=arn, user_id="x").person


# --- With the rights of the role ------------------------------------------------------------------------------------------


def requested(operation: str, given: Mapping[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    """What IAM is asked when this call is made: actions, ARNs, and what of the request a policy may look at."""
    bucket, key = f"arn:aws:s3:::{given.get('Bucket')}", f"arn:aws:s3:::{given.get('Bucket')}/{given.get('Key')}"
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{given.get('TableName')}"
    queue = str(given.get("QueueUrl", given.get("QueueName"))).rpartition("/")[2]
    version = "Version" if given.get("VersionId") else ""
    match operation:
        case "GetObject":
            return [(f"s3:GetObject{version}", key, {})]
        case "PutObject":
            how = {"IfMatch": "s3:if-match", "IfNoneMatch": "s3:if-none-match"}
            return [("s3:PutObject", key, {how[name]: str(value) for name, value in given.items() if name in how})]
        case "DeleteObject":
            bypass = [("s3:BypassGovernanceRetention", key, {})] if given.get("BypassGovernanceRetention") else []
            return [(f"s3:DeleteObject{version}", key, {}), *bypass]
        case "ListObjectVersions":
            return [("s3:ListBucketVersions", bucket, {})]
        case "ListObjectsV2":
            return [("s3:ListBucket", bucket, {})]
        case "Query" | "GetItem" | "PutItem" | "DeleteItem":
            index = f"/index/{given['IndexName']}" if "IndexName" in given else ""
            return [(f"dynamodb:{operation}", table + index, {})]
        case "GetQueueUrl" | "SendMessage":
            return [(f"sqs:{operation}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}", {})]
        case "GetSecretValue":
            return [("secretsmanager:GetSecretValue", SECRET, {})]
    raise NotImplementedError(operation)


SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{LOCAL_PREFIX}-pupil-secret-AbCdEf"


def test_the_role_may_do_all_that_the_command_does(
    small: System, by: Callable[[Who], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every call of both steps, put to the policies of the templates: moto asks none."""
    made: list[tuple[str, Mapping[str, Any]]] = []
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def heard(self: Any, operation: str, given: Any) -> Any:
        made.append((operation, given))
        return call(self, operation, given)

    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", heard)
        id_ = asked(capsys)
        by(OFFICER)
        assert erase(capsys, "--approve", id_)[0] == 0

    raised_ = templates(["886"])
    deployed = Deployed(raised_.core, raised_.authorities, LOCAL_PREFIX)
    [role] = [principal for principal in deployed.principals if principal.name == "erasure"]
    policies = {each.arn: tuple(deployed._policy_of(each)) for each in deployed.made}
    context = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3", "s3:ResourceAccount": ACCOUNT}
    asked_of_iam = {
        (action, arn, tuple(how.items()))
        for operation, given in made
        for action, arn, how in requested(operation, given)
    }
    assert len(asked_of_iam) > 50
    refused = []
    for action, arn, how in sorted(asked_of_iam):
        resource = Resource(arn, arn, ACCOUNT, policies.get(arn.partition("/")[0], ()))
        if decide(role, action, resource, {**context, **dict(how)}) != "allowed":
            refused.append((action, arn))
    assert refused == []


# --- Stopped anywhere ----------------------------------------------------------------------------------------------------

WRITES = {"PutObject", "DeleteObject", "PutItem", "DeleteItem", "SendMessage"}


class Stopped(BaseException):
    """The machine is gone."""


def stop_after(n: int) -> Callable[[], int]:
    """Let the machine go when n writes were answered; what counts them."""
    call, done = BaseClient._make_api_call, 0  # type: ignore[attr-defined]

    def counted(self: Any, operation: str, given: Any) -> Any:
        nonlocal done
        if operation in WRITES and done == n:
            raise Stopped
        answer = call(self, operation, given)
        done += operation in WRITES
        return answer

    BaseClient._make_api_call = counted  # type: ignore[attr-defined]

    def over() -> int:
        BaseClient._make_api_call = call  # type: ignore[attr-defined]
        return done

    return over


def end(system: System) -> Mapping[str, Any]:
    """All that is stored, in all versions, once the queues are empty; a school computed twice has its positions twice."""
    system.drain()
    kept = sorted(set(every_version(system)))
    return {"objects": kept, "items": [system.items("cases"), system.items("history")]}


def in_a_fork(work: Callable[[], Any]) -> Any:
    """What work gives in a process of its own, which sees this world and leaves it as it is."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        os.close(reading)
        try:
            said = pickle.dumps(work())
        except BaseException as problem:
            said = pickle.dumps(repr(problem))
        with os.fdopen(writing, "wb") as out:
            out.write(said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return pickle.loads(said)  # noqa: S301


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_whoever_is_stopped_at_any_write_and_runs_it_again_ends_the_same(
    by: Callable[[Who], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Between two writes it only reads: whoever is stopped there is stopped before the next write."""
    with raised(wording={"900001": letters()}) as system:
        a_week(system)
        id_ = asked(capsys)
        by(OFFICER)

        def clean() -> tuple[int, Any]:
            over = stop_after(10**6)
            assert erase(capsys, "--approve", id_)[0] == 0
            written, whole = over(), end(system)
            assert mentions(system) == set()
            return written, whole

        def stopped(n: int) -> Any:
            over = stop_after(n)
            with pytest.raises(Stopped):
                erase(capsys, "--approve", id_)
            over()
            assert erase(capsys, "--approve", id_)[0] == 0
            return end(system)

        writes, whole = in_a_fork(clean)
        assert writes > 30
        for n in range(writes):
            found = in_a_fork(lambda n=n: stopped(n))  # type: ignore[misc]
            assert found == whole, f"stopped after {n} of {writes} writes"


def test_what_is_left_restores_the_others_and_not_the_child(
    small: System, capsys: pytest.CaptureFixture[str], by: Callable[[Who], None]
) -> None:
    id_ = asked(capsys)
    by(OFFICER)
    assert erase(capsys, "--approve", id_)[0] == 0
    small.drain()
    items = {table: small.items(table) for table in ("cases", "history")}
    gone = [item for item in items["cases"] if item["pk"]["S"] == f"886#{pupil_id(OTHER.upn, small.doors.secret)}"]
    assert gone
    for item in gone:
        name = small.doors.cases.cases_table
        small.world.dynamodb.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
    capsys.readouterr()
    main(["restore", "--prefix", LOCAL_PREFIX, "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["put"]["cases"] >= len(gone)
    came = [item for item in small.items("cases") if item["pk"] == gone[0]["pk"]]
    assert {item["sk"]["S"] for item in came} >= {item["sk"]["S"] for item in gone}
    assert [i for i in came if i["sk"]["S"].startswith("CASE#")] == [
        i for i in gone if i["sk"]["S"].startswith("CASE#")
    ]
    child = pupil_id(CHILD.upn, small.doors.secret)
    assert not any(
        child in item["pk"]["S"] and not item["sk"]["S"].startswith("ERASED#") for item in small.items("cases")
    )
    assert not mentions(small)
