"""The pages for operators say what is deployed."""

import ast
import re

from cloudformation import of_type

from local.node import ROOT

OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def rows(page: str, heading: str) -> list[list[str]]:
    """Cells of the first table below a heading, without its head."""
    lines = page.split(heading, 1)[1].split("\n\n| ", 1)[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_alarm_has_a_row_that_says_what_to_do(core):
    alarms = {a["AlarmName"].removeprefix("attendance-test-") for a in of_type(core, "AWS::CloudWatch::Alarm").values()}
    described = {name.strip("`"): todo for name, _, todo in rows(OPERATIONS, "## Alarms")}
    assert set(described) == alarms
    assert all(described.values())


def test_the_sizes_are_those_of_the_template(core):
    sources = {s["FunctionName"]["Ref"]: s for s in of_type(core, "AWS::Lambda::EventSourceMapping").values()}
    deployed = {}
    for logical_id, function in of_type(core, "AWS::Lambda::Function").items():
        if logical_id not in sources:  # the API: test_api.py
            continue
        source = sources[logical_id]
        queue = core["Resources"][source["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        deployed[function["Handler"].split(".")[0]] = [
            function["MemorySize"],
            function["Timeout"],
            queue["VisibilityTimeout"],
            source["BatchSize"],
            source["ScalingConfig"]["MaximumConcurrency"],
        ]
    written = {
        stage: [int(re.findall(r"\d+", memory)[0]), *(int(n) for n in re.findall(r"\d+", f"{timeout} {hidden} {many}"))]
        for stage, memory, timeout, hidden, many, _ in rows(OPERATIONS, "## Sizes")
    }
    assert written == deployed


def test_every_exception_from_cdk_nag_is_on_the_page_and_no_other():
    excepted = set()
    for path in (ROOT / "infra").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                excepted |= set(re.findall(r"AwsSolutions-\w+", node.value))
    assert {row[0] for row in rows(SECURITY, "## Rules of cdk-nag")} == excepted


def test_every_name_with_the_prefix_on_the_pages_exists(core, authority):
    deployed = str(core) + str(authority)
    for name in re.findall(r"`\{prefix\}-([a-z-]+(?:\.fifo)?)`", OPERATIONS + SECURITY):
        assert f"attendance-test-{name}" in deployed, name
