"""Who lives where, whose address is protected, and what a penalty notice prints as the child's address (field.md E46)."""

from dataclasses import replace
from datetime import date

import pytest
from builders import parent_row
from stories import Story
from tables import cases

from attendance.facts import Outcome, Refusal
from attendance.law import PROVISIONS

RECIPIENT, OTHER, CHILD = "1 Recipient Road", "2 Other Road", "3 Child Close"
HOME = {"recipient": RECIPIENT, "other": OTHER, "both": RECIPIENT, "neither": CHILD}
OTHER_PARENT: dict[str, dict[str, str | None]] = {
    "written_to": {}, "do_not_send": {"do_not_send": "yes"}, "ended": {"until": "2025-09-30"},
}  # fmt: skip


def family(case: dict[str, str]) -> Story:
    """A child with a holiday of ten sessions, and the parents as the row has them."""
    home = HOME[case["lives_with"]]
    others = RECIPIENT if case["lives_with"] == "both" else OTHER
    parents = [parent_row("p1", address_1=RECIPIENT, address_protected=case["recipient_protected"])]
    if case["other_parent"] != "none":
        more = OTHER_PARENT[case["other_parent"]]
        parents.append(parent_row("p2", address_1=others, address_protected=case["other_protected"], **more))
    story = Story()
    child: dict[str, str | None] = {"address_1": home, "address_protected": case["child_protected"]}
    story.school = replace(story.school, pupil=child, parents=tuple(parents))
    story.step({"on": "2025-10-10", "action": "marks", "details": "2025-10-06..2025-10-10 G"})
    return story


@pytest.mark.parametrize("case", cases("who_lives_where"))
def test_what_is_printed_as_the_childs_address(case: dict[str, str]) -> None:
    story = family(case)
    as_ = f" address_as={case['address_as']} reason=chosen" if case["address_as"] else ""
    outcome = story.step(
        {
            "on": "2025-10-13", "action": "authorise_penalty_notice", "parent": "p1",
            "details": f"ground=support_not_appropriate{as_}",
        }
    )  # fmt: skip

    if case["outcome"] == "allowed":
        assert isinstance(outcome, Outcome), outcome
        printed = story.shown(date(2025, 10, 13))["child_at"]
        assert printed == case["printed"]
        protected = {
            address for address, flag in ((HOME[case["lives_with"]], "child_protected"), (OTHER, "other_protected"))
            if case[flag] == "yes"
        } - {RECIPIENT}  # fmt: skip
        assert not protected & set(str(story.printed).split("'")), "nobody else's protected address"
    else:
        assert isinstance(outcome, Refusal)
        assert outcome.provision == PROVISIONS["protected_address"].citation
