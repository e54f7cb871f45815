"""What the post would send back is refused before it is made, by the field that an officer must correct."""

from pathlib import Path
from typing import Literal

import pytest

from local.madeup import documents as made
from notices.letters import NO_LINE_BEGINS, Recipient
from notices.typesetting import NotPrintable, Page, render
from tests.documents.conftest import Rendered
from tests.documents.reading import lines_of
from tests.documents.variants import LETTERS, SET

POSTCODE = "MU2 7QX"
OF_THE_SET = [name for name in LETTERS if name in SET]


def to(name: str, *address: str, post: Literal["first", "second", "hand"] = "first") -> Page:
    """The shortest letter, to this address."""
    return made.withdrawal(recipient={"name": name, "address": address}, post=post)


def problems(page: Page) -> dict[str, str]:
    return dict(page.problems())


@pytest.mark.parametrize(
    ("address", "field", "why"),
    [
        (("Jo Madeup", POSTCODE), "recipient.address", "needs two lines at least"),
        (("Jo Madeup", "1 Long Road", "Madeup"), "recipient.address", "no United Kingdom postcode"),
        (("Jo Madeup", "1 Long Road", "MU2"), "recipient.address", "no United Kingdom postcode"),
        (("Jo Madeup", "1 Long Road", "Madeup MU2 7QX"), "recipient.address", "no United Kingdom postcode"),
        (("Jo Madeup", "1 Rue Longue", "75001 Paris", "France"), "recipient.address", "no United Kingdom postcode"),
        (("NFA", "Madeup", POSTCODE), "recipient.name", "no fixed abode"),
        (("Jo Madeup", "No fixed abode", POSTCODE), "recipient.address", "no fixed abode"),
        (("Jo Madeup", "N.F.A.", "Madeup", POSTCODE), "recipient.address", "no fixed abode"),
        (("Jo Madeup", "no fixed address", "Madeup", POSTCODE), "recipient.address", "no fixed abode"),
        (("محمد علي", "1 Long Road", POSTCODE), "recipient.name", "give the spelling in Latin letters"),
        (("Дмитро", "1 Long Road", POSTCODE), "recipient.name", "give the spelling in Latin letters"),
        (("Jo Madeup", "شارع طويل", "Madeup", POSTCODE), "recipient.address", "give the spelling in Latin letters"),
        (("[Jo", "1 Long Road", POSTCODE), "recipient.name", "begins with ["),
        *[
            (("Jo Madeup", f"{sign}1 Long Road", POSTCODE), "recipient.address", f"begins with {sign}")
            for sign in NO_LINE_BEGINS
        ],
    ],
    ids=str,
)
def test_an_address_that_the_post_does_not_take_is_refused(
    fonts: Path, address: tuple[str, ...], field: str, why: str
) -> None:
    assert why in problems(to(*address))[field]
    with pytest.raises(NotPrintable) as refused:
        render(to(*address), fonts)
    assert refused.value.field == field
    assert "Long Road" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        ("Jo Madeup", "1 Long Road", POSTCODE),
        ("Jo Madeup", "1 Long Road", "mu27qx"),
        ("Jo Madeup", "1 Long Road", "M1 1AA"),
        ("Jo Madeup", "1 Long Road", "EC1A 1BB"),
        ("Jo Madeup", "Some Barracks", "BFPO 57"),
        ("Fatima محمد", "14 شارع", "Madeup", POSTCODE),
        ("Jo Madeup", "1 Nfa Road", POSTCODE),
        ("Jo Madeup", "1 Long Road", "شارع", POSTCODE),
    ],
    ids=", ".join,
)
def test_an_address_that_the_post_takes_is_printed(fonts: Path, address: tuple[str, ...]) -> None:
    assert problems(to(*address)) == {}
    render(to(*address), fonts)


def test_of_a_letter_handed_over_the_post_asks_nothing(fonts: Path) -> None:
    render(to("محمد علي", "no fixed abode", post="hand"), fonts)


@pytest.mark.parametrize("name", OF_THE_SET)
def test_every_letter_is_asked_what_the_post_asks(name: str) -> None:
    nowhere = Recipient(name="Jo Madeup", address=("No fixed abode", POSTCODE))
    assert "no fixed abode" in problems(SET[name].model_copy(update={"recipient": nowhere}))["recipient.address"]


@pytest.mark.parametrize("name", OF_THE_SET)
def test_the_window_shows_the_address_line_by_line(pdf: Rendered, name: str) -> None:
    lines = lines_of(pdf(name))
    start = lines.index("Mrs Jo Madeup")
    assert lines[start : start + 5] == ("Mrs Jo Madeup", "Flat 2", "14 Long Road", "Madeup", "MU2 7QX")


@pytest.mark.parametrize("lines", [3, 7])
def test_an_address_has_three_lines_at_least_and_seven_at_most(fonts: Path, lines: int) -> None:
    render(to("Jo", *(f"Line {number}" for number in range(lines - 2)), POSTCODE), fonts)


def test_an_eighth_line_does_not_fit_the_window(fonts: Path) -> None:
    with pytest.raises(NotPrintable, match="seven lines") as refused:
        render(to("Jo", *(f"Line {number}" for number in range(6)), POSTCODE), fonts)
    assert refused.value.field == "recipient.address"
