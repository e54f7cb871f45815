"""What operators are told beside failures: what schools and officers leave waiting, and what it costs."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms import call_somebody


@dataclass(frozen=True)
class Counted:
    """A metric that a function writes with a line of its log (aws/observability.py), and the alarm on it."""

    alarm: str
    metric: str
    statistic: str  # "Maximum" where the line says how many there are now, "Sum" where each line is one more
    period: Duration
    meaning: str


COUNTED = (
    Counted("files-refused", "FilesRefused", "Sum", Duration.hours(1), "A file was refused: nothing of it was merged."),
    Counted("schools-late", "SchoolsLate", "Maximum", Duration.days(1), "A school sent no marks of a school day."),
    Counted("cases-undecided", "CasesUndecided", "Maximum", Duration.days(1), "A case waits too long for an officer."),
    Counted("codes-overdue", "CodesOverdue", "Maximum", Duration.days(1), "A code N was not replaced in time."),
)


class Watch(Construct):
    """An alarm on each metric of all authorities together: the line of the log says which authority and school."""

    def __init__(self, scope: Construct, prefix: str, alarm: cloudwatch.IAlarmAction) -> None:
        super().__init__(scope, "Watch")
        for each in COUNTED:
            # Without dimensions: an alarm for each authority would be paid for each, and Core would change when one joins.
            metric = cloudwatch.Metric(
                namespace=prefix, metric_name=each.metric, statistic=each.statistic, period=each.period
            )
            call_somebody(self, each.alarm, prefix, metric, 1, each.meaning, alarm)


class Budget(Construct):
    """Tells the topic of alarms when the account's month has cost 80 and 100 per cent of an amount, or is forecast to."""

    def __init__(self, scope: Construct, prefix: str, usd: int, topic: sns.Topic, key: kms.Key) -> None:
        super().__init__(scope, "Budget")
        service = iam.ServicePrincipal("budgets.amazonaws.com")
        ours = {
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:budgets::{Aws.ACCOUNT_ID}:*"},
        }
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[service], actions=["sns:Publish"], resources=[topic.topic_arn], conditions=ours
            )
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[service], actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=["*"], conditions=ours
            )
        )
        subscriber = budgets.CfnBudget.SubscriberProperty(address=topic.topic_arn, subscription_type="SNS")
        budget = budgets.CfnBudget(
            self,
            "Resource",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{prefix}-month",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind, comparison_operator="GREATER_THAN", threshold=per_cent
                    ),
                    subscribers=[subscriber],
                )
                for kind, per_cent in (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
            ],
        )
        budget.node.add_dependency(topic)
