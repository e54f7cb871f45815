"""The one shape of an alarm: a figure at or above a threshold once calls somebody, and silence calls nobody."""

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct


def call_somebody(
    scope: Construct,
    name: str,
    prefix: str,
    metric: cloudwatch.Metric,
    threshold: int,
    meaning: str,
    action: cloudwatch.IAlarmAction,
) -> None:
    """An alarm `{prefix}-{name}` that says what it means and where it says what to do."""
    metric.create_alarm(
        scope,
        name,
        alarm_name=f"{prefix}-{name}",
        alarm_description=f"{meaning} docs/operations.md",
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold=threshold,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    ).add_alarm_action(action)
