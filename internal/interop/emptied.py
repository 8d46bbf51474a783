"""Files of which no document stays: made, and read back by other tools.

emptied.py write DIR: a.jsonl, and files of other formats in which every text is one of
its texts.
emptied.py check IN OUT: what pruning left of them: headers, schemas, and the records of
archives that are no documents, byte for byte.
"""

import gzip
import io
import json
import os
import sys

import duckdb
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

TEXTS = [f"Story {i} tells of {i * i} ships that left the harbour of town {i} at dawn." for i in range(20)]
OTHERS = ["warcinfo", "metadata", "response", "revisit"]


def frame(name):
    return pandas.DataFrame({"id": [f"{name}{i}" for i in range(20)], "text": TEXTS, "score": range(20)})


def archive(out, compress):
    w = WARCWriter(out, gzip=compress)

    def record(uri, kind, payload, mime, http=None, **extra):
        r = w.create_warc_record(uri, kind, payload=io.BytesIO(payload), http_headers=http, warc_content_type=mime or "",
                                 warc_headers_dict={k.replace("_", "-"): v for k, v in extra.items()})
        w.write_record(r)
        return r.rec_headers.get_header("WARC-Record-ID")

    def ok(mime):
        return StatusAndHeaders("200 OK", [("Content-Type", mime)], protocol="HTTP/1.1")

    w.write_record(w.create_warcinfo_record("crawl", {"software": "warcio"}))
    record("urn:crawl", "metadata", b"speed: 3", "application/warc-fields")
    for i, text in enumerate(TEXTS):
        uri = f"http://example.org/{i}"
        page = record(uri, "response", text.encode(), None, ok("text/plain"))
        get = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.org")], is_http_request=True)
        record(uri, "request", b"", None, get, WARC_Concurrent_To=page)
    record("http://example.org/x.png", "response", b"\x89PNG no text", None, ok("image/png"))
    record("http://example.org/1", "revisit", b"", None, ok("text/plain"), WARC_Profile="http://netpreserve.org/warc/1.1/revisit/identical-payload-digest")


def write(folder):
    def path(name):
        return os.path.join(folder, name)

    lines = "".join(json.dumps({"id": f"a{i}", "text": t}) + "\n" for i, t in enumerate(TEXTS))
    open(path("a.jsonl"), "w").write(lines)
    with gzip.open(path("g.jsonl.gz"), "wt") as f:
        f.write(lines.replace('"a', '"g'))
    open(path("h.txt"), "w").write(TEXTS[3])
    frame("b").to_csv(path("b.csv"), index=False)
    frame("c").to_csv(path("c.csv.gz"), index=False, sep=";")
    frame("d").to_csv(path("d.tsv"), index=False, sep="\t")
    table = pa.Table.from_pandas(frame("e"), preserve_index=False)
    table = table.append_column("nested", pa.array([{"a": [i], "b": None} for i in range(20)], pa.struct([("a", pa.list_(pa.int16())), ("b", pa.string())])))
    pq.write_table(table, path("e.parquet"), row_group_size=7, compression="zstd")
    for name in ["f.warc", "f.warc.gz"]:
        with open(path(name), "wb") as f:
            archive(f, name.endswith(".gz"))


def records(path):
    """The records of an archive, each as its type and its bytes as stored."""
    with open(path, "rb") as f:
        stored = f.read()
    found = []
    with open(path, "rb") as f:
        it = ArchiveIterator(f, check_digests=True)
        for r in it:
            kind, uri = r.rec_type, r.rec_headers.get_header("WARC-Target-URI")
            r.content_stream().read()
            assert r.digest_checker.passed is not False, path
            at = it.get_record_offset()
            found.append((kind, uri, stored[at:at + it.get_record_length()]))
    return found


def check(before, after):
    def paths(name):
        return os.path.join(before, name), os.path.join(after, "data", name)

    assert sorted(os.listdir(os.path.join(after, "data"))) == ["a.jsonl", "b.csv", "c.csv.gz", "d.tsv", "e.parquet", "f.warc", "f.warc.gz"]
    a, b = paths("a.jsonl")
    assert open(a).read() == open(b).read()
    for name, sep in [("b.csv", ","), ("c.csv.gz", ";"), ("d.tsv", "\t")]:
        a, b = paths(name)
        got = pandas.read_csv(b, sep=sep)
        assert len(got) == 0 and list(got.columns) == list(pandas.read_csv(a, sep=sep).columns), (name, got)
        got = duckdb.read_csv(b, sep=sep, header=True)
        assert got.columns == ["id", "text", "score"] and len(got.fetchall()) == 0, name
        assert polars.read_csv(b, separator=sep).shape == (0, 3), name
    a, b = map(pq.ParquetFile, paths("e.parquet"))
    assert a.schema.equals(b.schema) and a.schema_arrow.equals(b.schema_arrow, check_metadata=True)
    assert a.metadata.metadata == b.metadata.metadata
    assert b.metadata.num_rows == 0 and b.read().num_rows == 0
    _, name = paths("e.parquet")
    assert list(pandas.read_parquet(name).columns) == ["id", "text", "score", "nested"]
    assert duckdb.read_parquet(name).fetchall() == [] and polars.read_parquet(name).height == 0
    for name in ["f.warc", "f.warc.gz"]:
        a, b = map(records, paths(name))
        want = [r for r in a if r[0] not in ("response", "request") or r[1].endswith(".png")]
        assert b == want and [r[0] for r in b] == OTHERS, (name, [r[:2] for r in b])


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](*sys.argv[2:])
