"""Every kind of document, and the page of each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from pydantic import ValidationError

from notices.typesetting import NotPrintable, Page

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "penalty_notice": ("notices.letters", "PenaltyNoticePage"),
    "notice_to_improve": ("notices.letters", "NoticeToImprovePage"),
    "schedule": ("notices.schedules", "SchedulePage"),
    "withdrawal": ("notices.letters", "WithdrawalPage"),
    "reminder": ("notices.letters", "ReminderPage"),
    "early_letter": ("notices.letters", "EarlyLetterPage"),
    "return_cover": ("notices.returned", "ReturnCoverPage"),
    "certificate": ("notices.court", "CertificatePage"),
    "case_bundle": ("notices.court", "CaseBundlePage"),
    "attendance_contract": ("notices.meetings", "AttendanceContractPage"),
    "support_pack": ("notices.meetings", "SupportPackPage"),
}
"""Where the page of each kind is: a message is about one kind, and a new process is spared the models of all others."""


def page_type(kind: str) -> type[Page]:
    """The page of a kind of document."""
    module, name = KINDS[kind]
    page: type[Page] = getattr(import_module(module), name)
    return page


def page_of(record: Mapping[str, Any], **printed: Any) -> Page:
    """The page of a record and of what else its document prints (authority, recipient, child, school, ...).

    Of the record only what the page prints is taken: a UPN cannot reach a letter. Raises NotPrintable where a value
    that the page needs is missing or cannot be what it should be.
    """
    page = page_type(record["kind"])
    try:
        return page.model_validate({key: record[key] for key in page.model_fields if key in record} | printed)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise NotPrintable(".".join(map(str, first["loc"])) or record["kind"], first["msg"]) from None
