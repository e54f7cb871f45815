"""What happens to a notice later: money, service, withdrawal, amendment, who is told (law.md 5; E33, E34, E50, E65-E70)."""

import pytest
from stories import Story, agrees, told


@pytest.mark.parametrize("rows", told("afterwards"))
def test_what_happens_later(rows: list[dict[str, str]]) -> None:
    story = Story()
    for row in rows:
        agrees(story, story.step(row), row)
