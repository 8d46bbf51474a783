"""Runs a command on some cores and measures all of its processes."""
import os
import signal
import subprocess
import tempfile
import threading
import time

INTERVAL = 0.2  # seconds between looks at a tree of processes: rare, as they cost time


def threads_environment(cores):
    """The variables by which libraries learn how many threads to start."""
    names = (
        "GOMAXPROCS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS",
    )
    return {name: str(cores) for name in names}


def measure(command, cores, folder, timeout, max_bytes, environment=()):
    """Returns seconds, CPU seconds, peak bytes and, if it failed, the error."""
    env = {**os.environ, **threads_environment(cores), "PYTHONDONTWRITEBYTECODE": "1", **dict(environment)}
    pinned = ["taskset", "-c", ",".join(map(str, range(cores))), *map(str, command)]
    with tempfile.TemporaryFile() as log:
        start = time.monotonic()
        child = subprocess.Popen(
            pinned, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        watch = _Watch(child.pid, start + timeout, max_bytes)
        try:
            # The children that it waited for are in these figures; the largest single
            # process is, too, and _Watch has the sum where there were several.
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.monotonic() - start
        finally:  # also when the benchmark is interrupted
            watch.stop()
            _end(child.pid)
        child.returncode = os.waitstatus_to_exitcode(status)
        log.seek(max(0, log.seek(0, os.SEEK_END) - 4000))
        tail = log.read().decode(errors="replace").strip()
    result = {
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_bytes": max(usage.ru_maxrss * 1024, watch.peak),
    }
    if watch.reason:
        result["error"] = watch.reason
    elif child.returncode:
        result["error"] = f"exit code {child.returncode}: {tail}"
    return result


class _Watch:
    """Sums the memory of a tree of processes and ends it when it goes too far."""

    def __init__(self, pid, deadline, max_bytes):
        self.pid, self.deadline, self.max_bytes = pid, deadline, max_bytes
        self.peak, self.reason = 0, None
        self.stopped = threading.Event()
        self.start = time.monotonic()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        while not self.stopped.wait(INTERVAL):
            pids = _tree(self.pid)
            # Proportional shares: forked processes have most pages in common. The
            # kernel knows the peak of a single process better than a look does.
            size = sum(map(_pss, pids)) if len(pids) > 1 else _rss(self.pid)
            if len(pids) > 1:
                self.peak = max(self.peak, size)
            if time.monotonic() > self.deadline:
                self.reason = f"stopped after {time.monotonic() - self.start:.0f} s"
            elif size > self.max_bytes:
                self.reason = f"stopped at {size / 2**30:.1f} GiB of memory"
            if self.reason:
                _end(self.pid)
                return


def _tree(pid):
    pids = [pid]
    for p in pids:
        try:
            for task in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{task}/children") as f:
                    pids += map(int, f.read().split())
        except OSError:
            pass  # it has just ended
    return pids


def _pss(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            return next((int(line.split()[1]) * 1024 for line in f if line.startswith("Pss:")), 0)
    except OSError:
        return 0


def _rss(pid):
    try:
        with open(f"/proc/{pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _end(session):
    """Ends the process group that start_new_session made."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        pass
