"""Intrinsic functions mean here what they mean to CloudFormation."""

from typing import Any

import pytest

from local.template import Physical, TemplateRefused, Values

RAISED = {"Files": Physical("my-files", {"Arn": "arn:aws:s3:::my-files"})}
VALUES = Values("attendance-core", {"core-key": "arn:of:key"}, RAISED.__getitem__)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"Ref": "Files"}, "my-files"),
        ({"Ref": "AWS::Region"}, "eu-west-2"),
        ({"Ref": "AWS::StackName"}, "attendance-core"),
        ({"Fn::GetAtt": ["Files", "Arn"]}, "arn:aws:s3:::my-files"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Files"}]]}, "a/my-files"),
        (
            {"Fn::Sub": "${Files}/${Files.Arn}/${AWS::AccountId}/${!Kept}"},
            "my-files/arn:aws:s3:::my-files/123456789012/${Kept}",
        ),
        ({"Fn::Sub": ["${Own}-${Files}", {"Own": {"Ref": "AWS::Partition"}}]}, "aws-my-files"),
        ({"Fn::Select": [1, {"Fn::Split": [":", "a:b:c"]}]}, "b"),
        ({"Fn::ImportValue": {"Fn::Join": ["-", ["core", "key"]]}}, "arn:of:key"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}, True]}, {"b": [1, True]}),
    ],
)
def test_the_value_of(written: Any, value: Any) -> None:
    assert VALUES.of(written) == value


@pytest.mark.parametrize(
    "written",
    [
        {"Fn::If": ["Condition", 1, 2]},
        {"Fn::GetAtt": ["Files", "Colour"]},
        {"Fn::ImportValue": "no-such-export"},
        {"Ref": "AWS::NotificationARNs"},
        {"Fn::Join": ["/"]},
        "{{resolve:secretsmanager:my-secret}}",
    ],
)
def test_what_has_no_value_here_is_refused(written: Any) -> None:
    with pytest.raises(TemplateRefused):
        VALUES.of({"deep": [written]})
