"""The table that the other side writes, and what doppel must make of each row.

rows.py DIR COUNT writes DIR/<name>.parquet by pyarrow in every codec, encoding and
page version, and DIR/expected.jsonl, by rules that are written down here once more.
"""

import datetime as dt
import decimal
import json
import sys
import uuid

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

UTC = dt.timezone.utc
decimal.getcontext().prec = 60


def table(n):
    r = range(n)
    return pa.table(
        {
            "id": pa.array([f"doc-{i}" for i in r], pa.string()),
            "text": pa.array([None if i % 7 == 3 else text(i) for i in r], pa.large_string()),
            "class": pa.array([["a", "b", None][i % 3] for i in r]).dictionary_encode(),
            "when": pa.array(
                [None if i % 5 == 0 else dt.datetime(2024, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=i, microseconds=10 * i) for i in r],
                pa.timestamp("us", tz="UTC"),
            ),
            "naive": pa.array([dt.datetime(1969, 12, 31, 23, 59, 59, 999000) + dt.timedelta(milliseconds=i) for i in r], pa.timestamp("ms")),
            "ns": pa.array([i * 1_000_000_007 for i in r], pa.timestamp("ns")),
            "day": pa.array([dt.date(1960, 1, 1) + dt.timedelta(days=i * 37) for i in r], pa.date32()),
            "clock": pa.array([dt.time(i % 24, i % 60, i % 60, i) for i in r], pa.time64("us")),
            "tags": pa.array([None if i % 11 == 0 else [f"t{j}" if j % 3 else None for j in range(i % 4)] for i in r], pa.list_(pa.string())),
            "matrix": pa.array([[[i + j * k for k in range(j)] for j in range(i % 3)] for i in r], pa.list_(pa.list_(pa.int32()))),
            "meta": pa.array(
                [None if i % 6 == 0 else {"source": f"s{i % 3}", "inner": {"n": i, "f": None if i % 4 == 0 else i / 8}} for i in r],
                pa.struct([("source", pa.string()), ("inner", pa.struct([("n", pa.int64()), ("f", pa.float64())]))]),
            ),
            "price": pa.array([decimal.Decimal(i * i - 50).scaleb(-2) for i in r], pa.decimal128(12, 2)),
            "long": pa.array([decimal.Decimal(10**30 * (i - 5) + 7).scaleb(-9) for i in r], pa.decimal128(38, 9)),
            "attributes": pa.array([None if i % 9 == 0 else [(f"k{j}", j * i) for j in range(i % 3)] for i in r], pa.map_(pa.string(), pa.int64())),
            "by_number": pa.array([[(j, f"v{j}") for j in range(i % 3)] for i in r], pa.map_(pa.int32(), pa.string())),
            "raw": pa.array([b"\xff\xfe" if i % 2 else b"plain" for i in r], pa.binary()),
            "fixed": pa.array([uuid.UUID(int=i).bytes for i in r], pa.uuid() if hasattr(pa, "uuid") else pa.binary(16)),
            "u8": pa.array([i % 256 for i in r], pa.uint8()),
            "u64": pa.array([2**64 - 1 - i for i in r], pa.uint64()),
            "i16": pa.array([-i for i in r], pa.int16()),
            "f16": pa.array([np.float16(i / 8) for i in r], pa.float16()),
            "f32": pa.array([i / 3 for i in r], pa.float32()),
            "odd": pa.array([[float("nan"), float("inf"), float(i)][i % 3] for i in r], pa.float64()),
            "ok": pa.array([None if i % 13 == 0 else i % 2 == 0 for i in r], pa.bool_()),
            "nothing": pa.array([None] * n, pa.string()),
        },
        metadata={"huggingface": '{"info": {"features": {}}}', "pandas": '{"index_columns": [], "column_indexes": [], "columns": []}'},
    )


def text(i):
    return f'Text {i}: "quoted" \\ and\ttabs\nlines \x01 é 漢 😀 ' + "x" * (i % 50)


def instant(d):
    s = d.replace(tzinfo=None).isoformat(timespec="microseconds")
    return s.rstrip("0").rstrip(".") + "Z"


def nanoseconds(v):
    seconds, rest = divmod(v, 10**9)
    s = (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)).isoformat()
    return s + (f".{rest:09d}".rstrip("0") if rest else "") + "Z"


def drop_null(d):
    return {k: v for k, v in d.items() if v is not None}


def expected(n):
    """The rows as doppel must read them. Nulls are left out of objects."""
    t = table(n).drop_columns(["ns", "f16", "f32"]).to_pylist()
    for i, row in enumerate(t):
        row["ns"] = nanoseconds(i * 1_000_000_007)
        row["f16"] = float(np.float16(i / 8))
        row["f32"] = float(str(np.float32(i / 3)))
        row["when"] = instant(row["when"]) if row["when"] else None
        row["naive"] = instant(row["naive"])
        row["day"] = row["day"].isoformat()
        clock = row["clock"].isoformat(timespec="microseconds")
        row["clock"] = clock.rstrip("0").rstrip(".") if "." in clock else clock
        row["price"], row["long"] = f"{row['price']:f}", f"{row['long']:f}"
        row["fixed"] = str(uuid.UUID(int=i))
        row["raw"] = None if i % 2 else "plain"
        row["odd"] = row["odd"] if i % 3 == 2 else None
        if row["meta"]:
            row["meta"]["inner"] = drop_null(row["meta"]["inner"])
        for name in ("attributes", "by_number"):
            row[name] = None if row[name] is None else {str(k): v for k, v in row[name]}
        yield drop_null(row)


def write(folder, n):
    t = table(n)
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        pq.write_table(t, f"{folder}/{codec}.parquet", compression=codec, row_group_size=max(1, n // 3))
    pq.write_table(
        t, f"{folder}/pages2.parquet", compression="zstd", data_page_version="2.0", data_page_size=500,
        write_batch_size=8, write_page_checksum=True, write_page_index=True,
    )
    pq.write_table(t, f"{folder}/checksums.parquet", data_page_size=500, write_batch_size=8, write_page_checksum=True)
    pq.write_table(
        t, f"{folder}/encodings.parquet", use_dictionary=False, data_page_version="2.0",
        column_encoding={
            "id": "DELTA_BYTE_ARRAY", "text": "DELTA_LENGTH_BYTE_ARRAY", "raw": "DELTA_BYTE_ARRAY",
            "i16": "DELTA_BINARY_PACKED", "when": "DELTA_BINARY_PACKED", "price": "DELTA_BYTE_ARRAY",
            "f32": "BYTE_STREAM_SPLIT", "odd": "BYTE_STREAM_SPLIT", "long": "BYTE_STREAM_SPLIT", "ok": "RLE",
        },
    )
    # Nanoseconds as 96 bits, and no Arrow schema to help.
    pq.write_table(t, f"{folder}/int96.parquet", version="1.0", use_deprecated_int96_timestamps=True, store_schema=False)
    pq.write_table(t.slice(0, 0), f"{folder}/empty.parquet")
    with open(f"{folder}/expected.jsonl", "w") as f:
        for row in expected(n):
            f.write(json.dumps(row, ensure_ascii=False) + "\n")


def news(folder):
    """Articles with a copy, in two row groups, one without a text."""
    words = "the council voted on monday to close the old bridge over the river after engineers found cracks in two of its pillars"
    rows = [
        {"url": "a", "article": {"body": words, "lang": "en"}, "score": 1},
        {"url": "b", "article": {"body": words.upper(), "lang": "en"}, "score": 2},
        {"url": "c", "article": {"body": "nothing that stands here has been said in any of the other articles of this file", "lang": "en"}, "score": 3},
        {"url": "d", "article": {"body": None, "lang": "en"}, "score": 4},
    ]
    t = pa.Table.from_pylist(rows).replace_schema_metadata({"huggingface": "{}"})
    pq.write_table(t, f"{folder}/news.parquet", row_group_size=2, compression="zstd")


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]))
    news(sys.argv[1])
