"""The whole deployment as templates: `synth` writes them, offline, without credentials, git or Docker."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aws_cdk import App, AssetHashType, DefaultStackSynthesizer, Validations
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks

from infra import packages
from infra.api import API, NOBODY_NAMED, Callers
from infra.authority import Authority
from infra.core import SHAPES, Core
from infra.web import Pages, Site


def synth(
    outdir: Path,
    prefix: str,
    authorities: Sequence[str],
    *,
    packages_built: bool = True,
    checked: bool = True,
    retention_years: int = 7,
    own_keys: bool = False,
    trail: bool = True,
    budget_usd: int | None = None,
    callers: Callers = NOBODY_NAMED,
    site: Site | None = None,
) -> Path:
    """Write stack `Core` and one stack per authority (3-digit codes) into `outdir`, and return it.

    The templates are the same bytes whether or not the Lambda packages were built: the hash of their sources names
    them. Without packages they cannot be deployed. `checked`: cdk-nag's rules must hold, else RuntimeError.
    `retention_years`: documents are locked that long, and what they rest on goes a year later. `own_keys`: each
    authority has a key of its own. `trail`: CloudTrail records who read and wrote what. `budget_usd`: what a month of the
    account may cost before the topic of alarms is told. `callers`: whose tokens the API takes, and from which pages.
    `site`: where pages of our own stand, in a stack `Pages`; they are among the pages that may ask.
    """
    app = App(
        outdir=str(outdir),
        analytics_reporting=False,
        default_stack_synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )
    names = (*(shape.name for shape in SHAPES), API)
    code = {name: _code(name, built=packages_built) for name in names}
    if site is not None and site.origin not in callers.origins:
        callers = replace(callers, origins=(*callers.origins, site.origin))
    core = Core(app, prefix, code, retention_years=retention_years, trail=trail, budget_usd=budget_usd, callers=callers)
    for la in sorted(authorities):
        Authority(
            app, prefix, la, retention_years=retention_years, own_key=own_keys, origins=callers.origins
        ).add_stack_dependency(core)
    if site is not None:
        Pages(app, prefix, site, authorities, callers.issuer).add_stack_dependency(core)
    if checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    if not packages_built:
        for placeholder in outdir.glob("asset.*"):
            shutil.rmtree(placeholder)  # so that nobody deploys sources under the name of a package
    return outdir


def _code(function: str, *, built: bool) -> lambda_.Code:
    folder = packages.build(function, packages.LAMBDA) if built else packages.ROOT / "functions" / function
    return lambda_.Code.from_asset(
        str(folder),
        asset_hash=packages.source_hash(function, packages.LAMBDA),
        asset_hash_type=AssetHashType.CUSTOM,
    )
