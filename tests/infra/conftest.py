"""The deployment of all 153 authorities, synthesised once for all tests, with cdk-nag's rules holding."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cloudformation import PREFIX, read

from attendance.authorities import AUTHORITIES
from local.node import use_for_jsii

use_for_jsii()


@dataclass(frozen=True)
class Deployment:
    folder: Path
    core: Mapping[str, Any]
    authorities: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    from infra.app import synth

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # synthesis needs no account
    folder = synth(tmp_path_factory.mktemp("all"), PREFIX, list(AUTHORITIES), packages_built=False, checked=True)
    return Deployment(folder, read(folder, "Core"), {la: read(folder, f"Authority{la}") for la in AUTHORITIES})


@pytest.fixture(scope="session")
def core(deployment: Deployment) -> Mapping[str, Any]:
    return deployment.core


@pytest.fixture(scope="session")
def authority(deployment: Deployment) -> Mapping[str, Any]:
    return deployment.authorities["886"]
