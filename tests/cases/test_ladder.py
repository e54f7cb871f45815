"""The ladder: what an officer may decide, what is refused and by which provision (law.md 5, 6 and 9; design 4.4, 4.5)."""

import pytest
from stories import Story, agrees, told


@pytest.mark.parametrize("rows", told("ladder"))
def test_the_ladder(rows: list[dict[str, str]]) -> None:
    story = Story()
    for row in rows:
        agrees(story, story.step(row), row)
