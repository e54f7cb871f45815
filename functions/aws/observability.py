"""Logs and metrics: structured, with a correlation id, never with personal data."""

from __future__ import annotations

import os
from typing import Final, Literal

from aws_lambda_powertools import Logger

from aws.clock import now

logger = Logger()

type Metric = Literal["FilesRefused", "SchoolsLate", "CasesUndecided", "CodesOverdue"]

NAMED: Final = 50
"""How many schools or cases one line names; the metric counts all."""


def counted(metric: Metric, n: int, message: str, *, la: str, **named: object) -> None:
    """Log what somebody should look at, in a line of which CloudWatch makes a metric by itself (its embedded metric format).

    The metric is kept for all authorities together, which an alarm watches; what a person looks for next, the authority, the
    school or the case, is in the line alone, as each further metric costs. No call is made, and nothing is imported for it.
    """
    directive = {
        "Namespace": os.environ["POWERTOOLS_METRICS_NAMESPACE"],
        "Dimensions": [[]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    told = {"Timestamp": int(now().timestamp() * 1000), "CloudWatchMetrics": [directive]}
    logger.warning(message, extra={**named, "la": la, metric: n, "_aws": told})
