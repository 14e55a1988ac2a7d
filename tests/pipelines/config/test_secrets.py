"""Secrets on their whole way: from the environment to the server, and nowhere else."""

from __future__ import annotations

import gzip
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.support.sites import make_paper, serve_site

Command = Callable[[list[str]], tuple[int, str, str]]
TOKEN, COOKIE = "t0ken-of-the-desk", "sid=c00kie-of-the-desk"


def configure(folder: Path, feed: str, headers: str) -> Path:
    config = folder / "avis.yaml"
    config.write_text(
        f"id: avis\nlanguage: nb\narchive: true\nfeeds: ['{feed}']\nfetch:\n"
        "  allow_addresses: [127.0.0.0/8]\n  seconds_between_requests: 0\n"
        f"  headers:\n{headers}"
    )
    return config


def read_all(folder: Path) -> bytes:
    """Every byte below ``folder``, unpacked where it is packed."""
    data = b""
    for file in folder.rglob("*"):
        if file.is_file():
            read = file.read_bytes()
            data += file.name.encode() + read
            data += gzip.decompress(read) if file.suffix == ".gz" else b""
    return data


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_secret_goes_to_the_server_and_nowhere_else(
    tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    file = tmp_path / "cookie"
    file.write_text(COOKIE + "\n")
    monkeypatch.setenv("AVIS_TOKEN", TOKEN)
    lake = tmp_path / "lake"
    headers = f"    Authorization: Bearer ${{AVIS_TOKEN}}\n    Cookie: ${{file:{file}}}\n"
    with serve_site(lambda base: make_paper(base)) as site:
        config = configure(tmp_path, site.url("/nytt.xml"), headers)
        command = ["run", str(config), "--output", str(lake), "--workers", workers, "--limit", "2"]
        code, out, err = newsbeam(command)
        assert code == 0, err
        _, shown, _ = newsbeam(["preview", site.url("/nyheter/i/sak0"), "--source", str(config),
                                "--json"])  # fmt: skip
        assert json.loads(shown)["article"]["title"]
        sent = [(got.get("authorization"), got.get("cookie")) for got in site.got]
        assert len(sent) >= 5
        assert set(sent) == {(f"Bearer {TOKEN}", COOKIE)}
        monkeypatch.delenv("AVIS_TOKEN")
        code, _, refused = newsbeam(command)
    assert code == 2
    assert f"{config}:9: fetch.headers.Authorization: ${{AVIS_TOKEN}} is not set" in refused
    told = out + err + shown + refused
    for secret in (TOKEN, COOKIE):
        assert secret not in told
        assert secret.encode() not in read_all(lake)


def test_a_secret_that_goes_missing_fails_its_feed_alone(
    tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file may vanish between the load of a config and the request."""
    file = tmp_path / "cookie"
    file.write_text(COOKIE)
    lake = tmp_path / "lake"
    with serve_site(lambda base: make_paper(base)) as site:
        config = configure(tmp_path, site.url("/nytt.xml"), f"    Cookie: ${{file:{file}}}\n")
        from newsbeam.pipelines.config import load

        def check_and_lose(documents: object) -> list[object]:
            file.unlink(missing_ok=True)
            return []

        monkeypatch.setattr(load, "find_missing_secrets", check_and_lose)
        code, out, _ = newsbeam(["run", str(config), "--output", str(lake), "--json"])
    assert code == 1
    assert json.loads(out)["sources"]["avis"]["rejected"] == {"no_secret": 1}
    assert site.asked == []


def test_faults_of_headers_and_addresses_show_no_value(tmp_path: Path, newsbeam: Command) -> None:
    config = configure(tmp_path, "https://avis.example/rss", "    X-Key: 1234567\n")
    code, _, err = newsbeam(["run", str(config), "--output", str(tmp_path / "lake")])
    assert code == 2
    assert "fetch.headers.X-Key: should be text; put it in quotes" in err
    assert "1234567" not in err
    config = configure(tmp_path, "https://avis.example/rss?key=${AVIS_KEY}", "    X: a\n")
    code, _, err = newsbeam(["run", str(config), "--output", str(tmp_path / "lake")])
    assert code == 2
    assert "no secret can stand in one; send it in `fetch: headers:`" in err


def print_for(newsbeam: Command, kind: str, config: Path) -> tuple[int, str, str]:
    lake = config.parent / "lake"
    return newsbeam(["schedule", str(config), "--output", str(lake), "--print", kind])


def test_kubernetes_reads_a_secret(tmp_path: Path, newsbeam: Command) -> None:
    headers = "    Cookie: ${AVIS_COOKIE}\n    X-Key: ${file:/run/secrets/avis key}\n"
    config = configure(tmp_path, "https://avis.example/rss", headers)
    code, out, err = print_for(newsbeam, "kubernetes", config)
    assert code == 0, err
    comment = next(line for line in out.splitlines() if "kubectl create secret" in line)
    assert shlex.split(comment.removeprefix("#"))[:5] == [
        "kubectl", "create", "secret", "generic", "newsbeam-secrets"]  # fmt: skip
    assert shlex.split(comment)[6:] == [
        "--from-literal=AVIS_COOKIE=$AVIS_COOKIE",
        "--from-file=_run_secrets_avis_key=/run/secrets/avis key",
    ]
    job = list(yaml.safe_load_all(out))[2]
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    reference = {"secretKeyRef": {"name": "newsbeam-secrets", "key": "AVIS_COOKIE"}}
    assert container["env"] == [{"name": "AVIS_COOKIE", "valueFrom": reference}]
    mount = next(m for m in container["volumeMounts"] if m["name"] == "secrets")
    assert mount == {"name": "secrets", "mountPath": "/run/secrets/avis key",
                     "subPath": "_run_secrets_avis_key", "readOnly": True}  # fmt: skip
    assert {"name": "secrets", "secret": {"secretName": "newsbeam-secrets"}} in pod["volumes"]


@pytest.mark.parametrize("name", ["Cookie", "authorization", "X-Api-Key", "X-Avis-Token"])
def test_a_secret_in_clear_is_not_put_into_a_config_map(
    tmp_path: Path, newsbeam: Command, name: str
) -> None:
    config = configure(tmp_path, "https://avis.example/rss", f"    {name}: {TOKEN}\n")
    code, out, err = print_for(newsbeam, "kubernetes", config)
    assert (code, out) == (2, "")
    assert "would go into a ConfigMap: write ${AVIS_" in err
    assert TOKEN not in err
    configure(tmp_path, "https://avis.example/rss", "    Accept-Language: nb\n")
    assert print_for(newsbeam, "kubernetes", config)[0] == 0


def test_systemd_reads_variables_from_a_file(tmp_path: Path, newsbeam: Command) -> None:
    config = configure(tmp_path, "https://avis.example/rss", "    Cookie: ${AVIS_COOKIE}\n")
    _, out, _ = print_for(newsbeam, "systemd", config)
    assert "\nEnvironmentFile=/etc/newsbeam.env\n" in out
    configure(tmp_path, "https://avis.example/rss", "    Cookie: ${file:/run/secrets/avis}\n")
    _, out, _ = print_for(newsbeam, "systemd", config)
    assert "EnvironmentFile" not in out
