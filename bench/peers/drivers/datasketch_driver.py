"""datasketch: MinHash.bulk in worker processes, one MinHashLSH in memory."""
import xxhash
from common import BANDS, HASHES, ROWS, THRESHOLD, arguments, grams, sketched, words, write_pairs
from datasketch import LeanMinHash, MinHash, MinHashLSH


def sketch_matched(texts):
    # A hash function faster than the SHA-1 of the defaults, as its manual advises,
    # and LeanMinHash, which pickles to a quarter of the bytes.
    sets = ([g.encode() for g in grams(t)] for t in texts)
    return [LeanMinHash(m) for m in MinHash.generator(sets, num_perm=HASHES, hashfunc=xxhash.xxh32_intdigest)]


def sketch_defaults(texts):
    sets = ([w.encode() for w in words(t)] for t in texts)
    return [LeanMinHash(m) for m in MinHash.generator(sets)]


def main(a):
    if a.setting == "matched":
        sketch, index = sketch_matched, MinHashLSH(num_perm=HASHES, params=(BANDS, ROWS))
    else:
        sketch, index = sketch_defaults, MinHashLSH(threshold=THRESHOLD)
    ids, sketches, pairs = [], [], []
    for chunk_ids, chunk in sketched(a.input, a.cores, sketch):
        for i, s in enumerate(chunk, start=len(ids)):
            for j in index.query(s):
                # Its query returns candidates; matched runs check the estimate.
                if a.setting == "defaults" or s.jaccard(sketches[j]) >= THRESHOLD:
                    pairs.append((j, i))
            index.insert(i, s)
            sketches.append(s)
        ids += chunk_ids
    write_pairs(a.output, ids, pairs)


if __name__ == "__main__":
    main(arguments())
