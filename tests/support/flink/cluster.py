"""A real Flink cluster with Beam's job server and Python workers: processes of their own.

with run_cluster(folder, obtain_parts()) as cluster:
    ...  # newsbeam stream … -- *cluster.beam_arguments()
    cluster.task_managers[0].kill()
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.engines.java import OPENS, QUICK
from tests.support.engines.machines import Machines, process_arguments, write_worker
from tests.support.engines.processes import Process
from tests.support.flink.parts import Parts
from tests.support.flink.settings import LOG, configure
from tests.support.ports import answers, find_port
from tests.support.waiting import wait_until

_MAINS = {
    "job manager": "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
    "task manager": "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
    "memory": "org.apache.flink.runtime.util.bash.BashJavaUtils",
    "zookeeper": "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
    "job server": "org.apache.beam.runners.flink.FlinkJobServerDriver",
}


@dataclass
class Cluster:
    """The processes, and what Flink's REST interface tells."""

    folder: Path
    parts: Parts
    rest_port: int
    rpc_port: int
    job_port: int
    artifact_port: int
    pool_port: int
    job_manager: Process
    job_server: Process
    workers: Process
    task_managers: list[Process]
    machines: Machines | None = None
    slots: int = 2

    # Processes

    def start_task_manager(self) -> Process:
        """One more, on a machine of its own if there are ``machines``; returns at once."""
        number = len(self.task_managers)
        jvm, settings = self._size_task_manager()
        name = f"task-manager-{number}"
        settings += [f"-Dtaskmanager.resource-id={name}"]
        command = [*self._java("task manager", *jvm), *self._conf_dir(), *settings]
        process = Process(name, command, self.folder / f"{name}.log")
        if self.machines is not None:
            process.command = self.machines.place(name, command)
            process.environment = self.machines.variables()
        self.task_managers.append(process)
        return process.start()

    def wait_for_slots(self, slots: int, seconds: float = 120) -> None:
        """Until so many slots are there (in use or not)."""

        def count() -> bool:
            overview = self.ask("/overview")
            return bool(overview) and overview["slots-total"] >= slots

        wait_until(count, seconds, f"{slots} slots; {self.task_managers[-1].tail()}")

    def start_workers(self) -> None:
        """The pool that starts Python workers for the TaskManagers."""
        self.workers.start()
        wait_until(lambda: answers(self.pool_port), 60, self.workers.tail())

    def start_job_server(self) -> None:
        """Beam's job server, which jobs are submitted to."""
        self.job_server.start()
        wait_until(lambda: answers(self.job_port), 60, self.job_server.tail())

    def start_job_manager(self) -> None:
        """The JobManager; ZooKeeper tells it which jobs one before it had."""
        self.job_manager.start()
        wait_until(lambda: self.ask("/overview") is not None, 60, self.job_manager.tail())

    # Jobs

    def beam_arguments(self, parallelism: int = 2, environment: str = "EXTERNAL") -> list[str]:
        """What goes behind ``--`` of ``newsbeam run``."""
        small = self.folder / "staged"
        small.touch()
        return [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{self.job_port}",
            f"--flink_master=localhost:{self.rest_port}",
            f"--artifact_endpoint=localhost:{self.artifact_port}",
            *self._describe_workers(environment),
            f"--parallelism={parallelism}",
            # So many Python processes for the TaskManager's slots.
            f"--sdk_worker_parallelism={parallelism}",
            # The cluster has the jars already; else each job would upload 100 MB.
            f"--files_to_stage={small}",
        ]  # fmt: skip

    def _describe_workers(self, environment: str) -> list[str]:
        if environment == "PROCESS":
            return process_arguments(write_worker(self.folder / "worker"))
        of_pool = [f"--environment_config=localhost:{self.pool_port}"]
        return [
            f"--environment_type={environment}",
            *(of_pool if environment == "EXTERNAL" else []),
        ]

    def ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        """What REST answers; ``None`` where nobody is there or it is not known."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.rest_port}{path}", data=data, method=method,
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read() or b"null")
        except OSError:
            return None

    def jobs(self, *states: str) -> list[str]:
        """Ids of the jobs in any of ``states``."""
        found = self.ask("/jobs")
        return [job["id"] for job in found["jobs"] if job["status"] in states] if found else []

    @property
    def job(self) -> str:
        """The one that runs. Raises ValueError if there is none, or more."""
        (job,) = self.jobs("RUNNING", "RESTARTING", "CREATED")
        return job

    def checkpoints(self, job: str) -> list[dict[str, Any]]:
        """Completed checkpoints, oldest first: ``state_size`` in bytes, …"""
        found = self.ask(f"/jobs/{job}/checkpoints") or {"history": []}
        done = [c for c in found["history"] if c["status"] == "COMPLETED"]
        return sorted(done, key=lambda checkpoint: checkpoint["id"])

    def wait_for_checkpoint(self, job: str, more: int = 1, seconds: float = 120) -> None:
        """Until ``more`` checkpoints are completed that were not begun yet."""
        latest = max((c["trigger_timestamp"] for c in self.checkpoints(job)), default=0)

        def is_there() -> bool:
            return sum(c["trigger_timestamp"] > latest for c in self.checkpoints(job)) >= more

        wait_until(is_there, seconds, f"a checkpoint of {job}: {self.complaints(job)[:1]}")

    def restarts(self, job: str) -> int:
        """How often the job was restarted."""
        found = self.ask(f"/jobs/{job}/metrics?get=numRestarts")
        return int(found[0]["value"]) if found else 0

    def wait_for_work(self, job: str, stage: str, at_least: int = 2) -> dict[str, int]:
        """How many records the stage whose name holds ``stage`` received since the job's last
        start, by TaskManager; waits until so many have received some."""
        received: dict[str, int] = {}

        def is_shared() -> bool:
            # Flink gathers its figures when somebody has asked for them.
            received.update(self._count_received(job, stage))
            return sum(count > 0 for count in received.values()) >= at_least

        wait_until(is_shared, 60, f"{stage} at work on {at_least} TaskManagers: {received}")
        return received

    def _count_received(self, job: str, stage: str) -> dict[str, int]:
        received: dict[str, int] = {}
        vertices = (self.ask(f"/jobs/{job}") or {"vertices": []})["vertices"]
        for vertex in (v for v in vertices if stage in v["name"]):
            found = self.ask(f"/jobs/{job}/vertices/{vertex['id']}/taskmanagers")
            for one in (found or {"taskmanagers": []})["taskmanagers"]:
                name = one["taskmanager-id"]
                received[name] = received.get(name, 0) + one["metrics"]["read-records"]
        return received

    def complaints(self, job: str) -> list[str]:
        """The job's exceptions with their traces, newest first."""
        found = self.ask(f"/jobs/{job}/exceptions") or {}
        entries = found.get("exceptionHistory", {}).get("entries", ())
        return [entry["stacktrace"][:20_000] for entry in entries]

    def stop_with_savepoint(self, job: str, *, drain: bool = False, seconds: float = 120) -> str:
        """End the job with a savepoint; its path. ``drain`` lets all that is under way out."""
        body: dict[str, Any] = {"targetDirectory": (self.folder / "savepoints").as_uri()}
        asked = self.ask(f"/jobs/{job}/stop", {**body, "drain": drain}, "POST")
        path = f"/jobs/{job}/savepoints/{asked['request-id']}"
        wait_until(lambda: self.ask(path)["status"]["id"] == "COMPLETED", seconds, "a savepoint")
        operation = self.ask(path)["operation"]
        if "location" not in operation:
            raise RuntimeError(operation["failure-cause"]["stack-trace"][:3000])
        return str(operation["location"])

    def cancel(self, job: str) -> None:
        """Cancel it, and wait until it is."""
        self.ask(f"/jobs/{job}?mode=cancel", method="PATCH")
        wait_until(lambda: job not in self.jobs("RUNNING", "CANCELLING"), 60, "the job's end")

    def _java(self, main: str, *options: str) -> list[str]:
        return [
            self.parts.java, *options, *QUICK, *OPENS,
            f"-Dlog4j.configurationFile={(self.folder / 'conf' / 'log4j.properties').as_uri()}",
            "-cp", self.parts.class_path, _MAINS[main],
        ]  # fmt: skip

    def _conf_dir(self) -> list[str]:
        return ["--configDir", str(self.folder / "conf")]

    def _size_task_manager(self) -> tuple[list[str], list[str]]:
        """JVM options and settings that Flink computes for a TaskManager of this memory."""
        path = f"{self.parts.class_path}{os.pathsep}{self.parts.memory_calculator}"
        done = subprocess.run(
            [self.parts.java, "-cp", path, _MAINS["memory"], "GET_TM_RESOURCE_PARAMS",
             *self._conf_dir()],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        jvm, settings = re.findall(r"^BASH_JAVA_UTILS_EXEC_RESULT:(.*)$", done.stdout, re.M)
        return jvm.split(), settings.split()


@contextmanager
def run_cluster(
    folder: Path,
    parts: Parts,
    task_managers: int = 1,
    slots: int = 2,
    machines: Machines | None = None,
    attempts: int = 1000,
) -> Iterator[Cluster]:
    """A cluster with logs and checkpoints in ``folder``; every process is gone afterwards.

    With ``machines`` each TaskManager, of so many ``slots``, is on one of its own, where its Python
    is started as processes. A job that fails is tried so many ``attempts`` more.
    """
    (folder / "conf").mkdir(parents=True)
    (folder / "tmp").mkdir()
    rest, rpc, job, artifact, pool, zookeeper = (find_port() for _ in range(6))
    (folder / "conf" / "log4j.properties").write_text(LOG, encoding="utf-8")
    settings = yaml.safe_dump(configure(folder, rest, rpc, zookeeper, slots, attempts))
    (folder / "conf" / "config.yaml").write_text(settings, encoding="utf-8")
    # Where `python` is the one that newsbeam is installed for.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    workers = Process(
        "Python workers",
        [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main",
         f"--service_port={pool}"],
        folder / "workers.log",
        {"PATH": path},
    )  # fmt: skip
    cluster = Cluster(
        folder, parts, rest, rpc, job, artifact, pool,
        Process("job manager", (), folder / "job-manager.log"),
        Process("job server", (), folder / "job-server.log"),
        workers, [], machines, slots,
    )  # fmt: skip
    cluster.job_manager.command = [
        *cluster._java("job manager", "-Xms64m", "-Xmx320m", "-XX:MaxMetaspaceSize=160m"),
        *cluster._conf_dir(),
    ]
    cluster.job_server.command = [
        *cluster._java("job server", "-Xmx256m"),
        f"--flink-master=localhost:{rest}", f"--flink-conf-dir={folder / 'conf'}",
        f"--artifacts-dir={folder / 'artifacts'}", "--job-host=localhost",
        f"--job-port={job}", f"--artifact-port={artifact}", "--expansion-port=0",
    ]  # fmt: skip
    keeper = _make_zookeeper(cluster, zookeeper)
    with ExitStack() as stack:
        for process in (keeper, cluster.job_manager, cluster.job_server, cluster.workers):
            stack.callback(process.kill)
        stack.callback(lambda: [process.kill() for process in cluster.task_managers])
        keeper.start()
        cluster.job_manager.start()
        for _ in range(task_managers):
            cluster.start_task_manager()
        cluster.job_server.start()
        if machines is None:
            cluster.start_workers()
        wait_until(lambda: cluster.ask("/overview"), 120, cluster.job_manager.tail())
        wait_until(lambda: answers(job), 120, cluster.job_server.tail())
        cluster.wait_for_slots(slots * task_managers)
        yield cluster


def _make_zookeeper(cluster: Cluster, port: int) -> Process:
    """ZooKeeper, which Flink's distribution holds."""
    settings = cluster.folder / "conf" / "zookeeper.properties"
    lines = {
        "tickTime": 1000, "initLimit": 10, "syncLimit": 5, "admin.enableServer": "false",
        "dataDir": cluster.folder / "zookeeper", "clientPort": port,
        "clientPortAddress": "localhost", "server.1": f"localhost:{find_port()}:{find_port()}",
    }  # fmt: skip
    settings.write_text("".join(f"{name}={value}\n" for name, value in lines.items()), "utf-8")
    return Process(
        "ZooKeeper",
        [*cluster._java("zookeeper", "-Xmx64m"), "--zkConfigFile", str(settings), "--peerId", "1"],
        cluster.folder / "zookeeper.log",
    )
