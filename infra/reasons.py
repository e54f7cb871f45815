"""Why a rule of cdk-nag does not hold here: each exception carries its reason, and lies beside what it excuses."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Except the construct from each rule named, for the reason given."""
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule, reason in sorted(reasons.items()))
    )
