"""datatrove: the four stages of its MinHash pipeline with the local executor."""
import json
import os
import shutil
import struct

from common import BANDS, ROWS, arguments, write_clusters
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.text import TextNormConfig
from datatrove.utils.word_tokenizers import WordTokenizer


class SplitTokenizer(WordTokenizer):
    """Words between white space: punctuation is gone by then. Much faster than spaCy."""

    def word_tokenize(self, text):
        return text.split()

    def sent_tokenize(self, text):
        raise NotImplementedError

    span_tokenize = sent_tokenize


def settings(name):
    if name == "defaults":  # 14 x 8, spaCy's English tokeniser, numbers made equal
        return MinhashConfig(), "en"
    norm = TextNormConfig(norm_numbers=False, norm_unicode_diacritics=False)
    return MinhashConfig(n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS, norm_config=norm), SplitTokenizer()


def split(path, folder, parts):
    """datatrove spreads files, not lines, over its tasks: one file for each core."""
    os.makedirs(folder)
    size, start = os.path.getsize(path), 0
    with open(path, "rb") as f:
        for part in range(parts):
            f.seek(size * (part + 1) // parts)
            f.readline()
            end = f.tell()
            f.seek(start)
            with open(os.path.join(folder, f"{part:05d}.jsonl"), "wb") as out:
                shutil.copyfileobj(_Limited(f, end - start), out, 1 << 20)
            start = end


class _Limited:
    def __init__(self, f, n):
        self.f, self.n = f, n

    def read(self, n):
        data = self.f.read(min(n, self.n))
        self.n -= len(data)
        return data


def main(a):
    work = os.path.join(os.path.dirname(os.path.abspath(a.output)), "datatrove")
    path = lambda name: os.path.join(work, name)
    config, tokenizer = settings(a.setting)
    tasks = a.cores
    split(a.input, path("input"), tasks)

    def stage(number, pipeline, tasks):
        LocalPipelineExecutor(
            pipeline=pipeline, tasks=tasks, workers=min(a.cores, tasks), start_method="fork", logging_dir=path(f"logs{number}")
        ).run()

    reader = lambda: JsonlReader(path("input"))
    stage(1, [reader(), MinhashDedupSignature(path("signatures"), config=config, language=tokenizer)], tasks)
    stage(2, [MinhashDedupBuckets(path("signatures"), path("buckets"), config=config)], config.num_buckets)
    stage(3, [MinhashDedupCluster(path("buckets"), path("remove"), config=config, save_cluster_id=True)], 1)
    stage(4, [reader(), MinhashDedupFilter(path("remove")), JsonlWriter(path("kept"), compression=None)], tasks)
    write_clusters(a.output, members(path, tasks))


def members(path, tasks):
    """Its files hold positions within the parts: turn them into ids."""
    for part in range(tasks):
        name = path(f"remove/{part:06d}")
        removed = set(x for (x,) in records(name + ".remove", "<I"))
        cluster = dict(records(name + ".clusters", "<2I"))
        with open(path(f"input/{part:05d}.jsonl"), "rb") as f:
            for i, line in enumerate(f):
                if i in cluster:
                    yield json.loads(line)["id"], cluster[i], i not in removed


def records(name, layout):
    if not os.path.exists(name):
        return []
    with open(name, "rb") as f:
        return list(struct.iter_unpack(layout, f.read()))


if __name__ == "__main__":
    main(arguments())
