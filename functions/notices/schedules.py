"""The schedule that comes with a notice which, with all its sessions and support, is longer than the post takes."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from notices.letters import ListedSession, NoticePage, SupportStep, sessions_in_words
from notices.typesetting import Page, Text, issued


class SchedulePage(Page):
    """Everything a schedule prints: which notice it belongs to, every session, every step of support."""

    kind: Literal["schedule"] = "schedule"
    reference: Text
    of: Literal["penalty_notice", "notice_to_improve"]
    issued_on: dt.date
    la: Text
    urn: Text
    authority: Text
    recipient: Text
    child: Text
    school: Text
    sessions: Annotated[tuple[ListedSession, ...], Field(min_length=1)]
    support: tuple[SupportStep, ...]
    evidence_sha256: Text
    software: Text

    def words(self) -> dict[str, Any]:
        """The schedule in words, with the meaning of each code."""
        words = super().words()
        sessions_in_words(self.sessions, words["sessions"])
        return words | {"issued": issued(self.issued_on)}


def schedule_of(notice: NoticePage) -> SchedulePage:
    """The schedule of a notice."""
    data = {
        key: getattr(notice, key)
        for key in SchedulePage.model_fields.keys() & NoticePage.model_fields.keys() - {"kind"}
    }
    people = {"authority": notice.authority.name, "recipient": notice.recipient.name, "child": notice.child.name}
    return SchedulePage.model_validate(data | people | {"of": notice.kind})
