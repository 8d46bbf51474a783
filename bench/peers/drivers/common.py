"""What the Python drivers share: arguments, reading, shingles, worker processes.

A driver is called as `driver.py INPUT OUTPUT --setting matched|defaults --cores N`
and does the whole job: read the JSONL file, find near-duplicates, write OUTPUT. The
first line of OUTPUT says what the others are:

    #pairs      two ids a line
    #clusters   id, name of the cluster, 1 if the document is kept and 0 if not
    #removed    one id a line: the documents that would go
"""
import argparse
import multiprocessing
import os

import orjson

BANDS, ROWS = 16, 6  # doppel's preset `near`
HASHES = BANDS * ROWS
THRESHOLD = 0.8
CHUNK = 4 << 20  # bytes of input that a worker takes at a time


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("input")
    p.add_argument("output")
    p.add_argument("--setting", choices=["matched", "defaults"], default="matched")
    p.add_argument("--cores", type=int, default=1)
    return p.parse_args()


def words(text):
    """Tokens as the examples of these libraries make them."""
    return text.lower().split()


def grams(text):
    """Word 5-grams; a shorter text is one gram of all its words."""
    w = text.lower().split()
    if len(w) < 5:
        return [" ".join(w)]
    return list(map(" ".join, zip(w, w[1:], w[2:], w[3:], w[4:])))


def _ranges(path):
    """Byte ranges of whole lines of about CHUNK bytes."""
    size, start = os.path.getsize(path), 0
    with open(path, "rb") as f:
        while start < size:
            f.seek(min(start + CHUNK, size))
            f.readline()
            end = f.tell()
            yield path, start, end
            start = end


def read(path, start=0, end=None):
    """Ids and texts of the lines in a byte range."""
    with open(path, "rb") as f:
        f.seek(start)
        data = f.read() if end is None else f.read(end - start)
    records = [orjson.loads(line) for line in data.splitlines() if line]
    return [r["id"] for r in records], [r["text"] for r in records]


def _work(job):
    sketch, where = job
    ids, texts = read(*where)
    return ids, sketch(texts)


def sketched(path, cores, sketch):
    """Yields (ids, sketch(texts)) of consecutive chunks in the order of the file.

    Python code runs on one core a process, so a second core needs a second process;
    what comes back from it is pickled, so sketch returns something small.
    """
    jobs = ((sketch, where) for where in _ranges(path))
    if cores == 1:
        yield from map(_work, jobs)
        return
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        yield from pool.imap(_work, jobs)


def write_pairs(path, ids, pairs):
    with open(path, "w") as f:
        f.write("#pairs\n")
        f.writelines(f"{ids[a]}\t{ids[b]}\n" for a, b in pairs)


def write_removed(path, removed):
    with open(path, "w") as f:
        f.write("#removed\n")
        f.writelines(f"{i}\n" for i in removed)


def write_clusters(path, members):
    """members are (id, cluster, kept)."""
    with open(path, "w") as f:
        f.write("#clusters\n")
        f.writelines(f"{i}\t{c}\t{int(k)}\n" for i, c, k in members)
