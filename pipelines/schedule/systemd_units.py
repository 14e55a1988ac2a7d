"""systemd units: ``newsbeam schedule`` as a service, or a timer that starts ``newsbeam run``."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from newsbeam.pipelines.schedule.plan import Plan

_UNIT = Template("""\
# Written by: newsbeam schedule ... --print $kind
[Unit]
Description=$description
Wants=network-online.target
After=network-online.target
$mounts
[Service]
$service
User=$user
${secrets}UMask=0022
# A batch that takes too much memory is lost alone.
OOMPolicy=continue

$writes
ProtectSystem=strict
ProtectHome=read-only
$temporary
PrivateDevices=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
$install""")

_FOLDER = Template("""\
# It may write to its output folder and nowhere else.
ReadWritePaths=$output""")

_CACHE = Template("""\
# Its lake is on an object store. On this machine it may write to its cache and nowhere else.
CacheDirectory=$name
Environment=XDG_CACHE_HOME=%C/$name""")

_LASTING = Template("""\
Type=notify
ExecStart=:$command
# SIGTERM is for the scheduler alone, which lets the running batch finish.
KillMode=mixed
TimeoutStopSec=20min
WatchdogSec=10min
Restart=on-failure
RestartSec=30
# 2: no config can be used, and a restart changes nothing about that.
RestartPreventExitStatus=2""")

_ONCE = Template("""\
Type=oneshot
ExecStart=:$command
# A run may be killed at any moment: the next one makes it good.
TimeoutStartSec=1d""")

_TIMER = Template("""\
# Written by: newsbeam schedule ... --print systemd-timer
[Unit]
Description=Start a newsbeam run every $minutes minutes

[Timer]
# At once when the timer is enabled. A run that still goes on is never started twice.
OnBootSec=1min
OnCalendar=$calendar
RandomizedDelaySec=$delay

[Install]
WantedBy=timers.target
""")


def quote_for_systemd(word: str) -> str:
    """``word`` as one item of ExecStart= or of a list of paths (systemd.syntax(7)).

    ``%`` begins a specifier and a backslash an escape, in quotes too. ``$`` needs nothing where
    the command has the prefix ``:`` (systemd.service(5)).
    """
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word}"' if re.search(r"[^-+,./:=@_%A-Za-z0-9]", word) or not word else word


def write_service(plan: Plan) -> dict[str, str]:
    """The unit of ``newsbeam schedule``, by file name.

    Raises:
        ValueError: systemd would not start the command.
    """
    unit = _fill_unit(
        plan,
        kind="systemd",
        description="newsbeam: ingest news",
        service=_LASTING.substitute(command=_join(plan.schedule)),
        install="\n[Install]\nWantedBy=multi-user.target\n",
    )
    return {f"{plan.name}.service": unit}


def write_timer(plan: Plan) -> dict[str, str]:
    """The unit of one ``newsbeam run`` and that of its timer, by file name.

    Raises:
        ValueError: systemd would not start the command.
    """
    unit = _fill_unit(
        plan,
        kind="systemd-timer",
        description="newsbeam: ingest what is new",
        service=_ONCE.substitute(command=_join(plan.run)),
        install="",
    )
    hours = plan.minutes // 60
    calendar = f"*:0/{plan.minutes}" if not hours else f"0/{hours}:00" if hours < 24 else "daily"
    # A tenth of the interval, so that not all who poll every five minutes do so at once (ours).
    timer = _TIMER.substitute(
        minutes=plan.minutes, calendar=calendar, delay=min(plan.minutes * 6, 300)
    )
    return {f"{plan.name}.service": unit, f"{plan.name}.timer": timer}


def _join(words: tuple[str, ...]) -> str:
    if re.search(r"[\"'\\]", words[0]):
        raise ValueError(
            f"{words[0]}: systemd starts no command whose path has quotes or backslashes; "
            "move the environment"
        )
    return " ".join(map(quote_for_systemd, words))


def _name_environment(plan: Plan) -> str:
    """Where systemd finds the variables that newsbeam needs: a file for root alone."""
    names = [name for name in plan.secrets if not name.startswith("file:")]
    if not names:
        return ""
    return (
        f"# Lines NAME=value for {', '.join(names)}; chmod 600.\n"
        f"EnvironmentFile=/etc/{plan.name}.env\n"
    )


def _fill_unit(plan: Plan, *, kind: str, description: str, service: str, install: str) -> str:
    paths = [Path(plan.newsbeam[0]), *plan.configs]
    mounts, writes = "", _CACHE.substitute(name=plan.name)
    if isinstance(plan.output, Path):
        paths.append(plan.output)
        output = quote_for_systemd(str(plan.output))
        mounts, writes = f"RequiresMountsFor={output}\n", _FOLDER.substitute(output=output)
    is_temporary = any(p.is_relative_to(t) for p in paths for t in ("/tmp", "/var/tmp"))
    return _UNIT.substitute(
        kind=kind,
        description=description,
        service=service,
        mounts=mounts,
        writes=writes,
        user=plan.user,
        secrets=_name_environment(plan),
        # What it needs may lie in /tmp, which is read-only now as all else.
        temporary="ReadWritePaths=/tmp /var/tmp" if is_temporary else "PrivateTmp=yes",
        install=install,
    )
