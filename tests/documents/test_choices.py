"""Every choice that a page makes has its sentence, and a document says no more than is so."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from local.madeup import documents as made
from notices.typesetting import NotPrintable, Page, render
from tests.documents.conftest import Rendered
from tests.documents.reading import pictures, plain, text_of, words_of
from tests.documents.variants import DOCUMENTS, EDGES, LETTERS, SET


def first(**changed: Any) -> Page:
    return made.notice({**made.FIRST, **changed})


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (first(post="first"), "This notice is posted by first class post on Friday 14 November 2025."),
        (first(post="second"), "This notice is posted by second class post on Friday 14 November 2025."),
        (first(post="hand"), "This notice is delivered by hand on Friday 14 November 2025."),
        (first(main_reason="holiday"), "Main reason for the absence: holiday in term time"),
        (first(main_reason="late"), "Main reason for the absence: arriving late"),
        (first(main_reason="other"), "Main reason for the absence: other unauthorised absence"),
        (first(ground="support_not_appropriate"), "decided that it was not appropriate for this absence."),
        (first(ground="support_failed"), "It was not taken up, or attendance did not improve enough."),
        (first(ground="improvement_failed"), "Attendance did not improve enough by the end of its period."),
        (first(ground="ended_early"), "We ended its period early because it was clear"),
        (first(ground="below_threshold"), "also where the national threshold is not the reason."),
        (made.withdrawal(ground="ought_not"), "The notice ought not to have been issued. What this means"),
        (made.withdrawal(ground="wrong_person"), "The notice ought not to have been issued to you."),
        (made.withdrawal(ground="material_error"), "The notice contains material errors."),
        (made.withdrawal(ground="material_error"), "we may decide to send a new notice."),
        (made.withdrawal(ground="not_prosecuting"), "We have not started proceedings for the offence and do not"),
        (made.withdrawal(refund_pence=0), "We received £80 and have already paid it back."),
        (made.withdrawal(received_pence=0, refund_pence=0), "We have no payment from you. If you have paid, tell us"),
        (made.withdrawal(post="first"), "Sent: by first class post."),
        (made.withdrawal(post="second"), "Sent: by second class post."),
        (made.withdrawal(post="hand"), "Sent: by hand."),
        (made.reminder(post="second"), "Sent: by second class post."),
        (made.early_letter(post="hand"), "Sent: by hand."),
        (made.reminder(), "Our records show that it is not paid. You can"),
        (made.return_cover(returned="sickness"), "Sickness return to Made-up County Council"),
        (made.return_cover(returned="attendance"), "Attendance return to Made-up County Council"),
        (made.return_cover(returned="new_pupil"), "New pupil return to Made-up County Council"),
        (made.return_cover(returned="deletion"), "Deletion return to Made-up County Council"),
        (made.case_bundle(met_on=None), "The national threshold was not the reason for this case."),
        (made.attendance_contract(review_on=None), "Review on: to be agreed at the meeting"),
        (made.attendance_contract(support=[]), "No support is recorded so far."),
        (made.support_pack(near=[]), "No pupil is near the national threshold."),
        (made.support_pack(near=[]), "0 are near the national threshold"),
        (made.support_pack(), "1 is near the national threshold"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_every_choice_has_its_sentence(fonts: Path, page: Page, sentence: str) -> None:
    assert plain(sentence) in text_of(render(page, fonts))


@pytest.mark.parametrize(
    ("instalments", "sentence"),
    [(True, "You may ask to pay in instalments."), (False, "we do not take instalments.")],
)
def test_a_letter_about_money_says_whether_instalments_are_taken(fonts: Path, instalments: bool, sentence: str) -> None:
    payment = {"url": "https://madeup.example/pay", "instalments": instalments}
    assert sentence in text_of(render(made.notice(made.FIRST, payment=payment), fonts))
    assert sentence in text_of(render(made.reminder(payment=payment), fonts))


def test_what_the_code_of_conduct_calls_the_document_and_how_it_takes_payment_is_printed(pdf: Rendered) -> None:
    printed = text_of(pdf("first notice by its own name, from a school, payable by phone and by link"))

    assert "Fixed Penalty Notice for unauthorised absence from school" in printed
    assert "You can also pay by phone on 01632 960001." in printed
    assert "it opens the same page with the reference filled in." in printed
    assert "authorised officer of Made-up School" in printed


def test_a_school_is_the_sender_of_its_own_notice_to_improve(pdf: Rendered) -> None:
    sent = "of Made-up School, which sends it under the code of conduct of Made-up County Council"
    assert sent in text_of(pdf("notice to improve from a school, without support"))
    assert sent not in text_of(pdf("notice-to-improve"))


def test_below_the_threshold_the_notice_does_not_say_that_it_was_met(pdf: Rendered) -> None:
    assert "The national threshold was met" in text_of(pdf("penalty-notice-first"))
    assert "The national threshold was met" not in text_of(pdf("first notice below the threshold, without support"))


def test_a_second_notice_names_no_lower_amount(pdf: Rendered) -> None:
    assert "£80" in text_of(pdf("penalty-notice-first"))
    assert "£80" not in text_of(pdf("penalty-notice-second"))


def test_the_last_reminder_names_no_lower_amount(pdf: Rendered) -> None:
    assert "lower amount" in text_of(pdf("reminder-lower-amount"))
    assert "lower amount" not in text_of(pdf("reminder-last-day"))


@pytest.mark.parametrize("name", [name for name in LETTERS if name.startswith("early")])
def test_an_early_letter_threatens_with_nothing(pdf: Rendered, name: str) -> None:
    printed = text_of(pdf(name)).casefold()
    threats = ("penalty", "prosecut", "court", "fine ", "offence", "legal", "must ")
    assert [word for word in threats if word in printed] == []


@pytest.mark.parametrize("name", ["withdrawal", "attendance-contract", "certificate-of-attendance"])
def test_no_threat_stands_where_none_is_due(pdf: Rendered, name: str) -> None:
    assert "you may be prosecuted" not in text_of(pdf(name))


@pytest.mark.parametrize(
    "changed",
    [
        {"sequence": 2},
        {"reduced_amount_pence": None},
        {"reduced_until": None},
        {"reduced_amount_pence": None, "reduced_until": None},
    ],
    ids=lambda changed: "-".join(changed),
)
def test_a_first_notice_has_a_lower_amount_with_its_day_and_a_second_has_not(changed: dict[str, Any]) -> None:
    with pytest.raises(NotPrintable):
        first(**changed)


@pytest.mark.parametrize("name", [name for name in (*SET, *EDGES) if words_of(DOCUMENTS[name]).get("payment")])
def test_a_camera_reads_the_payment_page_from_the_paper(fonts: Path, name: str) -> None:
    payment = words_of(DOCUMENTS[name])["payment"]
    seen = [
        code.text
        for picture in pictures(DOCUMENTS[name], fonts, ppi=150)
        for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    ]
    assert seen == [payment["link"] or payment["url"]]
    assert not re.search(r"amount|£|\b(80|160)\b", seen[0])
