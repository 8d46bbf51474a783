"""The side of Python in internal/interop/formats_test.go: corpora in every format,
written by Python's own modules, zstandard, pyarrow, pandas and warcio, and read back by
them after pruning.

    formats.py write DIR        writes the inputs
    formats.py check IN OUT     compares what "doppel prune IN -o OUT" kept with IN
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import subprocess
import sys

import pandas
import pyarrow
import pyarrow.parquet
import zstandard
from warcio.archiveiterator import ArchiveIterator

import warc

WORDS = "harbour bridge causeway market library pupil Saturday quarter stone yard repair fund tide north bus ride night week river tower".split()


def text(n):
    """The n-th text of 40 words; texts of one n are copies in every file."""
    return " ".join(WORDS[(n * 7 + i * (n + 3) + i * i) % len(WORDS)] + str((n + i) % 9) for i in range(40))


def rows(start):
    odd = ['said "no", twice', "two\nlines", "tab\there", "comma, semicolon; pipe|", "ünï 文 \U0001f600", " spaces ", ""]
    return [{"id": "%s-%d" % (start, i), "note": odd[i % len(odd)], "text": text(start * 5 + i), "score": i} for i in range(12)]


def jsonl(start):
    return "".join(json.dumps(r, ensure_ascii=i % 2 == 0) + ("\r\n" if i % 3 == 0 else "\n") for i, r in enumerate(rows(start))).encode()


def table(start, **dialect):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["id", "note", "text", "score"], **dialect)
    writer.writeheader()
    for r in rows(start):
        writer.writerow(r)
    return out.getvalue().encode()


LINES = {
    "a.jsonl": (jsonl, lambda b: b, lambda b: b),
    "b.jsonl.gz": (jsonl, gzip.compress, gzip.decompress),
    "c.jsonl.zst": (jsonl, zstandard.compress, lambda b: zstandard.ZstdDecompressor().stream_reader(b, read_across_frames=True).read()),
    "d.jsonl.xz": (jsonl, lzma.compress, lzma.decompress),
    "e.jsonl.bz2": (jsonl, bz2.compress, bz2.decompress),
}
TABLES = {
    "f.csv": ({}, lambda b: b, lambda b: b),
    "g.csv.gz": ({"delimiter": ";", "quoting": csv.QUOTE_ALL}, gzip.compress, gzip.decompress),
    "h.tsv.bz2": ({"delimiter": "\t", "lineterminator": "\n"}, bz2.compress, bz2.decompress),
    "i.csv.xz": ({"delimiter": "|", "quoting": csv.QUOTE_NONNUMERIC}, lzma.compress, lzma.decompress),
}


def write(folder):
    start = 0
    for name, (make, pack, _) in LINES.items():
        start += 1
        with open(os.path.join(folder, name), "wb") as f:
            f.write(pack(make(start)))
    for name, (dialect, pack, _) in TABLES.items():
        start += 1
        with open(os.path.join(folder, name), "wb") as f:
            f.write(pack(table(start, **dialect)))
    frame = pandas.DataFrame(rows(start + 1))
    frame.to_parquet(os.path.join(folder, "j.parquet"), compression="zstd", row_group_size=5)
    with open(os.path.join(folder, "k.txt"), "w") as f:
        f.write(text(start * 5))
    warc.write(folder)
    for name in ("crawl.warc", "crawl.wet.gz"):  # they have the ids of the third
        os.remove(os.path.join(folder, name))


def removed(out):
    with open(os.path.join(out, "removed.jsonl")) as f:
        return {json.loads(line)["id"] for line in f}


def expect(name, got, want):
    if got != want:
        sys.exit("%s: got %r\nwant %r" % (name, got, want))


def stored(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return None
    with open(path, "rb") as f:
        return f.read()


def check(inputs, out):
    gone, data, kept = removed(out), os.path.join(out, "data"), 0
    for name, (_, _, unpack) in LINES.items():
        want = [l for l in unpack(stored(inputs, name)).splitlines(True) if json.loads(l)["id"] not in gone]
        got = stored(data, name)
        expect(name, unpack(got).splitlines(True) if got is not None else [], want)
        kept += len(want)
    for name, (dialect, _, unpack) in TABLES.items():
        read = lambda b: list(csv.DictReader(io.StringIO(b.decode(), newline=""), **dialect))
        want = [r for r in read(unpack(stored(inputs, name))) if r["id"] not in gone]
        got = stored(data, name)
        expect(name, read(unpack(got)) if got is not None else [], want)
        if got is not None:
            sep = dialect.get("delimiter", ",")
            frame = pandas.read_csv(io.BytesIO(unpack(got)), sep=sep, dtype=str, keep_default_na=False)
            expect(name + " by pandas", frame["id"].tolist(), [r["id"] for r in want])
        kept += len(want)
    before = pyarrow.parquet.read_table(os.path.join(inputs, "j.parquet"))
    after = pyarrow.parquet.read_table(os.path.join(data, "j.parquet"))
    want = [r for r in before.to_pylist() if r["id"] not in gone]
    expect("j.parquet", after.to_pylist(), want)
    expect("schema of j.parquet", after.schema.equals(before.schema, check_metadata=True), True)
    expect("j.parquet by pandas", pandas.read_parquet(os.path.join(data, "j.parquet"))["id"].tolist(), [r["id"] for r in want])
    kept += len(want)
    archive = os.path.join(data, "crawl.warc.gz")
    with open(archive, "rb") as f:
        for record in ArchiveIterator(f, check_digests="raise"):
            record.content_stream().read()
            if record.rec_headers.get_header("WARC-Record-ID").strip("<>") in gone:
                sys.exit("the archive holds a record that was removed")
    subprocess.run([sys.executable, "-m", "warcio.cli", "check", archive], check=True)
    print(json.dumps({"kept": kept, "gone": len(gone)}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        check(sys.argv[2], sys.argv[3])
