"""The side of Python in internal/interop/tables_test.go.

    accounts.py make PLANTED DIR    splits planted JSON lines into inputs of four formats and references
    accounts.py check DIR           holds the tables and data of the run DIR/run against its manifest,
                                    by DuckDB, pandas, Polars and datasets, in both forms of a table
"""

import collections
import csv
import glob
import json
import os
import sys

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet
import zstandard

WRITTEN = ["kept", "singleton", "empty"]


def make(planted, folder):
    with open(planted) as f:
        records = [json.loads(line) for line in f]
    parts = [records[i::5] for i in range(5)]
    for kind in ("json", "zst", "parquet", "csv"):
        os.makedirs(f"{folder}/in/{kind}")
    bad = ["no record", json.dumps({"id": "textless"}), json.dumps({"id": "nothing", "text": "..."})]
    with open(f"{folder}/in/json/a.jsonl", "w") as f:
        f.writelines(line + "\n" for line in [json.dumps(r) for r in parts[0]] + bad)
    with zstandard.open(f"{folder}/in/zst/b.jsonl.zst", "wt") as f:
        f.writelines(json.dumps(r) + "\n" for r in parts[1])
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(parts[2]), f"{folder}/in/parquet/c.parquet", row_group_size=100)
    with open(f"{folder}/in/csv/d.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, list(records[0]))
        writer.writeheader()
        writer.writerows(parts[3])
    with open(f"{folder}/references.jsonl", "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in parts[4])


def readers(run):
    """For each table all ways to read it, each giving a list of dicts."""
    from datasets import load_dataset

    def rows(pandas_frame):
        return pandas_frame.astype(object).where(pandas_frame.notna(), None).to_dict("records")

    return {
        "duckdb.parquet": lambda t: duckdb.sql(f"SELECT * FROM '{run}/{t}.parquet'").to_arrow_table().to_pylist(),
        "duckdb.jsonl": lambda t: duckdb.sql(f"SELECT * FROM read_json('{run}/{t}.jsonl.zst', format = 'newline_delimited')").to_arrow_table().to_pylist(),
        "pandas.parquet": lambda t: rows(pandas.read_parquet(f"{run}/{t}.parquet")),
        "pandas.jsonl": lambda t: rows(pandas.read_json(f"{run}/{t}.jsonl.zst", lines=True, dtype=False, precise_float=True)),
        "polars.parquet": lambda t: polars.read_parquet(f"{run}/{t}.parquet").to_dicts(),
        "polars.jsonl": lambda t: polars.read_ndjson(f"{run}/{t}.jsonl.zst", infer_schema_length=None).to_dicts(),
        "datasets.parquet": lambda t: load_dataset("parquet", data_files=f"{run}/{t}.parquet", split="train").to_list(),
        "datasets.jsonl": lambda t: load_dataset("json", data_files=f"{run}/{t}.jsonl.zst", split="train").to_list(),
    }


def tables(run):
    """The tables, after all ways to read them were found to give the same rows."""
    found = {}
    for table in ("members", "clusters", "pairs"):
        for name, read in readers(run).items():
            rows = read(table)
            assert len(rows) > 10, (table, name, len(rows))
            if table not in found:
                found[table] = rows
            for i, (got, want) in enumerate(zip(rows, found[table], strict=True)):
                assert got == want, (table, name, i, got, want)
    return found


def counts_of(members):
    c = collections.Counter(m["class"] for m in members)
    names = {"singleton": "singletons"}
    return {names.get(k, k): n for k, n in c.items()} | {"read": len(members)}


def check_members(manifest, members):
    nonzero = lambda d: {k: n for k, n in d.items() if n}
    assert counts_of(members) == nonzero(manifest["members"]), (counts_of(members), manifest["members"])
    assert set(counts_of(members)) == {"read", "kept", "singletons", "empty", "dropped", "protected", "quarantined"}
    for i in manifest["inputs"]:
        got = counts_of([m for m in members if m["file"] == i["name"]])
        assert got == nonzero(i["records"]), (i, got)
    ids = {m["id"]: m for m in members if m["class"] != "quarantined"}
    assert len(ids) == manifest["counts"]["documents"]
    for m in members:
        if m["class"] == "dropped":
            assert ids[m["keeper"]]["class"] in ("kept", "protected"), m
            assert m["similarity"] >= manifest["options"]["threshold"]["value"], m


def check_clusters(manifest, members, clusters, pairs):
    c = manifest["counts"]
    assert len(clusters) == c["clusters"]
    assert sum(r["size"] for r in clusters) == c["clustered"]
    assert sum(r["dropped"] for r in clusters) == manifest["members"]["dropped"]
    assert collections.Counter(m["cluster"] for m in members if m["cluster"]) == {r["cluster"]: r["size"] for r in clusters}
    threshold, floor = (manifest["options"][k]["value"] for k in ("threshold", "pair_floor"))
    assert sum(p["similarity"] >= threshold for p in pairs) == c["verified"], c
    assert all(p["similarity"] >= floor for p in pairs)


def check_data(folder, manifest, members):
    """The pruned corpus has just the documents that are to be in it, as they were."""
    from datasets import load_dataset

    run, names = f"{folder}/run", {"json": "json", "zst": "json", "parquet": "parquet", "csv": "csv"}
    load = lambda root, kind: load_dataset(names[kind], data_dir=f"{root}/{kind}", split="train").to_list()
    total = 0
    for kind in names:
        kept = {m["id"] for m in members if m["file"].startswith(kind + "/") and m["class"] in WRITTEN}
        got = load(f"{run}/data", kind)
        if kind == "json":
            with open(f"{folder}/in/json/a.jsonl") as f:
                before = [json.loads(line) for line in f if line.startswith("{")]
        else:
            before = load(f"{folder}/in", kind)
        values = lambda rows: [[r.get(c) for c in ("id", "text", "source")] for r in rows]
        want = [r for r in before if r["id"] in kept]
        assert len(kept) > 10 and values(got) == values(want), (kind, len(kept), len(got), len(want))
        total += len(got)
    m = manifest["members"]
    assert total == m["kept"] + m["singletons"] + m["empty"], (total, m)
    assert len(glob.glob(f"{run}/data/*/*")) == len(names)
    rows = duckdb.sql(f"SELECT id FROM '{run}/data/parquet/*.parquet' UNION ALL SELECT id FROM read_json('{run}/data/*/*.jsonl*') UNION ALL SELECT id FROM '{run}/data/csv/*.csv'")
    assert len(rows.fetchall()) == total


def check(folder):
    with open(f"{folder}/run/manifest.json") as f:
        manifest = json.load(f)
    found = tables(f"{folder}/run")
    check_members(manifest, found["members"])
    check_clusters(manifest, found["members"], found["clusters"], found["pairs"])
    check_data(folder, manifest, found["members"])
    print(json.dumps(manifest["members"]))


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](*sys.argv[2:])
