"""FastSketchLSH: Fast Similarity Sketching in C++ and a banded index."""
import numpy as np
from common import BANDS, HASHES, THRESHOLD, arguments, grams, sketched, words, write_pairs
from FastSketchLSH import LSH, FastSimilaritySketch

SIZE = 128  # sketches must be a power of two long


def sketch(make):
    sketcher = FastSimilaritySketch(size=SIZE, seed=42)
    return lambda texts: sketcher.batch([make(t) for t in texts], num_threads=1)


def sketch_grams(texts):
    return sketch(grams)(texts)


def sketch_words(texts):
    return sketch(lambda t: sorted(set(words(t))))(texts)


def main(a):
    matched = a.setting == "matched"
    ids, parts = [], []
    for chunk_ids, part in sketched(a.input, a.cores, sketch_grams if matched else sketch_words):
        ids += chunk_ids
        parts.append(part)
    m = np.vstack(parts)
    # 16 bands of 6 rows: the index is given the first 96 of the 128 positions, which
    # are as good a sample as any. The README's example has 16 bands of 8.
    used = np.ascontiguousarray(m[:, :HASHES]) if matched else m
    index = LSH(num_perm=used.shape[1], num_bands=BANDS, num_threads=a.cores)
    index.insert(used)
    flat, starts = index.query(used, format="csr")
    right = np.repeat(np.arange(len(ids)), np.diff(starts).astype(np.int64))
    left = np.asarray(flat, dtype=np.int64)
    keep = left < right
    left, right = left[keep], right[keep]
    if matched:  # the index returns candidates: check the estimate
        agree = np.concatenate([(m[l] == m[r]).mean(axis=1) for l, r in blocks(left, right)] or [np.empty(0)])
        left, right = left[agree >= THRESHOLD], right[agree >= THRESHOLD]
    write_pairs(a.output, ids, zip(left.tolist(), right.tolist()))


def blocks(left, right, n=1 << 16):
    return [(left[i : i + n], right[i : i + n]) for i in range(0, len(left), n)]


if __name__ == "__main__":
    main(arguments())
