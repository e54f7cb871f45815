"""The values of a CloudFormation template: intrinsic functions resolved as CloudFormation would, or refused.

Nothing is guessed: a function, pseudo parameter or export that is not known here raises `TemplateRefused`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-2"

_NO_VALUE = object()
_SUBSTITUTION = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateRefused(ValueError):
    """The template asks for something that this deployer does not know how to do."""


def nothing_else(given: Mapping[str, Any], known: set[str], where: str) -> None:
    """Raise if a mapping has a key that is not among the known ones; `where` says whose mapping it is."""
    if unknown := set(given) - known:
        raise TemplateRefused(f"{where}: unknown {', '.join(sorted(unknown))}")


@dataclass(frozen=True)
class Physical:
    """What a raised resource answers: its `Ref`, and what `Fn::GetAtt` may ask of it."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Values:
    """Resolves the values of one stack; `raised` gives (and if need be raises) the resource of a logical id."""

    stack: str
    exports: Mapping[str, str]
    raised: Callable[[str], Physical]

    def of(self, node: Any) -> Any:
        """The value of a node, its functions resolved at every depth and `AWS::NoValue` left out."""
        if isinstance(node, list):
            return [value for item in node if (value := self.of(item)) is not _NO_VALUE]
        if isinstance(node, str):
            if "{{resolve:" in node:
                raise TemplateRefused(f"dynamic reference {node!r}")
            return node
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._function(name, argument)
        return {key: value for key, item in node.items() if (value := self.of(item)) is not _NO_VALUE}

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Ref", str():
                return self._reference(argument)
            case "Fn::GetAtt", [str(logical_id), str(attribute)]:
                return self._attribute(logical_id, attribute)
            case "Fn::Join", [str(separator), parts]:
                return separator.join(self.of(parts))
            case "Fn::Sub", str():
                return self._substitute(argument, {})
            case "Fn::Sub", [str(text), dict(names)]:
                return self._substitute(text, self.of(names))
            case "Fn::Select", [index, options]:
                return self.of(options)[int(index)]
            case "Fn::Split", [str(separator), text]:
                return self.of(text).split(separator)
            case "Fn::ImportValue", _:
                return self._import(self.of(argument))
        raise TemplateRefused(f"function {name} of {argument!r}")

    def _reference(self, name: str) -> Any:
        if not name.startswith("AWS::"):
            return self.raised(name).ref
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.stack}/local",
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name not in pseudo:
            raise TemplateRefused(f"pseudo parameter {name}")
        return pseudo[name]

    def _attribute(self, logical_id: str, attribute: str) -> str:
        attributes = self.raised(logical_id).attributes
        if attribute not in attributes:
            raise TemplateRefused(f"attribute {attribute} of {logical_id}")
        return attributes[attribute]

    def _import(self, name: str) -> str:
        if name not in self.exports:
            raise TemplateRefused(f"export {name}, which no stack raised so far has")
        return self.exports[name]

    def _substitute(self, text: str, names: Mapping[str, str]) -> str:
        def value(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return "${" + name + "}"
            if name in names:
                return names[name]
            if "." in name:
                return self._attribute(*name.split(".", 1))
            return str(self._reference(name))

        return _SUBSTITUTION.sub(value, text)
