"""What Athena would read: the tables fit the files that a raised system leaves; the same SQL gives the figures of statistics.py."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from cloudformation import PREFIX, of_type

from attendance.directory import read_directory
from attendance.marks import read_marks
from attendance.statistics import MEASURES, SESSIONS, Place, SchoolYear, Table, table
from local.queries.statements import NAMES, statement
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, directory, marks, pupils, upn
from tests.raised_system import System, raised

SCHOOLS = {"900001": "886", "900002": "886", "900003": "301"}
AS_AT = date(2025, 9, 26)
ABSENT = {
    1: away(date(2025, 9, 15), date(2025, 9, 19)),
    2: away(date(2025, 9, 10), date(2025, 9, 10), "I"),
    3: away(date(2025, 9, 8), date(2025, 9, 24), "O"),
    4: away(date(2025, 9, 8), date(2025, 9, 9), "X"),
    5: away(date(2025, 9, 25), date(2025, 9, 26), "L"),
}
TYPES = {"string": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP", "int": "INTEGER", "bigint": "BIGINT",
         "smallint": "SMALLINT", "boolean": "BOOLEAN"}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Iterator[System]:
    """Three schools of two authorities with three weeks of marks; one mark amended, so that one entry is not in force."""
    with raised(SCHOOLS) as system:
        system.at("2025-09-26T18:00")
        for n, (urn, la) in enumerate(SCHOOLS.items()):
            children = [Child(upn(100 * n + k)) for k in range(1, 9)]
            rows = [row for k, child in enumerate(children) for row in marks(child, FIRST_DAY, AS_AT, ABSENT.get(k))]
            amended = marks(children[0], AS_AT, AS_AT, away(AS_AT, AS_AT, "I"), amendment_reason="rang",
                            recorded_at="2025-09-26T17:00:00", recorded_by="office")  # fmt: skip
            system.send(pupils(*children), calendar(FIRST_DAY, AS_AT), csv_of(rows), csv_of(amended), urn=urn, la=la)
        yield system


@pytest.fixture(scope="module")
def files(world: System, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both buckets as folders."""
    folder = tmp_path_factory.mktemp("buckets")
    for bucket in ("registers", "positions"):
        for key, body in world.objects(bucket).items():
            path = folder / bucket / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    return folder


@pytest.fixture(scope="module")
def con(files: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables by the names that Athena has them under, read from the places that the templates say."""
    keys = "hive_partitioning = true, hive_types = {'la': VARCHAR, 'urn': VARCHAR, 'year': INT}"
    with duckdb.connect() as con:
        con.execute("CREATE MACRO cardinality(list) AS len(list)")  # the one word that DuckDB has another for
        place = "la=*/urn=*/year=*/*"
        con.execute(f"CREATE VIEW registers AS SELECT * FROM read_parquet('{files}/registers/{place}', {keys})")
        con.execute(
            f"""CREATE VIEW positions AS SELECT la, urn, year, as_at, known_at, pupils FROM read_json('{files}/positions/{place}',
            format = 'newline_delimited', {keys})"""
        )
        yield con


def schools_of(la: str) -> list[Any]:
    return [school for school in read_directory(directory(SCHOOLS)).schools.values() if school.la == la]


@pytest.fixture(scope="module")
def figures(world: System) -> Table:
    """The same year by statistics.py."""
    listed = read_directory(directory(SCHOOLS)).schools
    records = [(la, urn, world.doors.registers.read(la, urn)) for urn, la in SCHOOLS.items()]
    years = [SchoolYear(la, urn, read_marks(record.bodies), record.roll, listed[urn]) for la, urn, record in records]
    return table(years, 2025, AS_AT)


def glue(core: Mapping[str, Any], name: str) -> Any:
    [found] = [
        each["TableInput"] for each in of_type(core, "AWS::Glue::Table").values() if each["TableInput"]["Name"] == name
    ]
    return found


def described(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE {name}").fetchall()}


def test_the_tables_are_where_the_objects_are(core: Mapping[str, Any], files: Path) -> None:
    for name in ("registers", "positions"):
        given = glue(core, name)
        template = given["Parameters"]["storage.location.template"]
        text = "".join(part if isinstance(part, str) else "{bucket}" for part in template["Fn::Join"][1])
        assert text == "s3://{bucket}/la=${la}/urn=${urn}/year=${year}/"
        for urn, la in SCHOOLS.items():
            found = list((files / name / f"la={la}/urn={urn}/year=2025").iterdir())
            assert len(found) == 1, "whatever lies beside it would be read as well"
        assert set(SCHOOLS.values()) <= set(given["Parameters"]["projection.la.values"].split(","))
    [database] = of_type(core, "AWS::Glue::Database").values()
    assert database["DatabaseInput"]["Name"] == PREFIX.replace("-", "_")


def test_the_columns_of_a_register_are_those_of_the_table(
    core: Mapping[str, Any], con: duckdb.DuckDBPyConnection
) -> None:
    given = glue(core, "registers")
    columns = [*given["StorageDescriptor"]["Columns"], *given["PartitionKeys"]]
    assert {each["Name"]: TYPES[each["Type"]] for each in columns} == described(con, "registers")


def test_positions_are_one_line_of_json_with_what_the_table_names(core: Mapping[str, Any], files: Path) -> None:
    for path in (files / "positions").rglob("*.json"):
        assert path.read_text(encoding="utf-8").count("\n") == 1
    names = {each["Name"] for each in glue(core, "positions")["StorageDescriptor"]["Columns"]}
    struct = next(e["Type"] for e in glue(core, "positions")["StorageDescriptor"]["Columns"] if e["Name"] == "pupils")
    fields = {part.partition(":")[0] for part in struct.removeprefix("array<struct<").split(",")}
    with duckdb.connect() as con:
        con.execute(
            f"CREATE VIEW p AS SELECT * FROM read_json('{files}/positions/*/*/*/*', format = 'newline_delimited')"
        )
        assert names <= set(described(con, "p"))
        con.execute("CREATE VIEW q AS SELECT unnest(pupils, max_depth := 2) FROM p")
        assert fields <= set(described(con, "q"))


@pytest.mark.parametrize("la", ["886", "301"])
def test_the_sessions_of_each_code_and_phase_are_those_of_the_statistics(
    con: duckdb.DuckDBPyConnection, figures: Table, la: str
) -> None:
    found = con.execute(statement("sessions", la, 2025, AS_AT, schools_of(la))).fetchall()
    assert found
    for phase in {row[1] for row in found}:
        of_code = {code: n for _, of, code, n in found if of == phase}
        for measure, codes in SESSIONS.items():
            total = sum(n for code, n in of_code.items() if code in codes)
            assert total == figures.value(Place(la, phase, None), measure), measure


@pytest.mark.parametrize("la", ["886", "301"])
def test_enrolments_and_persistent_absence_are_those_of_the_statistics(
    con: duckdb.DuckDBPyConnection, figures: Table, la: str
) -> None:
    found = con.execute(statement("enrolments", la, 2025, AS_AT, schools_of(la))).fetchall()
    measures = ("enrolments", "sess_possible", "sess_overall", "enrolments_pa_10_exact", "enrolments_pa_50_exact")
    assert set(measures) <= set(MEASURES)
    assert [list(row[2:]) for row in found] == [
        [figures.value(Place(la, row[1], None), measure) for measure in measures] for row in found
    ]
    assert sum(row[2] for row in found) == 8 * len(schools_of(la))
    assert sum(row[5] for row in found) > sum(row[6] for row in found) > 0


def test_the_positions_asked_of_a_year_are_those_written(world: System, con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(statement("positions", "886", 2025, AS_AT, schools_of("886"))).fetchall()
    met = sum(
        world.position(upn(100 * n + k), urn)["met"] for n, urn in enumerate(("900001", "900002")) for k in range(1, 9)
    )
    assert sum(row[2] for row in found) == 16
    assert sum(row[3] for row in found) == met > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_query_names_authority_schools_and_year_so_that_no_other_partition_is_read(name: str) -> None:
    text = statement(name, "886", 2025, AS_AT, schools_of("886"))
    of = "positions" if name == "positions" else "registers"
    assert f"{of}.la = '886'" in text
    assert f"{of}.urn IN ('900001', '900002')" in text
    assert f"{of}.year = 2025" in text
