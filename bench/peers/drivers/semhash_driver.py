"""semhash: embeddings and a vector index. It has no n-grams, bands or Jaccard.

Its model, minishlab/potion-base-8M, comes from a model hub and not from a package
registry. This runs where the model is in the local cache of the hub's client, and
says what is missing elsewhere.
"""
from common import arguments, read, write_clusters
from semhash import SemHash


def main(a):
    ids, texts = read(a.input)
    records = [{"id": i, "text": t} for i, t in zip(ids, texts)]
    result = SemHash.from_records(records, columns=["text"]).self_deduplicate()
    write_clusters(a.output, members(result))


def members(result):
    """Removed records with the kept ones that they are said to be duplicates of."""
    kept = {}
    for d in result.filtered:
        of = d.duplicate_of["id"]
        kept[of] = True
        yield d.record["id"], of, False
    for i in kept:
        yield i, i, True


if __name__ == "__main__":
    main(arguments())
