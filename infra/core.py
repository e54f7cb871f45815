"""Stack `Core`: everything that authorities share. It does not change when an authority joins."""

from collections.abc import Mapping, Sequence
from typing import cast

from aws_cdk import Aws, CfnElement, CfnOutput, RemovalPolicy, Stack, TimeZone
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import assumed, rights
from infra.analytics import Analytics
from infra.api import Api, Callers
from infra.reasons import acknowledge
from infra.stage import Shape, Stage
from infra.stores import Index, nothing_replaced, nothing_taken_away, private_bucket, read_by, sent_by, table, years
from infra.trail import Trail
from infra.watch import Budget, Watch

# One virtual processor is 1,769 MB. timeout x 6 is what a failed message waits, so a timeout is no larger than needed.
SHAPES = (
    # A file of 256 MB is unpacked on disk (twice at most: the file, what DuckDB spills) and sorted under a limit of
    # 400 MB, 529 MB measured at the peak. One file per call: a slow one keeps no other waiting.
    Shape("validate", memory=2048, timeout=120, batch_size=1, concurrency=50, late_after=1800, scratch=2048),
    # 0.3 s for a register of 380,000 marks, nearly all on one processor. Few at once: parts of one school race.
    Shape("thresholds", memory=1769, timeout=60, batch_size=10, concurrency=20, late_after=3600),
    # A document is typeset on one processor. The order of a pupil's messages is kept by the queue.
    Shape("notices", memory=1769, timeout=60, batch_size=10, concurrency=20, late_after=3600, fifo=True),
)
# What is due in an authority up to a day, and what there is of a school (what was written, by its academic year).
# For officers: an authority's cases of one state, by the day they opened and by that on which proceedings must begin.
CASE_INDEXES = {
    "due": Index("la", "due_on"),
    "school": Index("school", "among", whole=True),
    "opened": Index("queue", "opened_on"),
    "deadline": Index("queue", "prosecute_by"),
}
DAY_PASSED = {"type": "day.passed.v1"}


class Core(Stack):
    """Buckets, tables, the three stages of the flow and what connects them."""

    def __init__(
        self,
        scope: Construct,
        prefix: str,
        code: Mapping[str, lambda_.Code],
        *,
        retention_years: int,
        trail: bool,
        budget_usd: int | None,
        callers: Callers,
    ) -> None:
        super().__init__(
            scope,
            "Core",
            stack_name=f"{prefix}-core",
            description="School attendance: from a register to a document an officer can serve",
            termination_protection=True,
        )
        self.prefix = prefix
        # A notice rests on marks of up to a year before it, and is verified from them as long as it is kept.
        self.kept = years(retention_years + 1)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{prefix}",
            description="Everything that names or describes a child",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self._stores(callers.origins)
        topic = self._alarm_topic()
        alarm = actions.SnsAction(topic)
        self.validate, self.thresholds, self.notices = (
            Stage(self, shape, prefix, code[shape.name], alarm) for shape in SHAPES
        )
        Watch(self, prefix, alarm)
        if budget_usd is not None:
            Budget(self, prefix, budget_usd, topic, self.key)
        self._flow()
        self._environment()
        self._rights()
        self._assumed_roles()
        self.api = Api(self, prefix, code["api"], self.key, alarm, callers)
        self._serve()
        Analytics(self, prefix, self.registers, self.positions)
        if trail:
            Trail(
                self,
                prefix,
                self.key,
                [self.cases, self.history, self.published, self.api.grants],
                kept=years(retention_years),
            )
        self._acknowledge_wildcards()
        given = {
            "key-arn": self.key.key_arn,
            "notices-role-arn": self.notices.role.role_arn,
            "officer-role-arn": self.officer.role_arn,
            "api-url": self.api.url,
            "api-issuer": self.api.issuer,
            **self.api.for_pages,
        }
        for name, value in given.items():
            CfnOutput(self, name, value=value, export_name=f"{prefix}-{name}")

    def _stores(self, origins: Sequence[str]) -> None:
        self.uploads = self._bucket("uploads", events=True, cors=sent_by(origins))
        self.receipts = self._bucket("receipts")
        self.parts = self._bucket("parts", events=True)
        self.registers = self._bucket("registers", replaced=True)
        self.positions = self._bucket("positions", replaced=True, cors=read_by(origins))
        self.reports = self._bucket("reports", events=True, cors=read_by(origins))
        erasure = assumed.erasure_role_arn(self, self.prefix)
        for bucket in (self.uploads, self.receipts, self.parts, self.reports):
            bucket.add_to_resource_policy(nothing_taken_away(bucket, erasure))
        # An upload sent again is another one, in its own version.
        self.receipts.add_to_resource_policy(nothing_replaced(self.receipts))
        for bucket in (self.parts, self.reports):  # about many children: one's rows may have to go
            bucket.add_to_resource_policy(nothing_replaced(bucket, but_by=erasure))
        self.cases = table(self, "Cases", f"{self.prefix}-cases", self.key, indexes=CASE_INDEXES)
        self.history = table(self, "History", f"{self.prefix}-history", self.key, indexes={})
        self.published = table(self, "Published", f"{self.prefix}-published", self.key, indexes={}, sort_key=False)
        self.secret = secretsmanager.Secret(
            self,
            "PupilSecret",
            secret_name=f"{self.prefix}-pupil-secret",
            description="Makes pseudonyms of UPNs; another value is another pseudonym for every child",
            encryption_key=self.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            self.secret,
            {"AwsSolutions-SMG4": "A rotated secret would give every child a new pseudonym and lose every history."},
        )
        self.bus = events.EventBus(self, "Events", event_bus_name=f"{self.prefix}-notices")

    def _bucket(
        self,
        name: str,
        *,
        events: bool = False,
        replaced: bool = False,
        cors: Sequence[s3.CorsRule] = (),
    ) -> s3.Bucket:
        return private_bucket(
            self,
            name.capitalize(),
            f"{self.prefix}-{name}",
            self.key,
            events=events,
            replaced=replaced,
            kept=self.kept,
            cors=cors,
        )

    def _alarm_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", topic_name=f"{self.prefix}-alarms", master_key=self.key, enforce_ssl=True)
        cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        ours = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        # A topic with a policy of its own has lost the default one, and an encrypted topic needs its key as well.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch], actions=["sns:Publish"], resources=[topic.topic_arn], conditions=ours
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[cloudwatch],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions=ours,
            )
        )
        return topic

    def _flow(self) -> None:
        for bucket, stage in ((self.uploads, self.validate), (self.parts, self.thresholds)):
            events.Rule(
                self,
                f"To{stage.node.id}",
                rule_name=f"{self.prefix}-{stage.node.id.lower()}",
                event_pattern=events.EventPattern(
                    source=["aws.s3"],
                    detail_type=["Object Created"],
                    detail={"bucket": {"name": [bucket.bucket_name]}},
                ),
                targets=[targets.SqsQueue(stage.queue, dead_letter_queue=stage.dead_letters)],
            )
        group = self.format_arn(service="scheduler", resource="schedule-group", resource_name="default")
        ours = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group}}
        daily = iam.Role(
            self,
            "DailyRole",
            role_name=f"{self.prefix}-daily",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions=ours),
        )
        scheduler.Schedule(
            self,
            "Daily",
            schedule_name=f"{self.prefix}-daily",
            description="A day has passed: what is due by then is due",
            # After the last bell and the working day of most offices; the hour carries no meaning in law.
            schedule=scheduler.ScheduleExpression.cron(hour="18", minute="30", time_zone=TimeZone.EUROPE_LONDON),
            target=scheduler_targets.SqsSendMessage(
                self.thresholds.queue,
                dead_letter_queue=self.thresholds.dead_letters,
                input=scheduler.ScheduleTargetInput.from_object(DAY_PASSED),
                role=daily,
            ),
        )

    def _environment(self) -> None:
        shared = {
            "PARTS_BUCKET": self.parts.bucket_name,
            "REGISTERS_BUCKET": self.registers.bucket_name,
            "PUBLISHED_TABLE": self.published.table_name,
        }
        people = {
            "EVENT_BUS": self.bus.event_bus_name,
            "CASES_TABLE": self.cases.table_name,
            "HISTORY_TABLE": self.history.table_name,
            "PUPIL_SECRET_ARN": self.secret.secret_arn,
            "POSITIONS_BUCKET": self.positions.bucket_name,
        }
        self.validate.tell(
            {
                **shared,
                "UPLOADS_BUCKET": self.uploads.bucket_name,
                "RECEIPTS_BUCKET": self.receipts.bucket_name,
                "REPORTS_BUCKET": self.reports.bucket_name,
            }
        )
        self.thresholds.tell(
            {
                **shared,
                **people,
                "THRESHOLDS_QUEUE_URL": self.thresholds.queue.queue_url,
                "NOTICES_QUEUE_URL": self.notices.queue.queue_url,
            }
        )
        self.notices.tell(
            {
                **shared,
                **people,
                "AUTHORITY_BUCKET_PREFIX": f"{self.prefix}-authority-",
                "REPORTS_BUCKET": self.reports.bucket_name,
            }
        )

    def _rights(self) -> None:
        self.validate.allow(
            rights.read(self.uploads, self.receipts, self.registers),
            rights.list_keys(self.receipts, self.registers),
            rights.write_once(self.receipts, self.parts, self.reports),
            rights.read_together(self.published),
            rights.use_key(self.key, "s3"),
            rights.decrypt(self.key, "dynamodb"),
        )
        self.thresholds.allow(
            rights.read(self.parts, self.registers, self.positions),
            rights.list_keys(self.parts, self.registers, self.positions),
            *rights.write_in_turn(self.registers, self.positions),
            rights.read_together(self.published, self.cases),
            rights.keep_items(self.cases, self.history),
            rights.query_indexes(self.cases, "due", "school"),
            rights.send(self.thresholds.queue, self.notices.queue),
            rights.put_events(self.bus),
            rights.read_secret(self.secret),
            rights.use_key(self.key, "s3", "dynamodb", "secretsmanager"),
        )
        self.notices.allow(
            rights.read(self.parts, self.registers, self.positions, self.reports),
            rights.list_keys(self.parts, self.registers, self.positions, self.reports),
            rights.read_together(self.published),
            rights.write_once(self.reports),
            *rights.authority_documents(self.prefix),
            rights.keep_items(self.cases, self.history),
            rights.query_indexes(self.cases, "school"),
            rights.put_events(self.bus),
            rights.read_secret(self.secret),
            rights.use_key(self.key, "s3", "dynamodb", "secretsmanager"),
        )

    def _assumed_roles(self) -> None:
        buckets = f"arn:{Aws.PARTITION}:s3:::{self.prefix}-authority-"
        self.officer = assumed.officer(self, self.prefix, self.cases, "due", self.key, buckets)
        self.upload_grant = assumed.upload_grant(self, self.prefix, self.uploads, self.key)
        holding = (self.uploads, self.receipts, self.parts, self.registers, self.positions, self.reports)
        everywhere = [bucket.bucket_arn for bucket in holding]
        erasing = assumed.erasure(self, self.prefix, [*everywhere, rights.authority_buckets(self.prefix)])
        for statement in (
            # Receipts hold nothing about a child: they are neither read nor rewritten.
            rights.read(self.uploads, self.parts, self.registers, self.positions, self.reports),
            rights.write_in_turn(self.parts, self.registers, self.positions, self.reports)[1],
            *rights.erase_documents(self.prefix),
            rights.erase_items(self.cases, self.history),
            rights.query_indexes(self.cases, "school"),
            rights.send(self.thresholds.queue),
            rights.find_queue(self.thresholds.queue),
            rights.read_secret(self.secret),
            rights.use_key(self.key, "s3", "dynamodb", "secretsmanager"),
        ):
            erasing.add_to_policy(statement)

    def _serve(self) -> None:
        """What the API reads and writes. Documents it reads, and uploads it signs, only in the place of somebody."""
        self.api.tell(
            {
                "UPLOADS_BUCKET": self.uploads.bucket_name,
                "REPORTS_BUCKET": self.reports.bucket_name,
                "PARTS_BUCKET": self.parts.bucket_name,
                "REGISTERS_BUCKET": self.registers.bucket_name,
                "POSITIONS_BUCKET": self.positions.bucket_name,
                "PUBLISHED_TABLE": self.published.table_name,
                "CASES_TABLE": self.cases.table_name,
                "HISTORY_TABLE": self.history.table_name,
                "NOTICES_QUEUE_URL": self.notices.queue.queue_url,
                "AUTHORITY_BUCKET_PREFIX": f"{self.prefix}-authority-",
                "OFFICER_ROLE_ARN": self.officer.role_arn,
                "UPLOAD_ROLE_ARN": self.upload_grant.role_arn,
                "PUPIL_SECRET_ARN": self.secret.secret_arn,
            }
        )
        held = (self.uploads, self.reports, self.registers, self.positions)
        self.api.allow(
            rights.read(*held),
            rights.list_keys(*held),
            rights.read_items(self.cases, self.history),
            rights.read_together(self.published),
            rights.record_items(self.cases),
            rights.query_indexes(self.cases, "school", "opened", "deadline"),
            *rights.read_and_remember(self.api.grants, "KEY#"),
            rights.send(self.notices.queue),
            rights.assume(self.officer, self.upload_grant),
            rights.read_secret(self.secret),
            rights.use_key(self.key, "s3", "dynamodb", "secretsmanager"),
        )

    def _acknowledge_wildcards(self) -> None:
        """Name every wildcard that a policy of this stack may hold; cdk-nag refuses any other."""
        keys = "A function serves every school; the names of its objects hold the school and a hash, known only then."
        pattern = "Named by a rule, so that an authority can join without a change to any policy (docs/security.md)."
        buckets = (self.uploads, self.receipts, self.parts, self.registers, self.positions, self.reports)
        arns = {
            f"<{self.get_logical_id(cast(CfnElement, bucket.node.default_child))}.Arn>/*": keys for bucket in buckets
        }
        authority = f"arn:<AWS::Partition>:s3:::{self.prefix}-authority-*"
        arns |= {
            f"{authority}{objects}": pattern
            for objects in ("", "/*", *(f"/{folder}/*" for folder in (*rights.AUTHORITY_FOLDERS, rights.ERASURES)))
        }
        tagged = "The session's tags say which authority and school: one role of each kind, not one of each authority."
        uploads = self.get_logical_id(cast(CfnElement, self.uploads.node.default_child))
        la, urn = (variable.replace("${", "<").replace("}", ">") for variable in (assumed.LA, assumed.URN))
        arns |= {
            f"arn:<AWS::Partition>:s3:::{self.prefix}-authority-{la}/*": tagged,
            f"<{uploads}.Arn>/{la}/{urn}/*": tagged,
        }
        acknowledge(self, {f"AwsSolutions-IAM5[Resource::{arn}]": reason for arn, reason in arns.items()})
