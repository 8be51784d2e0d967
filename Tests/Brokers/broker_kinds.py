"""Private brokers that speak MQTT 3.1.1 only: Debian's NATS server with JetStream and Debian's RabbitMQ.

Each lives in one directory and on loopback ports, keeps its sessions on disk, and ends with the test that started it.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from plant_harness import free_port, unprivileged, wait_until

RABBITMQ = pathlib.Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def answers(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


class Nats:
    """NATS with JetStream, whose MQTT sessions are streams and consumers on disk."""

    name = "nats-server"

    def __init__(self, directory: pathlib.Path):
        self.directory = directory / "nats"
        self.directory.mkdir()
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        (self.directory / "nats.conf").write_text(
            f'listen: "127.0.0.1:{free_port()}"\nserver_name: test\n'
            f'jetstream {{ store_dir: "{self.directory}/store" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.port}", max_ack_pending: 10000, ack_wait: "60s" }}\n')

    @staticmethod
    def is_installed() -> bool:
        return shutil.which("nats-server", path=os.environ["PATH"] + ":/usr/sbin") is not None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            ["nats-server", "-c", str(self.directory / "nats.conf")],
            env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
            stdout=(self.directory / "log").open("ab"), stderr=subprocess.STDOUT)
        wait_until(lambda: answers(self.port), what="NATS")

    def stop(self, how: int = signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None


class RabbitMQ:
    """RabbitMQ with its MQTT plug-in, whose durable sessions are durable queues; with an epmd of its own."""

    name = "rabbitmq-server"

    def __init__(self, directory: pathlib.Path):
        self.directory = directory / "rabbit"
        self.directory.mkdir()
        self.port, self.names, self.node = free_port(), free_port(), free_port()
        self.processes: list[subprocess.Popen] = []
        (self.directory / "rabbitmq.conf").write_text(
            "listeners.tcp = none\n"
            f"mqtt.listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "mqtt.allow_anonymous = true\nmqtt.prefetch = 10000\nmqtt.subscription_ttl = 604800000\n"
            "disk_free_limit.absolute = 50MB\nlog.console = true\nlog.file = false\n")
        (self.directory / "plugins").write_text("[rabbitmq_mqtt].\n")
        if os.geteuid() == 0:
            for path in (self.directory, *self.directory.iterdir()):
                shutil.chown(path, "rabbitmq", "rabbitmq")

    @staticmethod
    def is_installed() -> bool:
        return RABBITMQ.exists()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.directory), "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.names), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "test@localhost", "RABBITMQ_DIST_PORT": str(self.node),
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.directory / "data"), "RABBITMQ_LOG_BASE": str(self.directory),
            "RABBITMQ_PID_FILE": str(self.directory / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
        }

    def start(self):
        for command in (["epmd", "-port", str(self.names), "-address", "127.0.0.1"], [str(RABBITMQ)]):
            self.processes.append(subprocess.Popen(
                [*unprivileged("rabbitmq"), *command], env=self.environment, cwd="/", start_new_session=True,
                stdout=(self.directory / "log").open("ab"), stderr=subprocess.STDOUT))
            if len(self.processes) == 1:
                wait_until(lambda: answers(self.names), what="epmd")
        wait_until(lambda: answers(self.port), 120, what="RabbitMQ")

    def stop(self, how: int = signal.SIGTERM):
        for process in reversed(self.processes):
            # The server is a shell script and the virtual machine in one group.
            os.killpg(process.pid, how)
            process.wait(60)
        self.processes = []


KINDS = {kind.name: kind for kind in (Nats, RabbitMQ)}
