"""Every sequence of actions on two children and two parents, up to a bound, on the real rules, judged by a slow reading of the law.

Children share the clock and nothing else (the last test holds that), so what a sequence does to one of them is what it does with
the actions on the other left out: one child's states reached in up to n actions stand for all sequences of up to n actions on both.
A wide alphabet has every action; a core one those that decide which documents are lawful, and goes further; a narrow one has one
of each kind of these, and goes furthest.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import pytest
from ladder_model import CORE, NARROW, REFERRED, SIBLING, WIDE, Alphabet, Step, born, explore, facts, led
from ladder_oracle import judge

from attendance.decisions import decide
from attendance.facts import Outcome
from attendance.ladder import OUT, PERIOD, PROSECUTED, rung_of_notice

DEPTHS: Final = [
    pytest.param(CORE, 4, id="core"),
    pytest.param(WIDE, 3, id="wide"),
    pytest.param(REFERRED, 3, id="referred"),
    pytest.param(CORE, 6, id="core, further", marks=pytest.mark.model),
    pytest.param(WIDE, 4, id="wide, further", marks=pytest.mark.model),
    pytest.param(NARROW, 8, id="narrow", marks=pytest.mark.model),
]


@pytest.mark.parametrize(("alphabet", "length"), DEPTHS)
def test_every_document_of_every_sequence_is_lawful(
    alphabet: Alphabet, length: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explore(alphabet, length, partial(judge, referral=alphabet is REFERRED), born())

    with capsys.disabled():
        print(  # noqa: T201
            f"\n{alphabet.sequences(length):,} sequences of up to {length} actions: {found.states:,} states, "
            f"{found.decisions:,} decisions, {found.documents:,} documents, all lawful"
        )
    assert found.documents


def _rungs(step: Step) -> set[str]:
    return {rung_of_notice(n, step.after.today) for n in step.after.notices}


NOTICE: Final = "penalty notice to p1, support_not_appropriate"
AGAIN: Final = ("a month passes", "a week of holiday")
FURTHER_ON: Final = [
    pytest.param((NOTICE, *AGAIN, NOTICE, *AGAIN), id="two notices within three years"),
    pytest.param((NOTICE, *AGAIN, NOTICE, "a year and a half passes", "a week of holiday"), id="two, long ago"),
    pytest.param((NOTICE, "withdraw that of p1", "a week of unauthorised absence"), id="one withdrawn"),
    pytest.param((NOTICE, "withdraw that of p1", "release the sessions"), id="one withdrawn and released"),
]


@pytest.mark.parametrize("actions", FURTHER_ON)
def test_every_document_is_lawful_of_every_sequence_that_begins_further_on(actions: tuple[str, ...]) -> None:
    explore(CORE, 3, judge, led(CORE, *actions))


def test_every_rung_that_the_alphabet_can_reach_is_reached() -> None:
    reached: set[str] = set()
    months = ("a month passes", "a month passes")
    for begun in (
        (),
        (NOTICE,),
        (NOTICE, *months),
        ("notice to improve to p1", *months),
        (NOTICE, *AGAIN, NOTICE),
        ("no letter can be written today", NOTICE),
    ):
        child = led(WIDE, *begun)
        reached.update(rung_of_notice(n, child.today) for n in child.notices)
        explore(WIDE, 2, lambda step: reached.update(_rungs(step)), child)

    assert reached >= {"withdrawn", "expired", "authorised"} | {*OUT} | {*PERIOD} | {*PROSECUTED}


def test_what_is_known_of_one_child_holds_nothing_of_the_other() -> None:
    """The same decision about a child has the same outcome whatever has happened to the other one."""
    days: dict[object, list[Step]] = {}

    def keep(step: Step) -> None:
        days.setdefault(step.after.today, []).append(step)

    explore(CORE, 3, keep, born(SIBLING))
    compared = 0

    def alone(step: Step) -> None:
        nonlocal compared
        if step.decision is None or compared > 3000:
            return
        others = days.get(step.before.today, [])[::40]
        for other in others:
            beside = decide(step.decision, facts(step.before, other.after, settings=CORE.settings))
            assert _said(beside) == _said(step.outcome)
            compared += 1

    explore(CORE, 3, alone, born())
    assert compared > 1000


def _said(outcome: object) -> object:
    if not isinstance(outcome, Outcome):
        return outcome
    return (
        outcome.cases,
        outcome.notices,
        outcome.reservation and outcome.reservation.notice,
        outcome.warnings,
        outcome.made,
    )
