"""Runs the example for Airflow, once for each day, and prints what became of its task.

    python airflowdag.py EXAMPLES DAY[,NAME=VALUE]...

AIRFLOW_HOME names an empty folder; NEWS and RUNS are as in the example. A variable
after the day is set for that day alone.
"""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

examples, *days = sys.argv[1:]
subprocess.run([os.path.join(os.path.dirname(sys.executable), "airflow"), "db", "migrate"], check=True, stdout=sys.stderr)

from airflow.dag_processing.dagbag import DagBag

bag = DagBag(examples)
if bag.import_errors:
    sys.exit(f"the example cannot be imported: {bag.import_errors}")
dag = bag.dags["prune_news"]
for task in dag.tasks:
    task.retry_delay = timedelta(0)  # the tries are the example's, only the waiting is not
for argument in days:
    day, *settings = argument.split(",")
    variables = dict(s.split("=", 1) for s in settings)
    os.environ.update(variables)
    run = dag.test(logical_date=datetime.fromisoformat(day).replace(tzinfo=timezone.utc))
    for task in run.get_task_instances():
        told = {"day": day, "state": task.state, "tries": task.try_number, "result": task.xcom_pull(task_ids=task.task_id)}
        print("TASK", json.dumps(told), flush=True)
    for name in variables:
        del os.environ[name]
