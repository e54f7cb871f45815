"""Statistics past one machine: the same SQL for Athena, over what lies in S3, and for DuckDB, over the same files."""
