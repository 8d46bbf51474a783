"""doppel for Python: the program, and what its run folders hold.

    import doppel_dedup
    doppel_dedup.run("run", "corpus.jsonl", "-o", "result")
    dropped = doppel_dedup.table("result", "members").to_pandas().query("class == 'dropped'")

The wheel brings the program `doppel`; nothing here does any of its work.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig

__all__ = ["executable", "manifest", "run", "table"]


def executable():
    """The path of the program that came with this package.

    Raises FileNotFoundError if it is not where pip puts programs.
    """
    name = "doppel" + (sysconfig.get_config_var("EXE") or "")
    # pip install --target puts programs beside the packages.
    beside = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin")
    places = [sysconfig.get_path("scripts"), os.path.join(sys.prefix, "bin"), beside]
    if hasattr(sysconfig, "get_preferred_scheme"):
        places.append(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise FileNotFoundError(f"no program {name} in {', '.join(places)}: install doppel-dedup again")
    return found


def run(*arguments, **options):
    """Calls doppel with the arguments; returns a subprocess.CompletedProcess.

    options are those of subprocess.run. With check=True, the default, a code other than
    0 raises subprocess.CalledProcessError; `doppel --help` says what the codes mean.
    """
    options.setdefault("check", True)
    return subprocess.run([executable(), *map(os.fspath, arguments)], **options)


def manifest(folder):
    """The manifest of a finished run folder, as a dict: settings, inputs, counts, outputs.

    Raises RuntimeError if the run is not finished.
    """
    if not os.path.exists(os.path.join(folder, "_SUCCESS")):
        raise RuntimeError(f"{folder} has no _SUCCESS: the run is not finished (doppel resume {folder})")
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as f:
        return json.load(f)


def table(folder, name, columns=None):
    """A table of a finished run folder, as a pyarrow.Table: members, clusters or pairs.

    Needs pyarrow (pip install 'doppel-dedup[tables]').
    """
    manifest(folder)
    import pyarrow.parquet

    return pyarrow.parquet.read_table(os.path.join(folder, name + ".parquet"), columns=columns)
