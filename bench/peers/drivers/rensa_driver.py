"""rensa: R-MinHash of all tokens (not the sampling `rho` path) and its LSH index."""
from common import BANDS, HASHES, THRESHOLD, arguments, grams, read, sketched, words, write_pairs, write_removed
from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH


def sketch(texts):
    return RMinHash.from_token_sets([grams(t) for t in texts], num_perm=HASHES, seed=42)


def matched(a):
    ids, sketches = [], []
    for chunk_ids, chunk in sketched(a.input, a.cores, sketch):
        ids += chunk_ids
        sketches += chunk
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=HASHES, num_bands=BANDS)
    index.insert_many(sketches)
    # The index returns candidates; its own deduplicator keeps those whose
    # signatures agree at the threshold, and so do we.
    pairs = (
        (j, i)
        for i, near in enumerate(index.query_all(sketches))
        for j in near
        if j < i and sketches[j].jaccard(sketches[i]) >= THRESHOLD
    )
    write_pairs(a.output, ids, pairs)


def defaults(a):
    """The README's example: single words, a stream, flags of what to keep."""
    ids, texts = read(a.input)
    dedup = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=128, use_lsh=True)
    keep = dedup.add_pairs((i, words(t)) for i, t in zip(ids, texts))
    write_removed(a.output, (i for i, k in zip(ids, keep) if not k))


if __name__ == "__main__":
    args = arguments()
    matched(args) if args.setting == "matched" else defaults(args)
