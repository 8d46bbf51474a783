"""A daily run under Airflow 3. Exit codes decide what a task becomes: 3 (bad records were
left out) is a success that warns, 2 (usage), 4 (too many bad records), 5 (a guard) and
7 (inputs changed) fail without another try, everything else is tried again and goes on where it stopped."""

import logging
import os
import subprocess
from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

NEWS, RUNS = os.environ.get("NEWS", "/data/news"), os.environ.get("RUNS", "/data/runs")


@task(retries=3, retry_delay=timedelta(minutes=5))
def dedup(corpus: str, out: str) -> str:
    command = ["doppel", "run", corpus, "-o", out, "--log-format", "json", "--max-removed", "60%"]
    code = subprocess.run(command, check=False).returncode
    if code == 3:
        logging.warning("bad records were left out, see %s/quarantine.jsonl", out)
    elif code in (2, 4, 5, 7):
        raise AirflowFailException(f"doppel stopped with {code}: trying again will not help")
    elif code != 0:
        raise RuntimeError(f"doppel exited with {code}")
    return f"{out}/data"


@dag(schedule="@daily", start_date=datetime(2026, 1, 1), catchup=False)
def prune_news():
    dedup(NEWS + "/{{ ds }}", RUNS + "/{{ ds }}")


prune_news()
