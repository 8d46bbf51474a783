"""Runs the SQL and the Python in a page of the docs, in the current folder.

blocks.py PAGE: every block must print what the comments at its end say.
"""

import contextlib
import io
import re
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


def main(page):
    with open(page) as f:
        blocks = re.findall(r"```(sql|python)\n(.*?)```", f.read(), re.DOTALL)
    assert len(blocks) >= 10, len(blocks)
    for language, code in blocks:
        mark = "-- " if language == "sql" else "# "
        want = "".join(line.removeprefix(mark) + "\n" for line in code.splitlines() if line.startswith(mark))
        assert want, code
        got = run(language, code)
        assert got == want, f"{code}\ngives\n{got}"
    print("ran", len(blocks), "blocks")


if __name__ == "__main__":
    main(sys.argv[1])
