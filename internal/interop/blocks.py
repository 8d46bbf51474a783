"""Runs the SQL, the Python and the commands in a page of the docs, in the current folder.

blocks.py PAGE: every block must print what the comments at its end say; a command must
end with the exit code there, 0 if there is none.
"""

import contextlib
import io
import re
import subprocess
import sys

import duckdb


def run(language, code):
    out = io.StringIO()
    if language == "sql":
        for row in duckdb.sql(code).fetchall():
            out.write(" ".join(str(v) for v in row) + "\n")
    else:
        with contextlib.redirect_stdout(out):
            exec(compile(code, "block", "exec"), {})
    return out.getvalue()


def command(code):
    expected = re.search(r"^# exit code (\d+)", code, re.MULTILINE)
    done = subprocess.run(["sh", "-c", code], capture_output=True, text=True)
    assert done.returncode == int(expected[1] if expected else 0), (code, done)


def main(page):
    with open(page) as f:
        blocks = re.findall(r"```(sql|python|sh)\n(.*?)```", f.read(), re.DOTALL)
    assert len(blocks) >= 15, len(blocks)
    for language, code in blocks:
        if language == "sh":
            command(code)
            continue
        mark = "-- " if language == "sql" else "# "
        want = "".join(line.removeprefix(mark) + "\n" for line in code.splitlines() if line.startswith(mark))
        assert want, code
        got = run(language, code)
        assert got == want, f"{code}\ngives\n{got}"
    print("ran", len(blocks), "blocks")


if __name__ == "__main__":
    main(sys.argv[1])
