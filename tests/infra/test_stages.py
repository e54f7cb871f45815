"""No message is lost, none is handed over too early, and somebody is called when one cannot be handled."""

import json

import pytest
from cloudformation import of_type, policy_of, text

from infra import packages

STAGES = ("validate", "thresholds", "notices")
CODE = {*packages.ENVIRONMENT, "LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}
ENVIRONMENT = {
    "validate": "UPLOADS_BUCKET RECEIPTS_BUCKET PARTS_BUCKET REGISTERS_BUCKET REPORTS_BUCKET PUBLISHED_TABLE",
    "thresholds": "PARTS_BUCKET REGISTERS_BUCKET POSITIONS_BUCKET PUBLISHED_TABLE CASES_TABLE HISTORY_TABLE"
    " THRESHOLDS_QUEUE_URL NOTICES_QUEUE_URL EVENT_BUS PUPIL_SECRET_ARN",
    "notices": "PARTS_BUCKET REGISTERS_BUCKET POSITIONS_BUCKET PUBLISHED_TABLE CASES_TABLE HISTORY_TABLE"
    " AUTHORITY_BUCKET_PREFIX REPORTS_BUCKET EVENT_BUS PUPIL_SECRET_ARN",
}


def functions(core):
    return {f["Handler"].split(".")[0]: (name, f) for name, f in of_type(core, "AWS::Lambda::Function").items()}


def queues(core):
    return {
        q["QueueName"].removeprefix("attendance-test-"): (n, q) for n, q in of_type(core, "AWS::SQS::Queue").items()
    }


def source_of(core, stage):
    """The one event source of a stage's function."""
    logical_id, _ = functions(core)[stage]
    (source,) = (
        s for s in of_type(core, "AWS::Lambda::EventSourceMapping").values() if s["FunctionName"] == {"Ref": logical_id}
    )
    return source


def queue_of(core, stage):
    (logical_id,) = source_of(core, stage)["EventSourceArn"]["Fn::GetAtt"][:1]
    return core["Resources"][logical_id]["Properties"]


def alarms_on(core, dimension, logical_id, attribute):
    return [
        alarm
        for alarm in of_type(core, "AWS::CloudWatch::Alarm").values()
        if alarm["Dimensions"] == [{"Name": dimension, "Value": {attribute[0]: attribute[1](logical_id)}}]
    ]


def test_there_are_three_stages_the_api_and_no_hidden_function(core):
    assert set(functions(core)) == {*STAGES, "api"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_function_runs_on_arm_with_its_own_role_and_a_log_group_that_forgets(core, stage):
    _, function = functions(core)[stage]
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == f"{stage}.handler.handler"
    assert text(core, function["Role"]) == stage
    log_group = core["Resources"][function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert log_group["RetentionInDays"] == 365


@pytest.mark.parametrize("stage", STAGES)
def test_a_function_is_told_exactly_what_it_reads(core, stage):
    _, function = functions(core)[stage]
    variables = function["Environment"]["Variables"]
    assert set(variables) - CODE == set(ENVIRONMENT[stage].split())
    assert variables["POWERTOOLS_SERVICE_NAME"] == stage
    assert len(json.dumps(variables)) < 4096  # Lambda's limit, before names are filled in


def test_documents_go_to_a_bucket_whose_name_is_computed(core):
    _, notices = functions(core)["notices"]
    assert notices["Environment"]["Variables"]["AUTHORITY_BUCKET_PREFIX"] == "attendance-test-authority-"


@pytest.mark.parametrize("stage", STAGES)
def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(core, stage):
    _, function = functions(core)[stage]
    assert queue_of(core, stage)["VisibilityTimeout"] >= 6 * function["Timeout"]


@pytest.mark.parametrize("stage", STAGES)
def test_one_bad_message_does_not_fail_its_batch(core, stage):
    source = source_of(core, stage)
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] >= 2


@pytest.mark.parametrize("stage", STAGES)
def test_after_five_tries_a_message_lies_with_the_dead_letters_and_is_kept_longer_there(core, stage):
    queue = queue_of(core, stage)
    redrive = queue["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == 5
    dead = core["Resources"][redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]["Properties"]
    assert "RedrivePolicy" not in dead
    assert dead["MessageRetentionPeriod"] == 14 * 86400 > queue["MessageRetentionPeriod"]
    assert dead.get("FifoQueue") == queue.get("FifoQueue")


def test_only_notices_keep_the_order_of_a_pupil_and_take_no_message_for_a_copy_by_its_text(core):
    fifo = {name: q for name, (_, q) in queues(core).items() if q.get("FifoQueue")}
    assert set(fifo) == {"notices.fifo", "notices-dead.fifo"}
    assert not any(queue.get("ContentBasedDeduplication") for queue in fifo.values())


def test_every_queue_is_encrypted_and_refuses_whoever_comes_without_tls(core):
    for logical_id, queue in of_type(core, "AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True
        statements = policy_of(core, "AWS::SQS::QueuePolicy", "Queues", logical_id)
        assert {"Bool": {"aws:SecureTransport": "false"}} in [s.get("Condition") for s in statements]


@pytest.mark.parametrize("stage", STAGES)
def test_somebody_is_called_for_a_dead_letter_an_error_and_a_late_message(core, stage):
    logical_id, _ = functions(core)[stage]
    queue = source_of(core, stage)["EventSourceArn"]["Fn::GetAtt"][0]
    dead = queue_of(core, stage)["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    (topic,) = of_type(core, "AWS::SNS::Topic")
    watched = {
        (json.dumps(a["Dimensions"][0]["Value"]), a["MetricName"], a["Threshold"])
        for a in of_type(core, "AWS::CloudWatch::Alarm").values()
        if "Dimensions" in a
        and a["AlarmActions"] == [{"Ref": topic}]
        and a["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    }
    assert (json.dumps({"Fn::GetAtt": [dead, "QueueName"]}), "ApproximateNumberOfMessagesVisible", 1) in watched
    assert (json.dumps({"Ref": logical_id}), "Errors", 1) in watched
    assert any(
        name == json.dumps({"Fn::GetAtt": [queue, "QueueName"]}) and metric == "ApproximateAgeOfOldestMessage"
        for name, metric, _ in watched
    )


def test_the_alarm_topic_lets_cloudwatch_in_and_its_key_too(core):
    (topic,) = of_type(core, "AWS::SNS::Topic")
    (key,) = of_type(core, "AWS::KMS::Key").values()
    for statements in (policy_of(core, "AWS::SNS::TopicPolicy", "Topics", topic), key["KeyPolicy"]["Statement"]):
        (let_in,) = (s for s in statements if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"})
        assert let_in["Effect"] == "Allow"
        assert let_in["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize(("bucket", "stage"), [("uploads", "validate"), ("parts", "thresholds")])
def test_a_new_object_becomes_a_message_of_its_stage(core, bucket, stage):
    (rule,) = (
        r
        for r in of_type(core, "AWS::Events::Rule").values()
        if text(core, r["EventPattern"]["detail"]["bucket"]["name"][0]) == bucket
    )
    assert (rule["EventPattern"]["source"], rule["EventPattern"]["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert "EventBusName" not in rule  # S3 tells the default bus
    (target,) = rule["Targets"]
    assert text(core, target["Arn"]) == stage
    assert text(core, target["DeadLetterConfig"]["Arn"]) == f"{stage}-dead"
    assert "InputTransformer" not in target


def test_every_day_in_london_the_passing_of_the_day_is_a_message_of_thresholds(core):
    (schedule,) = of_type(core, "AWS::Scheduler::Schedule").values()
    assert schedule["ScheduleExpression"] == "cron(30 18 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/London"
    assert text(core, schedule["Target"]["Arn"]) == "thresholds"
    assert json.loads(schedule["Target"]["Input"]) == {"type": "day.passed.v1"}
