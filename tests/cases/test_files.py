"""However a file is written, it is read as it was meant or refused whole: rows are never made up and never lost."""

import gzip

import pytest
from extracts import check
from tables import cases

from attendance.checking import Place
from attendance.directory import read_directory

HEADER = "upn,date,session,code\n"
GOOD = HEADER + "B801200005001,2025-10-13,AM,/\nB801200005001,2025-10-13,PM,\\\n"
PUPILS = (
    "upn,surname,forename,date_of_birth,address_1,postcode,starting_day\n"
    "B801200005001,O'Brien-Smith,Zoë,2014-05-05,1 Made-up Street,MU1 1AA,2020-09-01\n"
    "Q801200005002,محمد,,2014-05-05,1 Made-up Street,MU1 1AA,2020-09-01\n"
    f"E801200005003,{'Wolfeschlegelsteinhausenbergerdorff' * 2},Sam,2014-05-05,1 Made-up Street,MU1 1AA,2020-09-01\n"
)
MANY = [
    f"B801200005001,2025-{month:02}-{day:02},{half},L\n"
    for month in (9, 10)
    for day in range(1, 26)
    for half in ("AM", "PM")
]
WRITTEN = {
    "as it should be": GOOD.encode(),
    "with a byte order mark": GOOD.encode("utf-8-sig"),
    "with Windows line ends": GOOD.replace("\n", "\r\n").encode(),
    "with old Macintosh line ends": GOOD.replace("\n", "\r").encode(),
    "with every value in quotes": "".join(
        ",".join(f'"{value}"' for value in line.split(",")) + "\n" for line in GOOD.splitlines()
    ).encode(),
    "in Windows-1252": (HEADER.strip() + ",note\nB801200005001,2025-10-13,AM,B,café\n").encode("windows-1252"),
    "in UTF-16": GOOD.encode("utf-16"),
    "with semicolons": GOOD.replace(",", ";").encode(),
    "with names as people have them": PUPILS.encode(),
    "with nothing in it": b"",
    "with a header only": HEADER.encode(),
    "broken off in a row": (GOOD + "B801200005001,2025-10-1").encode(),
    "broken off inside quotes": (GOOD + '"B801200005001,2025-10-14,AM,/\n' + GOOD).encode(),
    "packed and broken off": gzip.compress(GOOD.encode() * 100)[:-12],
    "with one bad row among many": (HEADER + "".join(MANY) + "B801200005001,2025-10-28,AM,o\n").encode(),
    "with totals of its own": GOOD.replace("code\n", "code,total\n")
    .replace("/\n", "/,7\n")
    .replace("\\\n", "\\,7\n")
    .encode(),
    "for a school of another authority": GOOD.encode(),
}
SCHOOL = read_directory(b"URN,LA (code),EstablishmentName\n100001,886,Made-up School\n").schools["100001"]


@pytest.mark.parametrize("case", cases("files"))
def test_a_file(case: dict[str, str]) -> None:
    la = "887" if case["written"] == "for a school of another authority" else "886"
    checked = check(WRITTEN[case["written"]], place=Place(la, "100001", SCHOOL, directory_known=True))
    codes = {code for code in checked.counts if not code.startswith("DATE_WEEKEND")}

    assert codes == set(case["findings"].split())
    assert checked.accepted == int(case["accepted"])
    assert checked.refused == (checked.accepted == 0)
