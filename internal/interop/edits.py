"""The side of Python in internal/interop/edits_test.go: tables whose texts share
paragraphs, and what Python's csv, pandas, DuckDB, pyarrow and Polars read in them after
"doppel trim" has cut these out.

    edits.py write DIR             writes the tables
    edits.py check IN OUT FIELDS   holds OUT to IN and to what OUT/spans.jsonl says was
                                   cut out of the texts, made of FIELDS: a,b.c
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


def place(row, field):
    """The dict that a field of a row is in, and its name there."""
    head, _, rest = field.partition(".")
    if rest and head not in row:
        return {}, rest
    return place(row[head], rest) if rest else (row, field)


def cut_fields(row, fields, cuts):
    """Cuts the fields of a row byte by byte, all that is not null being joined by blank lines."""
    gone = {b for start, end in cuts for b in range(start, end)}
    at = 0
    for field in fields:
        of, name = place(row, field)
        stored = (of.get(name) or "").encode()
        if not stored:
            continue
        at += 2 if at else 0
        of[name] = bytes(b for i, b in enumerate(stored, at) if i not in gone).decode()
        at += len(stored)


def check_tables(inputs, out, fields, cut):
    for name, (dialect, _, unpack) in TABLES.items():
        read = lambda b: list(csv.DictReader(io.StringIO(b.decode(), newline=""), **dialect))
        want = read(unpack(stored(inputs, name)))
        for r in want:
            cut_fields(r, fields, cut[r["id"]])
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
        empty = [{name: value or "" for name, value in r.items()} for r in found]  # DuckDB reads an empty field as null
        expect(name + " by DuckDB", empty, want)


def check_parquet(inputs, out, name, fields, cut):
    a, b = pyarrow.parquet.ParquetFile(os.path.join(inputs, name)), pyarrow.parquet.ParquetFile(os.path.join(out, "data", name))
    expect("schema of " + name, b.schema.equals(a.schema) and b.schema_arrow.equals(a.schema_arrow, check_metadata=True), True)
    expect("metadata of " + name, b.metadata.metadata, a.metadata.metadata)
    want = a.read().to_pylist()
    for r in want:
        cut_fields(r, fields, cut[r["id"]])
    expect(name, b.read().to_pylist(), want)
    for g in range(a.metadata.num_row_groups):
        x, y = a.metadata.row_group(g), b.metadata.row_group(g)
        codecs = lambda g: [(g.column(c).path_in_schema, g.column(c).compression) for c in range(g.num_columns)]
        expect("codecs of " + name, (codecs(y), y.num_rows), (codecs(x), x.num_rows))
    path = os.path.join(out, "data", name)
    for field in fields:
        column = field.split(".")[0]
        if column not in want[0]:
            continue
        texts = [dict.get(*place(r, field)) for r in want]
        of = lambda values: [v["text"] if isinstance(v, dict) else v if v == v else None for v in values]  # pandas has NaN for null
        expect(name + " by DuckDB", [t for (t,) in duckdb.sql("SELECT %s FROM '%s'" % (field, path)).fetchall()], texts)
        expect(name + " by Polars", of(polars.read_parquet(path, columns=[column])[column].to_list()), texts)
        expect(name + " by pandas", of(pandas.read_parquet(path)[column]), texts)


def check(inputs, out, fields):
    cut = spans(out)
    if os.path.exists(os.path.join(out, "data", "nested.parquet")):
        check_parquet(inputs, out, "nested.parquet", fields, cut)
    else:
        check_tables(inputs, out, fields, cut)
        for codec in CODECS:
            check_parquet(inputs, out, codec + ".parquet", fields, cut)
    print(json.dumps({"cut": sum(map(len, cut.values()))}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        check(sys.argv[2], sys.argv[3], sys.argv[4].split(","))
