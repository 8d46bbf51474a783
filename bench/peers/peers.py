"""The tools: how each is installed and called, and what is to be known about it."""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


class Failure(Exception):
    """Why a tool cannot be installed or run."""


def sh(command, **options):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise Failure(f"{' '.join(map(str, command[:4]))} ...: {done.stdout.strip()[-1500:]}")
    return done.stdout


@dataclass
class Peer:
    """A tool that is told: the work folder, the input and output, a setting, cores.

    largest is the number of documents beyond which it runs only when --peers names
    it, by setting.
    """

    name: str
    version: str
    settings: tuple = ("matched", "defaults")
    largest: dict = None

    def install(self, work): ...
    def command(self, work, setting, cores, input, output): ...

    def convert(self, input, output):
        """Brings what the tool wrote into the form that score reads. Not timed."""

    def runs(self, setting, documents):
        return documents <= (self.largest or {}).get(setting, 10**9)


class Python(Peer):
    """A package in a virtual environment of its own, and a driver."""

    minimum = (3, 11)

    def __init__(self, name, driver=None, minimum=(3, 11), **options):
        pins = dict(re.findall(r"^([^=\s]+)==(\S+)$", self.requirements(name).read_text(), re.M))
        super().__init__(name, pins[name], **options)
        self.driver, self.minimum = HERE / "drivers" / f"{driver or name}_driver.py", minimum

    @staticmethod
    def requirements(name):
        return HERE / "requirements" / f"{name}.txt"

    def python(self, work):
        return work / "venv" / self.name / "bin" / "python"

    def install(self, work):
        requirements = self.requirements(self.name)
        stamp = work / "venv" / self.name / "installed"
        digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            return
        shutil.rmtree(work / "venv" / self.name, ignore_errors=True)
        sh([interpreter(self.minimum), "-m", "venv", work / "venv" / self.name])
        # Everything is pinned, dependencies of dependencies too: --no-deps keeps it so.
        sh([self.python(work), "-m", "pip", "install", "-q", "--no-deps", "-r", requirements])
        stamp.write_text(digest)

    def command(self, work, setting, cores, input, output):
        return [self.python(work), self.driver, input, output, "--setting", setting, "--cores", cores]


def interpreter(minimum):
    """The first Python that is new enough: this one, one on the path, one of pyenv."""
    later = [f"python3.{minor}" for minor in range(minimum[1], 16)]
    found = [shutil.which(name) for name in later]
    for name in later:
        found += sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{name[6:]}.*/bin/python3")))
    for python in [sys.executable, *filter(None, found)]:
        test = f"import sys; sys.exit(sys.version_info < {minimum})"
        if subprocess.run([python, "-c", test], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    raise Failure(f"needs Python {'.'.join(map(str, minimum))} or newer, which is not on the path")


class Rust(Peer):
    def install(self, work):
        env = dict(os.environ, CARGO_TARGET_DIR=str(work / f"{self.name}-target"))
        sh(["cargo", "build", "--release", "--quiet"], cwd=HERE / self.name, env=env)

    def command(self, work, setting, cores, input, output):
        return [work / f"{self.name}-target" / "release" / f"{self.name}-driver", input, output, setting]


class Go(Peer):
    def install(self, work):
        sh(["go", "build", "-o", work / "minhashlsh", "."], cwd=HERE / "minhashlsh", env=dict(os.environ, GOWORK="off"))

    def command(self, work, setting, cores, input, output):
        return [work / "minhashlsh", input, output, setting]


class Doppel(Peer):
    """doppel: what belongs together, as a report."""

    verb, binary, options = "cluster", None, ()

    def install(self, work):
        if self.binary is None:
            Doppel.binary = work / "doppel"
            sh(["go", "build", "-o", self.binary, "./cmd/doppel"], cwd=REPOSITORY)
        self.version = sh([self.binary, "--version"]).split()[-1]

    def command(self, work, setting, cores, input, output):
        # --preset near is the default: both settings are one.
        options = ["--preset", "near", "--threads", cores, *self.options]
        return [self.binary, self.verb, "-q", *options, "-o", self.place(output), input]

    def place(self, output):
        return output.parent / "report.jsonl"

    def convert(self, input, output):
        with open(self.place(output)) as report, open(output, "w") as out:
            out.write("#clusters\n")
            for line in report:
                entry = json.loads(line)
                for m in entry.get("members", ()) if entry["type"] == "cluster" else ():
                    out.write(f"{m['id']}\t{entry['cluster']}\t{int(m['keep'])}\n")


class DoppelComponents(Doppel):
    """doppel with whole families as clusters, as the other tools' pairs give them."""

    options = ("--clustering", "components")


class DoppelPrune(Doppel):
    """doppel: the corpus without its near-duplicates, written out."""

    verb = "prune"

    def place(self, output):
        return output.parent / "pruned"

    def convert(self, input, output):
        covers = {}
        with open(self.place(output) / "removed.jsonl") as removed, open(output, "w") as out:
            out.write("#clusters\n")
            for line in removed:
                entry = json.loads(line)
                covers[entry["covered_by"]] = True
                out.write(f"{entry['id']}\t{entry['covered_by']}\t0\n")
            out.writelines(f"{i}\t{i}\t1\n" for i in covers)


ALL = [
    Doppel("doppel", "", settings=("matched",)),
    DoppelComponents("doppel-components", "", settings=("matched",)),
    DoppelPrune("doppel-prune", "", settings=("matched",)),
    Python("rensa"),
    Python("datasketch", largest={"matched": 100_000, "defaults": 100_000}),
    Rust("gaoya", "0.2.2"),
    Python("fastsketchlsh"),
    Python("text-dedup", driver="textdedup", minimum=(3, 12), largest={"matched": 10_000, "defaults": 10_000}),
    Python("datatrove", largest={"matched": 100_000, "defaults": 10_000}),
    Python("semhash", settings=("defaults",), largest={"defaults": 100_000}),
    Go("minhash-lsh", "v0.0.0-20171225071031-5c06ee8586a1"),
]

# Tools that the package registries do not have.
UNOBTAINABLE = {
    "duplodocus": "no crate of that name",
    "minhash-rs (revbucket)": "no crate; the crate minhash-rs is another project, a sketch without an index",
}
