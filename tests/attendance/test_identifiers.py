"""Our own names carry no UPN; a misread reference is noticed."""

import pytest

from attendance.identifiers import (
    case_id,
    person_id,
    pupil_id,
    reference,
    reference_problem,
)

SECRET = b"a secret of the deployment"
REFERENCES = [reference("886", f"case {n}", "person", "penalty_notice", 0, SECRET) for n in range(100)]


def test_a_pupils_name_outlives_releases_and_says_nothing_without_the_secret() -> None:
    assert pupil_id("B801200005001", b"x") == "S4OX73Q5PVQCE2GMQK4PBPI3W7", (
        "changing it would orphan every stored object"
    )
    assert pupil_id("B801200005001", b"y") != pupil_id("B801200005001", b"x")


def test_a_person_is_one_parent_of_one_pupil_at_one_school() -> None:
    names = {
        person_id("pupil", "100001", "p1", SECRET),
        person_id("pupil", "100001", "p2", SECRET),
        person_id("pupil", "100002", "p1", SECRET),
        person_id("other", "100001", "p1", SECRET),
        person_id("pupil", "10000", "1p1", SECRET),
    }

    assert len(names) == 5
    assert person_id("pupil", "100001", "p1", SECRET) in names


def test_a_case_is_numbered_within_pupil_and_authority() -> None:
    assert case_id("PUPIL", "886", 2) == "PUPIL-886-2"


def test_a_reference_is_the_same_in_every_run_and_another_for_every_cause() -> None:
    cause = ("886", "case", "person", "penalty_notice", 0, SECRET)
    others = [
        ("886", "case 2", "person", "penalty_notice", 0, SECRET),
        ("886", "case", "person 2", "penalty_notice", 0, SECRET),
        ("886", "case", "person", "notice_to_improve", 0, SECRET),
        ("886", "case", "person", "penalty_notice", 1, SECRET),
        ("886", "case", "person", "penalty_notice", 0, b"another secret"),
    ]

    assert reference(*cause) == reference(*cause)
    assert len({reference(*cause), *(reference(*other) for other in others)}) == 6


@pytest.mark.parametrize("written", REFERENCES[:10])
def test_a_reference_is_the_authority_and_nine_characters_that_are_not_misread(written: str) -> None:
    assert len(written) == 12
    assert written.startswith("886")
    assert not set(written) & set("ILOU")
    assert reference_problem(written) is None


def test_every_single_misread_character_is_noticed() -> None:
    for written in REFERENCES:
        for place, right in enumerate(written):
            for wrong in set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") - {right}:
                assert reference_problem(written[:place] + wrong + written[place + 1 :]) is not None


def test_nearly_every_exchange_of_neighbours_is_noticed() -> None:
    exchanged = [
        written[:place] + written[place + 1] + written[place] + written[place + 2 :]
        for written in REFERENCES
        for place in range(3, 11)
        if written[place] != written[place + 1]
    ]

    assert sum(reference_problem(each) is None for each in exchanged) < len(exchanged) / 50


@pytest.mark.parametrize(
    "written", ["", "886", "886XYCAH4JG", "886XYCAH4JGAA", "886xycah4jga", "886XYCAH4JGU", "A86XYCAH4JGA"]
)
def test_what_cannot_be_a_reference_is_told_how_one_looks(written: str) -> None:
    assert "three digits" in str(reference_problem(written))
