"""The schools' directory in the GIAS layout: authority, type, framework, address, and who came before whom."""

from datetime import date

import pytest

from attendance.authorities import AUTHORITIES
from attendance.directory import DirectoryUnreadable, read_directory

HEADER = (
    "URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (code),TypeOfEstablishment (name),"
    "OpenDate,CloseDate,PhaseOfEducation (name),StatutoryLowAge,StatutoryHighAge,Street,Locality,Address3,Town,"
    "County (name),Postcode,HeadTitle (name),HeadFirstName,HeadLastName,HeadPreferredJobTitle"
)
PRIMARY = (
    "100001,886,Kent,2001,St Zoë's Primary,1,Community school,01/09/1990,,Primary,4,11,1 Made-up Street,,,Madeup,Kent,"
    "MU1 1AA,Ms,Ann,Example,Headteacher"
)


def test_a_school_as_the_directory_describes_it() -> None:
    school = read_directory(f"{HEADER}\r\n{PRIMARY}\r\n".encode("iso-8859-1")).schools["100001"]

    assert (school.la, school.la_name, school.laestab, school.name) == ("886", "Kent", "8862001", "St Zoë's Primary")
    assert (school.phase, school.low_age, school.high_age) == ("Primary", 4, 11)
    assert (school.address, school.postcode) == (("1 Made-up Street", "Madeup", "Kent"), "MU1 1AA")
    assert (school.head_title, school.head_name, school.head_job_title) == ("Ms", "Ann Example", "Headteacher")
    assert (school.opened, school.closed) == (date(1990, 9, 1), None)
    assert school.in_framework


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
def test_either_encoding_is_read(encoding: str) -> None:
    assert read_directory(f"{HEADER}\n{PRIMARY}\n".encode(encoding)).schools["100001"].name == "St Zoë's Primary"


def test_columns_are_found_by_name_and_most_may_be_missing() -> None:
    school = read_directory(b"Extra,LA (code),URN\nx,886,100001\n").schools["100001"]

    assert (school.la, school.la_name) == ("886", "Kent")
    assert (school.laestab, school.address, school.head_name, school.low_age) == ("", (), "", None)
    assert not school.in_framework, "a school of unknown type is out: no notice by mistake"


@pytest.mark.parametrize(
    ("type_code", "expected"),
    [("1", True), ("01", True), ("34", True), ("11", False), ("10", False), ("15", False), ("99", False), ("", False)],
)
def test_the_type_says_whether_the_framework_applies(type_code: str, expected: bool) -> None:
    content = f"URN,LA (code),TypeOfEstablishment (code)\n100001,886,{type_code}\n".encode()

    assert read_directory(content).schools["100001"].in_framework is expected


@pytest.mark.parametrize("written", ["01/09/2024", "01-09-2024", "2024-09-01"])
def test_dates_of_the_published_files_are_read(written: str) -> None:
    content = f"URN,LA (code),CloseDate\n100001,886,{written}\n".encode()

    assert read_directory(content).schools["100001"].closed == date(2024, 9, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "URN and LA", id="an empty file"),
        pytest.param(b"URN,EstablishmentName\n1,A\n", r"LA \(code\)", id="no column for the authority"),
        pytest.param(b"LA (code)\n886\n", "URN", id="no column for the URN"),
        pytest.param(b"URN,LA (code)\n,886\n", "row 2", id="a school without a URN"),
        pytest.param(b"URN,LA (code)\n1,886\n1,887\n", "URN 1 twice, the second time in row 3", id="a school twice"),
        pytest.param(b"URN,LA (code),OpenDate\n1,886,soon\n", "row 2: OpenDate", id="no date"),
        pytest.param(b"URN,LA (code),StatutoryLowAge\n1,886,four\n", "row 2: StatutoryLowAge", id="no number"),
        pytest.param(b"URN,LA (code)\n1,886\n\n,887\n", "row 4", id="a blank line is counted"),
        pytest.param(b"\xff\xfe\x00binary", "URN and LA", id="no text"),
        pytest.param(b'URN,LA (code)\n1,"' + b"8" * 200_000 + b'"\n', "after row 1", id="a value without an end"),
    ],
)
def test_what_is_no_directory_is_refused_in_words(content: bytes, says: str) -> None:
    with pytest.raises(DirectoryUnreadable, match=says):
        read_directory(content)


LINKS = """URN,LinkURN,LinkName,LinkType,LinkEstablishedDate
300003,200002,Middle School,Predecessor,01-09-2023
200002,100001,Old School,Predecessor - merged,
100009,200002,Middle School,Successor - merged,01-09-2020
400004,500005,New School,Result of Amalgamation,
500005,600006,Sixth Form,Sixth Form Centre School,
"""
SCHOOLS = "URN,LA (code)\n" + "".join(
    f"{urn},886\n" for urn in (100001, 100009, 200002, 300003, 400004, 500005, 600006)
)


@pytest.mark.parametrize(
    ("urn", "expected"),
    [
        pytest.param("300003", ("100001", "100009", "200002"), id="through others, said of either end"),
        pytest.param("200002", ("100001", "100009"), id="two schools merged into one"),
        pytest.param("100001", (), id="the first has none"),
        pytest.param("500005", ("400004",), id="the result of an amalgamation"),
        pytest.param("600006", (), id="a sixth form centre takes nobody over"),
        pytest.param("999999", (), id="a school that the links do not know"),
    ],
)
def test_predecessors(urn: str, expected: tuple[str, ...]) -> None:
    assert read_directory(SCHOOLS.encode(), LINKS.encode()).predecessors(urn) == expected


def test_links_in_a_circle_end() -> None:
    links = "URN,LinkURN,LinkType\n1,2,Predecessor\n2,1,Predecessor\n"

    assert read_directory(b"URN,LA (code)\n", links.encode()).predecessors("1") == ("2",)


def test_without_links_nobody_came_before() -> None:
    assert read_directory(SCHOOLS.encode()).predecessors("300003") == ()


def test_the_153_authorities_are_known_by_code() -> None:
    assert len(AUTHORITIES) == 153
    assert (AUTHORITIES["886"], AUTHORITIES["201"]) == ("Kent", "City of London")
