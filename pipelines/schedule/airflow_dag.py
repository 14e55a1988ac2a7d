"""An Airflow DAG that starts ``newsbeam run``."""

from __future__ import annotations

from string import Template

from newsbeam.pipelines.schedule.plan import Plan, name_interval

# Neither BashOperator nor its import path: its command is a Jinja template, and Airflow 3 has
# moved it into a package of its own.
_DAG = Template('''\
"""newsbeam as a DAG. Written by: newsbeam schedule ... --print airflow

Put this file into Airflow's folder of DAGs. Airflow 2.4 or newer, or 3; newsbeam is not needed in
Airflow's environment, as it runs in its own.
"""

import subprocess
from datetime import datetime, timedelta, timezone

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task

COMMAND = $command


@dag(
    dag_id=$name,
    schedule=$interval,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=2)},
    tags=["news"],
)
def newsbeam():
    @task(execution_timeout=timedelta(days=1))
    def run():
        with subprocess.Popen(
            COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                for line in process.stdout:
                    print(line, end="")
            except BaseException:
                # Airflow stops the task. A run may be killed: the next one makes it good.
                process.terminate()
                raise
        if process.returncode:
            raise RuntimeError(f"newsbeam ended with exit code {process.returncode}")

    run()


newsbeam()
''')


def write_dag(plan: Plan) -> dict[str, str]:
    """The DAG's file, by file name."""
    words = "".join(f"    {word!r},\n" for word in plan.run)
    text = _DAG.substitute(
        command=f"[\n{words}]", name=repr(plan.name), interval=repr(name_interval(plan.every))
    )
    return {f"{plan.name.replace('-', '_')}_dag.py": text}
