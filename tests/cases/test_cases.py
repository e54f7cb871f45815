"""Cases: what opens one, what it considers, what settles it, when it lapses or is put to an officer (design 4.4)."""

import pytest
from stories import Story, agrees, told


@pytest.mark.parametrize("rows", told("cases"))
def test_the_life_of_a_case(rows: list[dict[str, str]]) -> None:
    story = Story()
    for row in rows:
        agrees(story, story.step(row), row)
