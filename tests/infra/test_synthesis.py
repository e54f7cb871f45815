"""The templates are made anywhere, hold to the rules of AWS, and are the same wherever they are read."""

import argparse
import copy
import os
import subprocess
import sys

import pytest
from cfnlint.api import ManualArgs, lint
from cloudformation import PREFIX, of_type

from local.node import ROOT
from local.synth import add_parser, price_of_keys, templates


def test_cdk_nag_would_have_objected(tmp_path):
    """The `deployment` of all tests is synthesised under cdk-nag; here, that it objects at all."""
    from aws_cdk import App, Stack, Validations
    from aws_cdk import aws_s3 as s3
    from cdk_nag import AwsSolutionsChecks

    app = App(outdir=str(tmp_path), analytics_reporting=False)
    s3.Bucket(Stack(app, "Careless"), "Open")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


@pytest.mark.parametrize("stack", ["Core", "Authority886"])
def test_cloudformation_would_take_the_templates(deployment, stack):
    """cfn-lint checks types, properties and values, also those that nothing raises locally (docs/local.md)."""
    # W3005: CDK writes out a dependency that a reference already makes.
    config = ManualArgs(regions=["eu-west-2"], ignore_checks=["W3005"])
    template = (deployment.folder / f"{stack}.template.json").read_text(encoding="utf-8")
    assert lint(template, config=config) == []


def test_cfn_lint_would_have_objected():
    careless = '{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": "perhaps"}}}}'
    assert [match.rule.id for match in lint(careless, config=ManualArgs(regions=["eu-west-2"]))] == ["E3012"]


def test_synthesis_needs_neither_path_nor_network_nor_account(tmp_path):
    """Nothing on PATH means: no node of the system, no git, no docker, no uv; a dead proxy means: no network.

    HOME stays, since jsii unpacks CDK there, once and for half a minute.
    """
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    dead = "http://127.0.0.1:9"
    out = tmp_path / "out"
    program = (
        "import argparse, sys; from local import synth; parser = argparse.ArgumentParser();"
        "synth.add_parser(parser.add_subparsers()); args = parser.parse_args(); sys.exit(args.run(args))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program, "synth", "--out", str(out), "--prefix", PREFIX, "--authority", "886"],
        cwd=ROOT,
        env={"PATH": str(nothing), "HOME": os.environ["HOME"], "HTTP_PROXY": dead, "HTTPS_PROXY": dead},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert price_of_keys(0)[0] in done.stderr
    assert done.stdout.splitlines() == [str(out / "Core.template.json"), str(out / "Authority886.template.json")]


def test_the_price_of_keys_is_said():
    assert price_of_keys(0)[1] == "They cost 1 USD a month in the first year, 2 in the second and 3 from the third."
    assert price_of_keys(153)[0] == "Encryption keys: 154 (one shared, 153 of authorities)."
    assert "462 from the third" in price_of_keys(153)[1]


def test_the_templates_raised_locally_are_those_that_are_deployed(deployment):
    """But for the hash of the packages: a cached template may name those of earlier sources, which nothing here reads."""

    def without_code(template):
        said = copy.deepcopy(dict(template))
        for function in of_type(said, "AWS::Lambda::Function").values():
            del function["Code"]["S3Key"]
        return said

    raised = templates(["886", "301"], prefix=PREFIX, origins=())
    assert without_code(raised.core) == without_code(deployment.core)
    assert raised.authorities == {la: deployment.authorities[la] for la in ("886", "301")}


def test_templates_without_their_packages_cannot_be_deployed(deployment):
    """Their assets are named by the hash of what was not built: uploaded, something else would stand for it for good."""
    assert not list(deployment.folder.glob("asset.*"))


def test_a_second_start_needs_no_cdk():
    """Everything comes from the cache: not even the import of CDK, which takes seconds."""
    templates(["886"], prefix=PREFIX)
    program = (
        "import sys; from local.synth import templates;"
        f"assert templates(['886'], prefix={PREFIX!r}).core['Resources'];"
        "sys.exit(any(name.partition('.')[0] in ('aws_cdk', 'jsii') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 0


def test_an_authority_that_does_not_exist_is_refused(capsys):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["synth", "--authority", "999"])
    assert "999" in capsys.readouterr().err
