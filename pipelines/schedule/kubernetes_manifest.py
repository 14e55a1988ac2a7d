"""A Kubernetes CronJob that starts ``newsbeam run``, with its configs and a volume."""

from __future__ import annotations

import re
import shlex
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from newsbeam.pipelines.config.load import DEFAULTS_FILE, LANGUAGE_FOLDER, SUFFIXES, find_configs
from newsbeam.pipelines.schedule.plan import Plan, name_interval

_MOUNT = PurePosixPath("/configs")
# Where the volume is: the lake, or the cache of one that is on an object store.
_LAKE, _CACHE = "/lake", "/cache"
_LAKE_SIZE, _CACHE_SIZE = "20Gi", "5Gi"
# What a ConfigMap holds (kubernetes.io/docs/concepts/configuration/configmap).
_MOST_BYTES = 1024 * 1024
_NOT_IN_KEYS = re.compile(r"[^-._a-zA-Z0-9]")
_USER = 10001


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, so that the configs stay readable."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def write_cronjob(plan: Plan) -> dict[str, str]:
    """ConfigMap, PersistentVolumeClaim and CronJob in one file, by file name.

    The volume is for the lake; where that is on an object store, for what runs keep of it.
    The configs travel inside. Those that name files of this machine will not find them there.
    Secrets do not: the job reads them from a Secret, which the first lines say how to make.

    Raises:
        ConfigError: a config is not there.
        ValueError: the configs are too large for a ConfigMap.
    """
    places = _place_configs(plan.configs)
    # Numbered, as two names may become one where a ConfigMap does not take a character.
    keys = {
        file: f"{number}-{_NOT_IN_KEYS.sub('_', file.name)}"
        for number, file in enumerate(places, start=1)
    }
    texts = {keys[file]: file.read_text(encoding="utf-8") for file in places}
    if sum(len(text.encode()) for text in texts.values()) > _MOST_BYTES:
        raise ValueError("the configs are larger than a ConfigMap may be: put them into the image")
    documents: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"{plan.name}-configs"},
            "data": texts,
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": f"{plan.name}-{_name_volume(plan)}"},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {
                    "requests": {"storage": _CACHE_SIZE if _is_remote(plan) else _LAKE_SIZE}
                },
            },
        },
        _build_cronjob(plan, places, keys),
    ]
    dumped = (
        yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
        for document in documents
    )
    head = "# Written by: newsbeam schedule ... --print kubernetes\n" + _explain_secrets(plan)
    return {f"{plan.name}.yaml": head + "---\n".join(dumped)}


def _is_remote(plan: Plan) -> bool:
    """Whether the lake is on an object store."""
    return not isinstance(plan.output, Path)


def _name_volume(plan: Plan) -> str:
    return "cache" if _is_remote(plan) else "lake"


def _secret_keys(plan: Plan) -> dict[str, str]:
    """The keys of the Secret, by the names that newsbeam asks for."""
    return {name: _NOT_IN_KEYS.sub("_", name.removeprefix("file:")) for name in plan.secrets}


def _explain_secrets(plan: Plan) -> str:
    """How to make the Secret, as a comment. Its values are never written by newsbeam."""
    if not plan.secrets:
        return ""
    words = [
        f"--from-file={shlex.quote(key)}={shlex.quote(name.removeprefix('file:'))}"
        if name.startswith("file:")
        else f'--from-literal={key}="${name}"'
        for name, key in _secret_keys(plan).items()
    ]
    command = f"kubectl create secret generic {plan.name}-secrets {' '.join(words)}"
    return f"# It reads a Secret. To make it once, where the values are at hand:\n#   {command}\n"


def _read_secrets(plan: Plan) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Variables and mounts of the container that bring the secrets where the configs say."""
    variables, mounts = [], []
    for name, key in _secret_keys(plan).items():
        if name.startswith("file:"):
            path = name.removeprefix("file:")
            mounts.append({"name": "secrets", "mountPath": path, "subPath": key, "readOnly": True})
        else:
            reference = {"secretKeyRef": {"name": f"{plan.name}-secrets", "key": key}}
            variables.append({"name": name, "valueFrom": reference})
    return variables, mounts


def _place_configs(configs: tuple[Path, ...]) -> dict[Path, PurePosixPath]:
    """Where each file that the configs need will be in the container."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in configs)
    files = [
        *find_configs(configs),
        *(folder / DEFAULTS_FILE for folder in folders),
        *(
            file
            for folder in folders
            if (folder / LANGUAGE_FOLDER).is_dir()
            for file in sorted((folder / LANGUAGE_FOLDER).iterdir())
            if file.suffix in SUFFIXES
        ),
    ]
    return {file: _place(file, tuple(folders)) for file in dict.fromkeys(files) if file.is_file()}


def _place(path: Path, folders: tuple[Path, ...]) -> PurePosixPath:
    """``path`` in the container, where each folder of configs has a number for its name."""
    number, folder = next(
        (number, folder)
        for number, folder in enumerate(folders, start=1)
        if path in (folder, folder / path.name, folder / LANGUAGE_FOLDER / path.name)
    )
    inside = PurePosixPath(path.relative_to(folder).as_posix())
    return (_MOUNT if len(folders) == 1 else _MOUNT / str(number)) / inside


def _secret_volume(plan: Plan) -> dict[str, Any]:
    return {"name": "secrets", "secret": {"secretName": f"{plan.name}-secrets"}}


def _build_cronjob(
    plan: Plan, places: dict[Path, PurePosixPath], keys: dict[Path, str]
) -> dict[str, Any]:
    folders = tuple(dict.fromkeys(p if p.is_dir() else p.parent for p in plan.configs))
    arguments = [str(_place(path, folders)) for path in plan.configs]
    variables, secret_mounts = _read_secrets(plan)
    volume, output = _name_volume(plan), str(plan.output) if _is_remote(plan) else _LAKE
    if _is_remote(plan):
        variables.insert(0, {"name": "XDG_CACHE_HOME", "value": _CACHE})
    container = {
        "name": "newsbeam",
        "image": plan.image,
        "command": ["newsbeam", "run", *arguments, "--output", output, *plan.run_options],
        # One process takes 650 to 750 MB (benchmarks/README.md).
        "resources": {
            "requests": {"cpu": "500m", "memory": "1Gi"},
            "limits": {"memory": "2Gi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "configs", "mountPath": str(_MOUNT), "readOnly": True},
            {"name": volume, "mountPath": _CACHE if _is_remote(plan) else _LAKE},
            {"name": "tmp", "mountPath": "/tmp"},
            *secret_mounts,
        ],
        **({"env": variables} if variables else {}),
    }
    items = [
        {"key": keys[file], "path": str(place.relative_to(_MOUNT))}
        for file, place in places.items()
    ]
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "configs", "configMap": {"name": f"{plan.name}-configs", "items": items}},
            {"name": volume, "persistentVolumeClaim": {"claimName": f"{plan.name}-{volume}"}},
            {"name": "tmp", "emptyDir": {}},
            *([_secret_volume(plan)] if secret_mounts else ()),
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": plan.name},
        "spec": {
            "schedule": name_interval(plan.every),
            "concurrencyPolicy": "Forbid",
            # Without it a CronJob stops for good after 100 missed starts.
            "startingDeadlineSeconds": 120,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    # The next run tries again.
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": 86_400,
                    "template": {"spec": pod},
                }
            },
        },
    }
