"""Lint docs/openapi.json with Redocly, as docs/redocly.yaml says: `uv run python -m local.lint_openapi`, a step of .ci/run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from local.node import MODULES, ROOT, ensure_assets, node

DESCRIPTION: Final = ROOT / "docs" / "openapi.json"
_RULES: Final = ROOT / "docs" / "redocly.yaml"


def lint(description: Path) -> int:
    """Redocly's findings to standard output; 0 if there are none."""
    ensure_assets()
    linter = MODULES / "@redocly" / "cli" / "bin" / "cli.js"
    return subprocess.run(  # noqa: S603 - our own node, fixed arguments
        [str(node()), str(linter), "lint", "--config", str(_RULES), str(description)],
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(lint(DESCRIPTION))
