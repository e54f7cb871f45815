"""Names of pupils, persons, cases and notices: what a UPN must look like, and names that carry no UPN."""

import hashlib
import hmac
import re
from base64 import b32encode
from math import sumprod
from string import digits
from typing import Final, Literal

from attendance.text import canonical_json

# --- Unique pupil numbers (DfE, Unique pupil numbers guide [C]) -------------------------------------------------------

UPN_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""Without I, O and S, which look like digits."""
_UPN: Final = re.compile(rf"[{UPN_LETTERS}][0-9]{{11}}[0-9{UPN_LETTERS}]")  # a last letter: a temporary number
UPN_VALUES: Final = bytes.maketrans(
    f"{digits}{UPN_LETTERS}".encode("ascii"), bytes([*range(len(digits)), *range(len(UPN_LETTERS))])
)
"""What each character counts for in the check letter."""
UPN_PLACES: Final = range(2, 14)
"""How often each character after the first counts."""


def upn_check_letter(upn: str) -> str:
    """The check letter that characters 2 to 13 of a well-formed UPN ask for; to be reported, never to be put in.

    >>> upn_check_letter("A801200005001")
    'B'
    """
    return UPN_LETTERS[int(sumprod(UPN_PLACES, upn[1:].encode("ascii").translate(UPN_VALUES))) % len(UPN_LETTERS)]


def upn_problem(upn: str) -> Literal["UPN_FORMAT", "UPN_CHECK_LETTER"] | None:
    """What is wrong with a UPN, permanent or temporary, as the code of the finding; None if it is sound."""
    if not _UPN.fullmatch(upn):
        return "UPN_FORMAT"
    return None if upn[0] == upn_check_letter(upn) else "UPN_CHECK_LETTER"


# --- Names that carry no UPN (design 4.6) -----------------------------------------------------------------------------

_NAME_LENGTH: Final = 26  # base32 characters: 130 bits


def pupil_id(upn: str, secret: bytes) -> str:
    """The pupil in events, keys, tables and tags: 26 characters of base32, tied to the UPN by our secret."""
    return _named(_keyed(secret, upn))


def person_id(pupil: str, urn: str, parent_id: str, secret: bytes) -> str:
    """A parent as one school knows them for one pupil: the same in whatever order files arrive."""
    return _named(_keyed(secret, canonical_json(["person", pupil, urn, parent_id])))


def _named(digest: bytes) -> str:
    return b32encode(digest[:20])[:_NAME_LENGTH].decode(
        "ascii"
    )  # base32 takes five bytes at a time: more would be cut off


def case_id(pupil: str, la: str, n: int) -> str:
    """The n-th case (from 1) of a pupil in an authority."""
    return f"{pupil}-{la}-{n}"


def _keyed(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode("utf-8"), hashlib.sha256)


# --- References of notices (design 4.5) -------------------------------------------------------------------------------

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are misread
_REFERENCE: Final = re.compile(rf"[0-9]{{3}}[{_CROCKFORD}]{{9}}")
_BITS: Final = 40  # eight characters of five bits


def reference(la: str, case: str, person: str, kind: str, attempt: int, secret: bytes) -> str:
    """The reference of a notice: authority code, eight characters, a check character; the same in every run.

    `attempt` is the number of earlier reservations of the same case, person and kind: no two share a reference.
    """
    drawn = int.from_bytes(_keyed(secret, canonical_json(["reference", case, person, kind, attempt]))[: _BITS // 8])
    body = la + _written(drawn)
    return body + _check_character(body)


def letter_reference(urn: str, pupil: str, since: str, level: int, secret: bytes) -> str:
    """The reference of a school's early letter, which is also the name of its file: the same in every run."""
    drawn = int.from_bytes(_keyed(secret, canonical_json(["early letter", urn, pupil, since]))[: _BITS // 8])
    return f"{urn}-{level}-{_written(drawn)}"


def _written(drawn: int) -> str:
    return "".join(_CROCKFORD[drawn >> shift & 31] for shift in range(_BITS - 5, -1, -5))


def reference_problem(written: str) -> str | None:
    """What is wrong with a reference someone typed or read out, in a sentence; None if it can be one of ours."""
    if not _REFERENCE.fullmatch(written):
        return "A reference is three digits, then nine digits or capital letters other than I, L, O and U."
    if _check_character(written[:-1]) != written[-1]:
        return "The last character of the reference does not fit the others: one of them was misread."
    return None


def _check_character(body: str) -> str:
    """The check character: the hybrid system of ISO/IEC 7064 (as MOD 37,36) with Crockford's 32 characters, MOD 33,32.

    It is always one of the 32, and every misread character changes it, as do nearly all exchanges of neighbours.
    """
    size = len(_CROCKFORD)
    product = size
    for character in body:
        product = ((product + _CROCKFORD.index(character)) % size or size) * 2 % (size + 1)
    return _CROCKFORD[(1 - product) % size]
