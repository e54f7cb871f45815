"""Write what docs/ publishes of the formats: `uv run python -m local.formats`. A test fails when it is not up to date."""

import re
from pathlib import Path
from typing import Final

from attendance.rows import MODELS
from attendance.schemas import columns_table, csvw, findings_table, json_schema
from attendance.text import pretty_json

DOCS: Final = Path(__file__).parents[1] / "docs"
_SECTION: Final = re.compile(r"(<!-- generated: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def published() -> dict[Path, str]:
    """Every generated file under docs/ with its text; of formats.md the sections between the marks."""
    files = {DOCS / "formats" / f"{kind}.schema.json": pretty_json(json_schema(kind)) for kind in MODELS}
    files |= {DOCS / "formats" / f"{kind}.csv-metadata.json": pretty_json(csvw(kind)) for kind in MODELS}
    sections = {kind: columns_table(kind) for kind in MODELS} | {"findings": findings_table()}
    page = DOCS / "formats.md"
    files[page] = _SECTION.sub(
        lambda found: f"{found[1]}{sections[found['name']]}\n{found[3]}", page.read_text(encoding="utf-8")
    )
    return files


def main() -> None:
    """Write them all."""
    for path, text in published().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
