"""A real Spark cluster (master and workers) with Beam's job server: processes of their own.

with run_cluster(folder, obtain_parts(), machines) as cluster:
    ...  # newsbeam run … -- *cluster.beam_arguments()
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.engines.java import OPENS, QUICK
from tests.support.engines.machines import Machines, process_arguments, write_worker
from tests.support.engines.processes import Process
from tests.support.ports import answers, find_port
from tests.support.spark.parts import Parts
from tests.support.waiting import wait_until

_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_JOB_SERVER = "org.apache.beam.runners.spark.SparkJobServerDriver"
_LOG = """rootLogger.level = INFO
rootLogger.appenderRef.c.ref = C
appender.c.name = C
appender.c.type = CONSOLE
appender.c.target = SYSTEM_ERR
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = %d{HH:mm:ss,SSS} %-5p %-40c{1} - %m%n
"""


@dataclass
class Cluster:
    """The processes, and where jobs are submitted."""

    folder: Path
    parts: Parts
    master_port: int
    web_port: int
    job_port: int
    artifact_port: int
    master: Process
    job_server: Process
    workers: list[Process] = field(default_factory=list)

    def beam_arguments(self) -> list[str]:
        """What goes behind ``--`` of ``newsbeam run``."""
        small = self.folder / "staged"
        small.touch()
        return [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{self.job_port}",
            f"--artifact_endpoint=localhost:{self.artifact_port}",
            *process_arguments(write_worker(self.folder / "worker")),
            # The cluster has the jars already; else each job would bring 300 MB.
            f"--files_to_stage={small}",
        ]

    def ask(self) -> Any:
        """What the master tells of workers and applications; ``None`` where it is not there."""
        try:
            address = f"http://127.0.0.1:{self.web_port}/json/"
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.loads(answer.read())
        except OSError:
            return None

    def count_workers(self) -> int:
        """How many have reported to the master."""
        return len((self.ask() or {}).get("workers", ()))

    def count_tasks(self) -> dict[str, int]:
        """How many tasks the executors of each worker ran, by what they logged."""
        tasks: dict[str, int] = {}
        for log in self.folder.glob("worker-*/app-*/*/stderr"):
            name = log.relative_to(self.folder).parts[0]
            count = log.read_text("utf-8", errors="replace").count("Running task ")
            tasks[name] = tasks.get(name, 0) + count
        return {name: count for name, count in tasks.items() if count}

    def start_job_server(self) -> None:
        """Beam's job server, which is Spark's driver, too."""
        self.job_server.start()
        wait_until(lambda: answers(self.job_port), 180, self.job_server.tail())

    def start_worker(self, machines: Machines) -> None:
        """One more, of one core, on a machine of its own."""
        name = f"worker-{len(self.workers)}"
        command = [
            *self.java(_WORKER, "-Xmx256m"), "--host", "localhost", "--cores", "1",
            "--memory", "1g", "--webui-port", "0", "--work-dir", str(self.folder / name),
            f"spark://localhost:{self.master_port}",
        ]  # fmt: skip
        environment = {**machines.variables(), **self.variables}
        process = Process(
            name, machines.place(name, command), self.folder / f"{name}.log", environment
        )
        self.workers.append(process)
        process.start()

    @property
    def variables(self) -> dict[str, str]:
        """By which Spark finds its jars, and addresses that it can be reached at."""
        return {
            "SPARK_HOME": str(self.parts.home),
            "SPARK_SCALA_VERSION": "2.12",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }

    def java(self, main: str, *options: str) -> list[str]:
        """The command of the process whose class is ``main``."""
        log = (self.folder / "log4j2.properties").as_uri()
        return [
            self.parts.java, *options, *QUICK, *OPENS, f"-Dlog4j2.configurationFile={log}",
            "-cp", self.parts.class_path, main,
        ]  # fmt: skip


@contextmanager
def run_cluster(
    folder: Path, parts: Parts, machines: Machines, workers: int = 2
) -> Iterator[Cluster]:
    """A cluster with logs in ``folder``; every process is gone afterwards."""
    folder.mkdir(parents=True)
    (folder / "log4j2.properties").write_text(_LOG, encoding="utf-8")
    master, web, job, artifact = (find_port() for _ in range(4))
    cluster = Cluster(
        folder, parts, master, web, job, artifact,
        Process("master", (), folder / "master.log"),
        Process("job server", (), folder / "job-server.log"),
    )  # fmt: skip
    cluster.master.environment = cluster.job_server.environment = cluster.variables
    cluster.master.command = [
        *cluster.java(_MASTER, "-Xmx256m"),
        "--host", "localhost", "--port", str(master), "--webui-port", str(web),
    ]  # fmt: skip
    settings = {
        "spark.executor.memory": "512m",
        "spark.executor.cores": "1",
        "spark.ui.enabled": "false",
        "spark.driver.host": "localhost",
    }
    cluster.job_server.command = [
        *cluster.java(
            _JOB_SERVER, "-Xmx512m", *(f"-D{name}={value}" for name, value in settings.items())
        ),
        f"--spark-master-url=spark://localhost:{master}",
        f"--artifacts-dir={folder / 'artifacts'}", "--job-host=localhost",
        f"--job-port={job}", f"--artifact-port={artifact}", "--expansion-port=0",
    ]  # fmt: skip
    with ExitStack() as stack:
        stack.callback(cluster.master.kill)
        stack.callback(cluster.job_server.kill)
        stack.callback(lambda: [process.kill() for process in cluster.workers])
        cluster.master.start()
        for _ in range(workers):
            cluster.start_worker(machines)
        cluster.start_job_server()
        wait_until(lambda: cluster.count_workers() == workers, 180, cluster.workers[-1].tail())
        yield cluster
