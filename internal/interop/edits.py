"""The side of Python in internal/interop/edits_test.go: tables whose texts share
paragraphs, and what Python's csv, pandas, DuckDB, pyarrow and Polars read in them after
"doppel trim" has cut these out.

    edits.py write DIR        writes the tables
    edits.py check IN OUT     holds OUT to IN and to what OUT/spans.jsonl says was cut
"""

import collections
import csv
import io
import json
import os
import sys

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet

from formats import TABLES, expect, stored

SHARED = 'A notice that all of them have: "no; part", of it, may\tbe | copied\nwithout leave, été 文 \U0001f600.'


def rows(start):
    own = lambda i, part: "Row %d of table %d has %s, which no other row has; and it is long enough." % (i, start, part)
    parts = lambda i: [own(i, 'a "beginning"'), SHARED, own(i, "an end")]
    made = []
    for i in range(12):
        order = [(0, 1, 2), (1, 0, 2), (0, 2, 1), (0, 2)][i % 4]
        made.append({"id": "%s-%d" % (start, i), "note": SHARED, "text": "\n\n".join(parts(i)[k] for k in order), "score": i})
    return made


def table(start, **dialect):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["id", "note", "text", "score"], **dialect)
    writer.writeheader()
    for r in rows(start):
        writer.writerow(r)
    return out.getvalue().encode()


def arrow(start):
    """The text inside a struct, beside lists, maps, decimals and dictionaries."""
    made = rows(start)
    return pyarrow.table(
        {
            "id": pyarrow.array([r["id"] for r in made]).dictionary_encode(),
            "tags": pyarrow.array([[r["note"]] * (r["score"] % 3) for r in made], pyarrow.list_(pyarrow.string())),
            "doc": pyarrow.array([{"lang": "en", "text": r["text"], "n": r["score"]} for r in made]),
            "extra": pyarrow.array([[("k", r["score"])] for r in made], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
            "text": pyarrow.array([r["text"] if r["score"] % 2 else None for r in made], pyarrow.large_string()),
        },
        metadata={"huggingface": "{}"},
    )


CODECS = ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]


def write(folder):
    start = 0
    for name, (dialect, pack, _) in TABLES.items():
        start += 1
        with open(os.path.join(folder, name), "wb") as f:
            f.write(pack(table(start, **dialect)))
    for codec in CODECS:
        start += 1
        made = arrow(start).drop_columns(["doc"])
        made = made.set_column(3, "text", pyarrow.array([r["text"] for r in rows(start)], pyarrow.large_string()))
        pyarrow.parquet.write_table(made, os.path.join(folder, codec + ".parquet"), compression=codec, row_group_size=5)
    os.mkdir(os.path.join(folder, "nested"))
    pyarrow.parquet.write_table(arrow(start + 1), os.path.join(folder, "nested", "nested.parquet"), compression="zstd", row_group_size=5)


def spans(out):
    cut = collections.defaultdict(list)
    with open(os.path.join(out, "spans.jsonl")) as f:
        for line in f:
            s = json.loads(line)
            cut[s["id"]].append((s["start"], s["end"]))
    return cut


def without(value, cuts):
    stored = value.encode()
    for start, end in reversed(cuts):
        stored = stored[:start] + stored[end:]
    return stored.decode()


def check_tables(inputs, out, cut):
    for name, (dialect, _, unpack) in TABLES.items():
        read = lambda b: list(csv.DictReader(io.StringIO(b.decode(), newline=""), **dialect))
        want = read(unpack(stored(inputs, name)))
        for r in want:
            r["text"] = without(r["text"], cut[r["id"]])
        got = unpack(stored(os.path.join(out, "data"), name))
        expect(name, read(got), want)
        for r in want:
            r["score"] = str(int(r["score"]))  # csv makes numbers of them where quotes tell
        sep = dialect.get("delimiter", ",")
        frame = pandas.read_csv(io.BytesIO(got), sep=sep, dtype=str, keep_default_na=False)
        expect(name + " by pandas", frame.to_dict("records"), want)
        plain = os.path.join(out, "plain.csv")
        with open(plain, "wb") as f:
            f.write(got)
        found = duckdb.sql("SELECT * FROM read_csv('%s', delim='%s', quote='\"', escape='\"', header=true, all_varchar=true)" % (plain, sep)).to_arrow_table().to_pylist()
        expect(name + " by DuckDB", found, want)


def check_parquet(inputs, out, name, cut):
    a, b = pyarrow.parquet.ParquetFile(os.path.join(inputs, name)), pyarrow.parquet.ParquetFile(os.path.join(out, "data", name))
    expect("schema of " + name, b.schema.equals(a.schema) and b.schema_arrow.equals(a.schema_arrow, check_metadata=True), True)
    expect("metadata of " + name, b.metadata.metadata, a.metadata.metadata)
    want = a.read().to_pylist()
    for r in want:
        of = r["doc"] if "doc" in r else r
        of["text"] = without(of["text"], cut[r["id"]])
    expect(name, b.read().to_pylist(), want)
    for g in range(a.metadata.num_row_groups):
        x, y = a.metadata.row_group(g), b.metadata.row_group(g)
        codecs = lambda g: [(g.column(c).path_in_schema, g.column(c).compression) for c in range(g.num_columns)]
        expect("codecs of " + name, (codecs(y), y.num_rows), (codecs(x), x.num_rows))
    path = os.path.join(out, "data", name)
    texts, field = [(r["doc"] if "doc" in r else r)["text"] for r in want], "doc.text" if "doc" in want[0] else "text"
    expect(name + " by DuckDB", [t for (t,) in duckdb.sql("SELECT %s FROM '%s'" % (field, path)).fetchall()], texts)
    frame, column = polars.read_parquet(path, columns=[field.split(".")[0]]), field.split(".")[0]
    expect(name + " by Polars", [r["text"] if isinstance(r, dict) else r for r in frame[column].to_list()], texts)
    expect(name + " by pandas", [r["text"] if isinstance(r, dict) else r for r in pandas.read_parquet(path)[column]], texts)


def check(inputs, out):
    cut = spans(out)
    if os.path.exists(os.path.join(out, "data", "nested.parquet")):
        check_parquet(inputs, out, "nested.parquet", cut)
    else:
        check_tables(inputs, out, cut)
        for codec in CODECS:
            check_parquet(inputs, out, codec + ".parquet", cut)
    print(json.dumps({"cut": sum(map(len, cut.values()))}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        check(sys.argv[2], sys.argv[3])
