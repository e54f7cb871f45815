"""What must hold after whatever went wrong, once a quiet day has passed (design 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from attendance.cases import Notice
from attendance.law import NOTICE_LIMIT, counts_towards_limit
from local.faults.scenario import WORDS
from local.reconciling import Stores, reconcile
from local.run import Doors
from local.world import World


def broken(world: World, doors: Doors, today: date) -> list[str]:
    """What does not hold; empty if all does."""
    stores = Stores.of(doors)
    notices = [
        Notice.model_validate_json(item["body"]["S"])
        for item in stores.scan(stores.cases.history_table)
        if item["sk"]["S"].startswith("NOTICE#")
    ]
    return [
        *(f"dead letters: {len(bodies)} in {queue}" for queue, bodies in world.dead_letters().items()),
        *reconcile(stores, today).left,
        *_used_twice(notices),
        *_beyond_the_limit(notices),
        *(
            ["a line of the log names a child or parent"]
            if any(word in line for line in world.log for word in WORDS)
            else []
        ),
    ]


def _used_twice(notices: Sequence[Notice]) -> list[str]:
    """Sessions listed twice to one parent, or in two cases of one pupil, by notices that use them."""
    using = [notice for notice in notices if notice.uses_sessions]
    to_parent = Counter((n.pupil, n.person, str(each.at)) for n in using for each in n.sessions)
    cases = Counter({(n.pupil, n.case, str(each.at)) for n in using for each in n.sessions})
    in_case = Counter((pupil, session) for pupil, _, session in cases)
    return [f"used twice: {place}" for found in (to_parent, in_case) for place, times in found.items() if times > 1]


def _beyond_the_limit(notices: Sequence[Notice]) -> list[str]:
    """Parents with more counting notices in the three years ending with one of them than the law allows."""
    counting = [notice for notice in notices if notice.counts]
    return [
        f"beyond the limit: {last.pupil} {last.person}"
        for last in counting
        if sum(
            (n.pupil, n.person) == (last.pupil, last.person) and counts_towards_limit(n.issued_on, last.issued_on)
            for n in counting
        )
        > NOTICE_LIMIT.on(last.issued_on)
    ]
