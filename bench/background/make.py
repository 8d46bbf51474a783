"""Writes the background model of English: words and how frequent they are.

    make.py OUT

OUT is pipeline/idf/english.zst; make.sh runs this with the versions of the
packages that it needs. docs/background.md has the origin and the licence of the
words, pipeline/idf/background.go the format.
"""

import gzip
import hashlib
import importlib.util
import re
import struct
import sys
import unicodedata
from pathlib import Path

import msgpack
import zstandard

SOURCE = Path(importlib.util.find_spec("wordfreq").origin).parent / "data" / "large_en.msgpack.gz"
SOURCE_SHA256 = "dffae8066b78dce0a6667cf5f58e567054f902674667090a7ac8a8a44628b05c"
SHAPE = re.compile(r"\d[\d.,]")
LONGEST = 31  # bytes of a prefix, so that it ends a word as a control character


def read_words():
    """Returns {word: centibels below 1} of the words that are of use."""
    data = SOURCE.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SOURCE_SHA256:
        sys.exit(f"make.py: {SOURCE} has SHA-256 {digest}, expected {SOURCE_SHA256}")
    header, *buckets = msgpack.unpackb(gzip.decompress(data), raw=False)
    if header != {"format": "cB", "version": 1}:
        sys.exit(f"make.py: {SOURCE} has an unknown header {header}")
    words = {w: cb for cb, bucket in enumerate(buckets) for w in bucket if is_word(w)}
    return {w: cb for w, cb in words.items() if not adds_nothing(w, cb, words)}


def is_word(w):
    """Signs are no words, and neither are shapes of numbers: in the source, 00
    stands for all numbers of two digits. Single digits stand for themselves."""
    kinds = "".join(unicodedata.category(c)[0] for c in w)
    return not SHAPE.search(w) and ("L" in kinds or "N" in kinds)


def adds_nothing(w, cb, words):
    """The possessive of a word that is there and no rarer."""
    return w.endswith("'s") and words.get(w[:-2], 1000) <= cb


def encode(words):
    """Sorted words: count, two planes of centibels, then for each word one byte
    below 32 and the bytes behind the prefix of that length that it shares with
    the one before."""
    items = sorted((w.encode(), cb) for w, cb in words.items())
    out = bytearray(struct.pack("<I", len(items)))
    out += bytes(cb & 0xFF for _, cb in items)
    out += bytes(cb >> 8 for _, cb in items)
    before = b""
    for w, _ in items:
        if min(w) < 32:
            sys.exit(f"make.py: {w!r} has a control character")
        n = 0
        while n < min(len(w), len(before), LONGEST) and w[n] == before[n]:
            n += 1
        out.append(n)
        out += w[n:]
        before = w
    return bytes(out)


def main():
    words = read_words()
    data = encode(words)
    level = zstandard.ZstdCompressionParameters.from_level(22, source_size=len(data), write_checksum=True)
    packed = zstandard.ZstdCompressor(compression_params=level).compress(data)
    Path(sys.argv[1]).write_bytes(packed)
    print(f"{len(words)} words, {len(data)} bytes, packed {len(packed)}, SHA-256 {hashlib.sha256(packed).hexdigest()}")


main()
