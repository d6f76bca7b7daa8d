"""Standin's daemons in the lab, as their roles run them: units of systemd where the host was booted with it, else by start-stop-daemon."""

from pathlib import Path

from hardware.host import end_process, run, start_time

RUN = Path("/run/standin")
LOGS = Path("/var/log/standin")
UNITS = Path("/etc/systemd/system")
SYSTEMD = Path("/run/systemd/system").is_dir()


def pid_of(instance):
    if SYSTEMD:
        return int(run("systemctl", "show", "--value", "--property", "MainPID", _service(instance)))
    return int(_pid_file(instance).read_text(encoding="ascii"))


def start(instance):
    """Starts a daemon again that was killed. systemd does so by itself a second later; this does not wait for it."""
    if SYSTEMD:
        run("systemctl", "start", _service(instance))
        return
    run("start-stop-daemon", "--start", "--background", "--make-pidfile", "--pidfile", _pid_file(instance), "--output", LOGS / f"{instance}.log",
        "--startas", f"/usr/local/sbin/{_program(instance)}", "--", "--config", f"/etc/standin/{instance}.yml")


def stop(instance):
    """Also where it never was set up."""
    if SYSTEMD:
        unit = UNITS / f"{_service(instance)}.service"
        if unit.exists():
            run("systemctl", "disable", "--now", _service(instance))
            unit.unlink()
            run("systemctl", "daemon-reload")
        return
    try:
        pid = pid_of(instance)
    except (OSError, ValueError):
        return
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists() and b"standin-" in command.read_bytes():
        end_process(pid, start_time(pid), deadline_s=35)


def _program(instance):
    return "standin-coordinator" if instance == "coordinator" else "standin-agent"


def _service(instance):
    return "standin-coordinator" if instance == "coordinator" else f"standin-agent-{instance}"


def _pid_file(instance):
    return RUN / f"{_service(instance)}.pid"
