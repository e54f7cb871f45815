"""Every kind of document, and the page of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from notices.court import CaseBundlePage, CertificatePage
from notices.letters import (
    EarlyLetterPage,
    NoticeToImprovePage,
    PenaltyNoticePage,
    ReminderPage,
    WithdrawalPage,
)
from notices.meetings import AttendanceContractPage, SupportPackPage
from notices.returned import ReturnCoverPage
from notices.schedules import SchedulePage
from notices.typesetting import NotPrintable, Page

PAGES: Mapping[str, type[Page]] = {
    "penalty_notice": PenaltyNoticePage,
    "notice_to_improve": NoticeToImprovePage,
    "schedule": SchedulePage,
    "withdrawal": WithdrawalPage,
    "reminder": ReminderPage,
    "early_letter": EarlyLetterPage,
    "return_cover": ReturnCoverPage,
    "certificate": CertificatePage,
    "case_bundle": CaseBundlePage,
    "attendance_contract": AttendanceContractPage,
    "support_pack": SupportPackPage,
}


def page_of(record: Mapping[str, Any], **printed: Any) -> Page:
    """The page of a record and of what else its document prints (authority, recipient, child, school, ...).

    Of the record only what the page prints is taken: a UPN cannot reach a letter. Raises NotPrintable where a value
    that the page needs is missing or cannot be what it should be.
    """
    page = PAGES[record["kind"]]
    try:
        return page.model_validate({key: record[key] for key in page.model_fields if key in record} | printed)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise NotPrintable(".".join(map(str, first["loc"])) or record["kind"], first["msg"]) from None
