"""What an operator publishes: read by name in one call, put whatever stands there, and never half of what is too long."""

from collections.abc import Iterator
from datetime import date

import pytest
from botocore.stub import Stubber

from aws.published import LONGEST, Published, TooLong
from aws.schools import Listed
from aws.settings import OfSchool
from tests.made_school import letters
from tests.raised_system import System, raised

DAY = date(2025, 9, 8)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with raised({"900001": "886", "900009": "887"}, wording={"900001": letters()}) as system:
        yield system


@pytest.fixture
def published(system: System) -> Published:
    return system.doors.published


def test_what_is_put_is_read_again_by_name_and_what_is_not_there_is_left_out(published: Published) -> None:
    published.put({"a": "é\n", "b": ""})
    assert published.texts("a", "b", "c") == {"a": "é\n", "b": ""}
    published.put({"a": "another"})
    assert published.texts("a") == {"a": "another"}


def test_the_longest_text_is_put_and_of_a_longer_one_nothing(published: Published) -> None:
    longest = "é" * (LONGEST // 2)
    published.put({"longest": longest})
    assert published.texts("longest") == {"longest": longest}
    with pytest.raises(TooLong, match=r"^letters/900001: 400,002 bytes"):
        published.put({"before": "x", "letters/900001": longest + "é"})
    assert published.texts("before") == {}


def test_what_dynamodb_left_out_is_asked_for_again(published: Published) -> None:
    def asked(*names: str) -> dict[str, object]:
        return {published.table: {"Keys": [{"pk": {"S": name}} for name in names], "ConsistentRead": True}}

    def item(name: str) -> dict[str, object]:
        return {"pk": {"S": name}, "body": {"S": f"text of {name}"}}

    first = {"Responses": {published.table: [item("a")]}, "UnprocessedKeys": asked("b")}
    second = {"Responses": {published.table: [item("b")]}, "UnprocessedKeys": {}}
    with Stubber(published.dynamodb) as stubber:
        stubber.add_response("batch_get_item", first, {"RequestItems": asked("a", "b")})
        stubber.add_response("batch_get_item", second, {"RequestItems": asked("b")})
        assert published.texts("a", "b") == {"a": "text of a", "b": "text of b"}
        stubber.assert_no_pending_responses()


def test_all_of_a_school_is_what_each_door_gives_alone(system: System, published: Published) -> None:
    found = OfSchool.read(published, system.doors.cases, "886", "900001")
    assert found.la == "886"
    assert found.listed.school is not None
    assert (settings_of(found), letters_on(found)) == ("886", True)
    nobody = OfSchool.read(published, system.doors.cases, "888", "900005")
    assert (nobody.la, nobody.listed) == ("888", Listed(None, (), directory_known=True))
    assert (nobody.settings_on(DAY), nobody.letters_on(DAY)) == (None, None)


def test_a_school_that_was_handed_over_keeps_to_the_code_of_its_authority_of_now(system: System) -> None:
    found = OfSchool.read(system.doors.published, system.doors.cases, "886", "900009")
    assert (found.la, settings_of(found), letters_on(found)) == ("887", "887", False)


def settings_of(found: OfSchool) -> str:
    given = found.settings_on(DAY)
    assert given is not None
    [la] = given.authorities
    return la


def letters_on(found: OfSchool) -> bool:
    return found.letters_on(DAY) is not None
