"""text-dedup: its own command, configured by the TOML file that it reads."""
import json
import os
import pickle
import subprocess
import sys

from common import BANDS, HASHES, ROWS, THRESHOLD, arguments, write_clusters

# Matched settings check candidates as well: text-dedup does so exactly, within the
# clusters. The defaults are the configuration in its README.
MATCHED = f"num_perm = {HASHES}\nbands = {BANDS}\nrows = {ROWS}\nthreshold = {THRESHOLD}\nngram_size = 5\nhash_bits = 64"
DEFAULTS = "num_perm = 240\nthreshold = 0.7\nngram_size = 5\nhash_bits = 64"

CONFIG = """
[input]
input_type = "local_files"
file_type = "json"
[input.read_arguments]
path = "json"
data_files = {input}
split = "train"
[algorithm]
algorithm_name = "minhash"
text_column = "text"
batch_size = 10000
check_false_positive = true
num_proc = {cores}
{algorithm}
[output]
output_dir = {output}
save_clusters = true
[debug]
enable_profiling = false
"""


def main(a):
    work = os.path.dirname(os.path.abspath(a.output))
    with open(os.path.join(work, "config.toml"), "w") as f:
        f.write(CONFIG.format(
            input=json.dumps(os.path.abspath(a.input)),
            output=json.dumps(os.path.join(work, "deduplicated")),
            cores=a.cores,
            algorithm=MATCHED if a.setting == "matched" else DEFAULTS,
        ))
    # A cache of its own for each run, or it would find the work done already.
    env = dict(os.environ, HF_HOME=os.path.join(work, "cache"), HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
    log = os.path.join(work, "log")
    with open(log, "w") as f:
        code = subprocess.run([sys.executable, "-m", "text_dedup.minhash"], cwd=work, env=env, stdout=f, stderr=f).returncode
    if code:
        sys.exit(open(log).read()[-2000:])
    # Its clusters hold positions: turn them into ids.
    with open(os.path.join(work, "deduplicated", "clusters.pickle"), "rb") as f:
        clusters = pickle.load(f)
    with open(a.input, "rb") as f:
        ids = {i: json.loads(line)["id"] for i, line in enumerate(f) if i in clusters}
    write_clusters(a.output, ((ids[i], c, i == c) for i, c in sorted(clusters.items())))


if __name__ == "__main__":
    main(arguments())
