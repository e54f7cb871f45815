"""The cover of a return to the authority: what the school tells under which provision, pupil by pupil (SI 2024/208 reg 13)."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from attendance import law
from notices.typesetting import Lines, Page, Printed, Text, issued


class Returned(Printed):
    """One pupil of a return: who, and what is told of them, by the names of the return's columns."""

    upn: Text
    name: Text
    address: Text
    told: tuple[str, ...]


class ReturnCoverPage(Page):
    """Everything the cover of a return prints; the CSV beside it holds the same rows for a program."""

    kind: Literal["return_cover"] = "return_cover"
    returned: Literal["attendance", "sickness", "new_pupil", "deletion"]
    la: Text
    urn: Text
    authority: Text
    authority_address: Lines
    school: Text
    school_address: tuple[Text, ...]
    dated: dt.date
    written_at: AwareDatetime
    columns: Lines
    pupils: Annotated[tuple[Returned, ...], Field(min_length=1)]
    file: Text
    file_sha256: Text
    provisions: tuple[Text, ...]
    software: Text

    def words(self) -> dict[str, Any]:
        """The cover in words, with the figures of the law on its day."""
        figures = {"sickness_days": law.SICKNESS_DAYS, "continuous_days": law.CONTINUOUS_DAYS}
        return super().words() | {
            "issued": issued(self.dated),
            "law": {name: figure.on(self.dated) for name, figure in figures.items()},
        }
