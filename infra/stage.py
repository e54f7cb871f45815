"""One stage of the flow: a queue, its dead letters, the function that empties it, and their alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import packages
from infra.alarms import call_somebody
from infra.reasons import acknowledge

TRIES = 5
VISIBILITY_PER_TIMEOUT = 6  # AWS: a batch may be throttled and tried again before its messages show themselves


@dataclass(frozen=True)
class Shape:
    """What sets one stage apart from another. Sizes in MB, times in seconds."""

    name: str  # of the function, its package and its handler
    memory: int
    timeout: int
    batch_size: int
    concurrency: int  # invocations at once; held at the event source, so that no capacity lies reserved and idle
    late_after: int  # age of the oldest message that calls somebody
    scratch: int = 512
    fifo: bool = False


def worker(
    scope: Construct,
    name: str,
    prefix: str,
    code: lambda_.Code,
    *,
    memory: int,
    timeout: int,
    scratch: int = 512,
    kept: logs.RetentionDays = logs.RetentionDays.ONE_YEAR,
) -> tuple[logs.LogGroup, iam.Role, lambda_.Function]:
    """A function of ours with its log group, which forgets after a while, and its role, which may write to that alone."""
    full_name = f"{prefix}-{name}"
    log_group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"/aws/lambda/{full_name}",
        retention=kept,
        removal_policy=RemovalPolicy.DESTROY,
    )
    # A role of ours instead of AWS's managed policy, which lets a function write to every log group there is.
    role = iam.Role(scope, "Role", role_name=full_name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log_group.grant_write(role)
    function = lambda_.Function(
        scope,
        "Function",
        function_name=full_name,
        code=code,
        handler=f"{name}.handler.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=memory,
        ephemeral_storage_size=Size.mebibytes(scratch),
        timeout=Duration.seconds(timeout),
        role=role,
        log_group=log_group,
        environment={
            **packages.ENVIRONMENT,
            "LOG_LEVEL": "INFO",
            "POWERTOOLS_METRICS_NAMESPACE": prefix,  # so that two deployments in an account do not count together
            "POWERTOOLS_SERVICE_NAME": name,
        },
    )
    acknowledge(
        function,
        {
            "AwsSolutions-L1": "Python 3.13 is the version that wheels, tests and compiled bytecode are made for;"
            " the next one is a change of its own."
        },
    )
    return log_group, role, function


class Stage(Construct):
    """Queue -> function: each message is handed over until it succeeds or, after five tries, is a dead letter."""

    def __init__(
        self, scope: Construct, shape: Shape, prefix: str, code: lambda_.Code, alarm: cloudwatch.IAlarmAction
    ) -> None:
        super().__init__(scope, shape.name.capitalize())
        name = f"{prefix}-{shape.name}"
        self.dead_letters = self._queue("DeadLetters", f"{name}-dead", shape, retention_period=Duration.days(14))
        self.queue = self._queue(
            "Queue",
            name,
            shape,
            visibility_timeout=Duration.seconds(VISIBILITY_PER_TIMEOUT * shape.timeout),
            # Shorter than that of the dead letters: on a standard queue a message keeps its age when it moves there.
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=TRIES),
        )
        self.log_group, self.role, self.function = worker(
            self, shape.name, prefix, code, memory=shape.memory, timeout=shape.timeout, scratch=shape.scratch
        )
        self.function.add_event_source(
            sources.SqsEventSource(
                self.queue,
                batch_size=shape.batch_size,
                max_concurrency=shape.concurrency,
                report_batch_item_failures=True,
            )
        )
        self._watch(name, shape, alarm)

    def tell(self, environment: Mapping[str, str]) -> None:
        """Give the function these environment variables as well."""
        for name, value in environment.items():
            self.function.add_environment(name, value)

    def allow(self, *statements: iam.PolicyStatement) -> None:
        """Let the function do what these statements say, and nothing else."""
        for statement in statements:
            self.role.add_to_policy(statement)

    def _queue(self, construct_id: str, name: str, shape: Shape, **properties: object) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=f"{name}.fifo" if shape.fifo else name,
            fifo=True if shape.fifo else None,
            encryption=sqs.QueueEncryption.SQS_MANAGED,  # messages carry keys and pseudonyms, no child's data
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
            **properties,  # type: ignore[arg-type]
        )

    def _watch(self, name: str, shape: Shape, action: cloudwatch.IAlarmAction) -> None:
        minute, five = Duration.minutes(1), Duration.minutes(5)
        dead = self.dead_letters.metric_approximate_number_of_messages_visible(period=minute, statistic="Maximum")
        oldest = self.queue.metric_approximate_age_of_oldest_message(period=five, statistic="Maximum")
        watched = (
            ("dead-letters", dead, 1, "Messages failed five times: read them, mend the cause, send them again."),
            ("errors", self.function.metric_errors(period=five), 1, "The function stopped: time, memory or start."),
            ("late", oldest, shape.late_after, "The oldest message waits longer than it should."),
        )
        for kind, metric, threshold, meaning in watched:
            call_somebody(self, kind, name, metric, threshold, meaning, action)
