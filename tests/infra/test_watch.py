"""Operators are told what schools and officers leave waiting, and what a month costs; the alarms are on what functions write."""

import argparse
import ast
from typing import get_args

import pytest
from cloudformation import PREFIX, of_type, policy_of, read

from aws.observability import Metric
from local.node import ROOT
from local.synth import add_parser, templates
from local.world import raise_templates


def watched(core):
    return {
        alarm["MetricName"]: alarm
        for alarm in of_type(core, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == PREFIX
    }


def test_there_is_an_alarm_on_each_metric_that_functions_write_of_all_authorities_together(core):
    (topic,) = of_type(core, "AWS::SNS::Topic")
    assert set(watched(core)) == set(get_args(Metric.__value__))
    for alarm in watched(core).values():
        assert "Dimensions" not in alarm, "an alarm for each authority would change Core when one joins"
        assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")
        assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_functions_count_under_the_name_of_the_deployment(core):
    for function in of_type(core, "AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == PREFIX


def test_every_metric_is_written_by_a_function():
    written = set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "counted":
                written.add(ast.literal_eval(node.args[0]))
    assert written == set(get_args(Metric.__value__))


def test_nobody_is_told_of_costs_unless_an_amount_is_given(core):
    assert not of_type(core, "AWS::Budgets::Budget")


def test_a_month_that_costs_more_than_planned_is_told_to_those_who_hear_the_alarms(tmp_path):
    from infra.app import synth

    core = read(synth(tmp_path, PREFIX, [], packages_built=False, checked=True, budget_usd=250), "Core")
    (topic,) = of_type(core, "AWS::SNS::Topic")
    (budget,) = of_type(core, "AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 250, "Unit": "USD"}
    told = {
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"])
        for each in budget["NotificationsWithSubscribers"]
        if each["Subscribers"] == [{"Address": {"Ref": topic}, "SubscriptionType": "SNS"}]
    }
    assert told == {("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)}
    (key,) = of_type(core, "AWS::KMS::Key").values()
    for statements in (policy_of(core, "AWS::SNS::TopicPolicy", "Topics", topic), key["KeyPolicy"]["Statement"]):
        (let_in,) = (s for s in statements if s["Principal"] == {"Service": "budgets.amazonaws.com"})
        assert let_in["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_a_world_with_a_budget_is_raised_all_the_same():
    with raise_templates(templates(["886"], budget_usd=100)) as world:
        assert "authority-886" in world.names


@pytest.mark.parametrize("amount", ["0", "-5", "2.50", "a lot"])
def test_a_budget_is_a_whole_number_of_dollars(amount, capsys):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["synth", "--budget-usd", amount])
    assert "a whole number of US dollars" in capsys.readouterr().err
