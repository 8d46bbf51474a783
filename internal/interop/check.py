"""Checks by other tools what doppel made of the files that rows.py wrote.

check.py DIR: of each DIR/<name>.parquet, DIR/<name>.jsonl are the rows as doppel reads
them, and DIR/<name>.kept.parquet the rows that it kept: those whose number, counted from
1, divided by 3 leaves no 1.
"""

import glob
import json
import sys

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq


def plain(table):
    """The table with dictionaries decoded and not-a-number as text, to be compared."""
    columns = []
    for c in table.columns:
        c = c.combine_chunks()
        if pa.types.is_dictionary(c.type):
            c = c.cast(c.type.value_type)
        if pa.types.is_floating(c.type) and c.type != pa.float16():
            c = pa.array([None if v is None else repr(v) for v in c.to_pylist()])
        columns.append(c)
    return pa.Table.from_arrays(columns, names=table.column_names)


def check_rows(name, want):
    with open(f"{name}.jsonl") as f:
        got = [json.loads(line) for line in f]
    assert len(got) == len(want), (name, len(got), len(want))
    for i, (g, w) in enumerate(zip(got, want)):
        assert g == w, (name, i + 1, g, w)


def check_kept(name):
    a, b = pq.ParquetFile(f"{name}.parquet"), pq.ParquetFile(f"{name}.kept.parquet")
    assert a.schema.equals(b.schema), (name, a.schema, b.schema)
    assert a.schema_arrow.equals(b.schema_arrow, check_metadata=True), name
    assert a.metadata.metadata == b.metadata.metadata, name
    assert b.metadata.created_by.startswith("doppel "), b.metadata.created_by
    before, after = a.read(), b.read()
    kept = [i for i in range(before.num_rows) if (i + 1) % 3 != 1]
    assert after.num_rows == len(kept), (name, after.num_rows, len(kept))
    b.metadata.to_dict()
    if kept:
        want = plain(before.take(kept))
        assert want.equals(plain(after)), name
        check_groups(name, a.metadata, b.metadata)
    check_others(f"{name}.kept.parquet", after)


def check_groups(name, a, b):
    first, groups = 0, []
    for g in range(a.num_row_groups):
        x = a.row_group(g)
        kept = sum(1 for i in range(first, first + x.num_rows) if (i + 1) % 3 != 1)
        first += x.num_rows
        groups += [(x, kept)] if kept else []
    assert b.num_row_groups == len(groups), name
    for g, (x, kept) in enumerate(groups):
        y = b.row_group(g)
        assert y.num_rows == kept, (name, g)
        for c in range(x.num_columns):
            assert x.column(c).compression == y.column(c).compression, (name, g, c)
            assert x.column(c).path_in_schema == y.column(c).path_in_schema, (name, g, c)


def check_others(path, table):
    """The others read as many rows, and find one by its id. (datasets knows no maps: it
    reads the corpus of docs/tables.md.)"""
    n = table.num_rows
    assert duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchall() == [(n,)], path
    assert duckdb.sql(f"SELECT * FROM '{path}'").to_arrow_table().num_rows == n, path
    assert len(pandas.read_parquet(path)) == n, path
    frame = polars.read_parquet(path, columns=["id", "text", "tags", "i16"])
    assert len(frame) == n, path
    if n:
        last = table["id"][n - 1].as_py()
        assert duckdb.sql(f"SELECT count(*) FROM '{path}' WHERE id = '{last}' AND i16 < 0").fetchall() == [(1,)], path
        assert len(polars.scan_parquet(path).select("id", "i16").filter(polars.col("id") == last, polars.col("i16") < 0).collect()) == 1, path


def main(folder):
    with open(f"{folder}/expected.jsonl") as f:
        expected = [json.loads(line) for line in f]
    names = sorted(n.removesuffix(".parquet") for n in glob.glob(f"{folder}/*.parquet") if not n.endswith(".kept.parquet"))
    assert len(names) >= 11, names
    for name in names:
        check_rows(name, [] if name.endswith("/empty") else expected)
        check_kept(name)
    print("checked", len(names), "files")


if __name__ == "__main__":
    main(sys.argv[1])
