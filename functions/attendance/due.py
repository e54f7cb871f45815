"""Rows of returns and lists: what is kept of a pupil who is due to be reported, from when it is found until its file is written."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from attendance.standing import Frozen

WHO = ("urn", "upn", "surname", "forename", "address_1", "address_2", "address_3", "address_4", "postcode")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "attendance": (*WHO, "from", "until", "sessions"),
    "sickness": (*WHO, "from", "until", "days", "basis", "evidence"),
    "new_pupil": (*WHO, "starting_day"),
    "deletion": (*WHO, "leaving_day", "ground"),
}
TOLD_COLUMNS = ("urn", "upn", "surname", "forename", "on", "what", "about", "because", "what_to_do", "provision")
"""The columns of every daily list (attendance.told)."""
EARLY_LETTER = "early_letter"
"""The list of a school's early letters (attendance.early)."""
LETTER_COLUMNS = (
    "urn", "upn", "surname", "forename", "level", "missed", "since", "sessions", "parent_id", "parent", *WHO[4:], "letter",
    "because", "what_to_do",
)  # fmt: skip


class Return(Frozen):
    """One pupil due to be reported: `since` names the episode, `made_due_on` the day that made it due.

    `kind` is one of the four returns, one of the daily lists of `attendance.told`, or the early letters of a school: all are
    kept and written the same way. A row that follows the register lapses with its ground until its file is written; one that
    follows a notice, with the notice.
    """

    kind: str
    urn: str
    upn: str
    since: str
    made_due_on: date
    row: Mapping[str, str]
    follows: Literal["register", "notice", "step"] = "register"
    due_by: date | None = None
    """The last day on which the law lets it be made; None: it goes by intervals that are agreed."""

    def late(self, found_on: date) -> bool:
        """Whether it was found only after its last day."""
        return self.due_by is not None and self.due_by < found_on


def return_csv(kind: str, returns: Sequence[Return]) -> list[list[str]]:
    """The rows of a return or list, header first, by UPN."""
    ordered = sorted(returns, key=lambda each: (each.upn, each.since))
    columns = LETTER_COLUMNS if kind == EARLY_LETTER else COLUMNS.get(kind, TOLD_COLUMNS)
    return [list(columns), *([each.row[column] for column in columns] for each in ordered)]
