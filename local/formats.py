"""Write what docs/ publishes of formats and law: `uv run python -m local.formats`. A test fails when it is not up to date."""

import re
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from api.uploads import Report
from attendance.events import TOLD
from attendance.ladder import drawn, ways_table
from attendance.rows import MODELS
from attendance.schemas import columns_table, csvw, findings_table, json_schema, schema_of
from attendance.standing import Positions
from attendance.text import pretty_json
from local.law import figures_table, rules_table

DOCS: Final = Path(__file__).parents[1] / "docs"
_SECTION: Final = re.compile(r"(<!-- generated: (?P<name>\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def published() -> dict[Path, str]:
    """Every generated file under docs/ with its text; of a page the sections between the marks."""
    files = {DOCS / "formats" / f"{kind}.schema.json": pretty_json(json_schema(kind)) for kind in MODELS}
    files |= {DOCS / "formats" / f"{kind}.csv-metadata.json": pretty_json(csvw(kind)) for kind in MODELS}
    outputs: dict[str, type[BaseModel]] = {"report": Report, "positions": Positions}
    outputs.update((str(event.model_fields["type"].default), event) for event in TOLD)
    files |= {DOCS / "formats" / f"{n}.schema.json": pretty_json(schema_of(model, n)) for n, model in outputs.items()}
    sections = {kind: columns_table(kind) for kind in MODELS} | {
        "findings": findings_table(), "rules": rules_table(), "figures": figures_table(),
        "ladder": f"```mermaid\n{drawn()}\n```\n\n{ways_table()}",
    }  # fmt: skip
    for page in (DOCS / "formats.md", DOCS / "law.md"):
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
