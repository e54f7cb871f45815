"""What Athena needs to read registers and positions where they lie: a database and two tables that hold nothing themselves."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from attendance.authorities import AUTHORITIES

_UPLOADED: Final = {"extracted_at": "timestamp", "received_at": "timestamp", "upload": "string", "row": "bigint"}
REGISTER: Final[Mapping[str, str]] = {
    "upn": "string", "date": "date", "session": "string", "code": "string", "minutes_late": "int", "note": "string",
    "recorded_at": "timestamp", "recorded_by": "string", "amendment_reason": "string",
    **{f"first_{name}": kind for name, kind in _UPLOADED.items()}, **_UPLOADED, "in_force": "boolean",
}  # fmt: skip
"""The columns of a register (design 4.2)."""
POSITION: Final[Mapping[str, str]] = {
    "upn": "string", "count": "int", "met": "boolean", "provisional": "boolean", "to_go": "int", "drops_on": "string",
    "illness_days": "int", "continuous_unauthorised_sessions": "int", "possible": "int", "attended": "int",
    "authorised": "int", "unauthorised": "int", "persistent": "boolean", "severe": "boolean",
    "blockers": "array<string>", "flags": "array<string>",
}  # fmt: skip
"""What is asked of a pupil's position; its windows stay in the file."""
POSITIONS: Final[Mapping[str, str]] = {
    "as_at": "string", "known_at": "string",
    "pupils": f"array<struct<{','.join(f'{name}:{kind}' for name, kind in POSITION.items())}>>",
}  # fmt: skip
YEARS: Final = "2020,2045"
_PARQUET: Final = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
)
_JSON_LINES: Final = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "org.openx.data.jsonserde.JsonSerDe",
)


class Analytics(Construct):
    """Database `{prefix}` with `_` for `-`: tables `registers` and `positions`, partitioned as the keys say, without a crawler.

    The authority is one of all, the year one of many, and a query names its schools: nothing is kept of which partitions there are,
    so that nothing has to be told when a school joins. Who may query is who may read the buckets.
    """

    def __init__(self, scope: Construct, prefix: str, registers: s3.IBucket, positions: s3.IBucket) -> None:
        super().__init__(scope, "Analytics")
        name = prefix.replace("-", "_")
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=name),
        )
        for table, bucket, columns, formats in (
            ("registers", registers, REGISTER, _PARQUET),
            ("positions", positions, POSITIONS, _JSON_LINES),
        ):
            self._table(name, table, bucket, columns, formats).add_dependency(database)

    def _table(
        self, database: str, name: str, bucket: s3.IBucket, columns: Mapping[str, str], formats: tuple[str, str, str]
    ) -> glue.CfnTable:
        reads, writes, serde = formats
        location = f"s3://{bucket.bucket_name}/"
        return glue.CfnTable(
            self,
            name.capitalize(),
            catalog_id=Aws.ACCOUNT_ID,
            database_name=database,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                table_type="EXTERNAL_TABLE",
                partition_keys=[_column("la", "string"), _column("urn", "string"), _column("year", "int")],
                parameters={
                    "projection.enabled": "true",
                    "projection.la.type": "enum",
                    "projection.la.values": ",".join(sorted(AUTHORITIES)),
                    "projection.urn.type": "injected",
                    "projection.year.type": "integer",
                    "projection.year.range": YEARS,
                    "storage.location.template": f"{location}la=${{la}}/urn=${{urn}}/year=${{year}}/",
                },
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[_column(each, kind) for each, kind in columns.items()],
                    location=location,
                    input_format=reads,
                    output_format=writes,
                    serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=serde),
                ),
            ),
        )


def _column(name: str, kind: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=kind)
