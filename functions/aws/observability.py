"""Logs and metrics: structured, with a correlation id, never with personal data."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

logger = Logger()
metrics = Metrics()
