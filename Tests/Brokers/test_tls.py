"""What cloud brokers ask for, before a real Mosquitto: our certificate, and a name by ALPN on a port for several
protocols (as AWS IoT Core on port 443)."""

import contextlib
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from plant_harness import Mosquitto, Plantwright, free_port, plant, wait_until

ALPN = "x-amzn-mqtt-ca"


@pytest.fixture(scope="module")
def certificates():
    """An authority, a server's certificate for localhost, and a client's, where the broker's user can read them."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pw", dir="/tmp"))
    directory.chmod(0o755)

    def openssl(arguments: str):
        subprocess.run(["openssl", *arguments.split()], cwd=directory, check=True, capture_output=True)

    curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    (directory / "san").write_text("subjectAltName=DNS:localhost\n")
    openssl(f"req -x509 {curve} -keyout ca.key -out ca.pem -days 2 -subj /CN=Test-CA")
    for name, extra in (("server", " -extfile san"), ("client", "")):
        openssl(f"req {curve} -keyout {name}.key -out {name}.csr -subj /CN={name}")
        openssl(f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 2{extra}")
    for path in directory.iterdir():
        path.chmod(0o644)
    yield directory
    shutil.rmtree(directory)


def options(certificates, **more) -> dict[str, str]:
    return {
        "PLANTWRIGHT_MQTT_CA": str(certificates / "ca.pem"),
        "PLANTWRIGHT_MQTT_CERTIFICATE": str(certificates / "client.pem"),
        "PLANTWRIGHT_MQTT_KEY": str(certificates / "client.key"), **more,
    }


class StrictMosquitto(Mosquitto):
    """Speaks TLS only, and only with clients whose certificate it knows; their name is the certificate's."""

    directory_of_certificates = None

    def __init__(self, directory):
        super().__init__(directory)
        files = self.directory_of_certificates
        with (self.directory / "mosquitto.conf").open("a") as file:
            self.secure_port = free_port()
            file.write(
                f"listener {self.secure_port} localhost\ncafile {files}/ca.pem\ncertfile {files}/server.pem\n"
                f"keyfile {files}/server.key\nrequire_certificate true\nuse_identity_as_username true\n")

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.secure_port}"


class Gateway:
    """One port for several protocols: takes TLS connections that name the right protocol and prove a certificate, and
    relays them to a plain broker."""

    def __init__(self, certificates, broker: int):
        self.broker = broker
        self.names: list[str | None] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
        self.context.load_verify_locations(certificates / "ca.pem")
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.context.set_alpn_protocols([ALPN, "http/1.1"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket):
        with contextlib.suppress(OSError), self.context.wrap_socket(client, server_side=True) as secure:
            self.names.append(secure.selected_alpn_protocol())
            if secure.selected_alpn_protocol() != ALPN:
                return
            with socket.create_connection(("127.0.0.1", self.broker)) as plain:
                # One thread for both directions: a TLS socket is not for two at once.
                secure.settimeout(0.02)
                plain.settimeout(0.02)
                while True:
                    for source, target in ((secure, plain), (plain, secure)):
                        with contextlib.suppress(TimeoutError):
                            data = source.recv(65_536)
                            if not data:
                                return
                            target.settimeout(10)
                            target.sendall(data)
                            target.settimeout(0.02)

    def close(self):
        self.listener.close()


def publish(port: int):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="device", protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish("plantwright/v1/d-000/telemetry", json.dumps(
        {"ts": int(time.time() * 1000), "temperature": 60.0}), qos=1).wait_for_publish(10)
    client.loop_stop()
    client.disconnect()


def test_a_broker_that_requires_our_certificate(certificates):
    StrictMosquitto.directory_of_certificates = certificates
    with plant(options(certificates), kind=StrictMosquitto) as line:
        line.configure(1)
        publish(line.broker.port)
        wait_until(lambda: line.database.psql("SELECT count(*) FROM reading") == "1", what="the reading")
        # The same server without the certificate gets nowhere, and says why.
        line.server.stop()
        del line.server.environment["PLANTWRIGHT_MQTT_CERTIFICATE"]
        del line.server.environment["PLANTWRIGHT_MQTT_KEY"]
        line.server.launch()

        def refusal():
            status, document = line.server.call("GET", "/readyz", token="")
            reasons = [reason["reason"] for reason in document["reasons"] if reason["part"] == "broker"]
            return status == 503 and any(line.broker.url in reason for reason in reasons)
        wait_until(refusal, what="the refusal")


def test_a_port_that_chooses_by_alpn(certificates):
    with plant() as line:
        line.configure(1)
        line.server.stop()
        gateway = Gateway(certificates, line.broker.port)
        try:
            line.server.environment |= options(
                certificates, PLANTWRIGHT_MQTT_URL=f"mqtts://localhost:{gateway.port}", PLANTWRIGHT_MQTT_ALPN=ALPN)
            line.server.start()
            publish(line.broker.port)
            wait_until(lambda: line.database.psql("SELECT count(*) FROM reading") == "1", what="the reading")
            assert set(gateway.names) == {ALPN}
        finally:
            gateway.close()


def test_a_certificate_without_its_key_is_a_configuration_error(certificates, tmp_path):
    server = Plantwright(tmp_path, "postgresql://localhost/none", "mqtts://localhost:1", {
        "PLANTWRIGHT_MQTT_CERTIFICATE": str(certificates / "client.pem"), "PLANTWRIGHT_MQTT_VERSION": "4"})
    server.launch()
    assert server.process.wait(30) == 78
    text = server.log.read_text()
    assert "MQTT_CERTIFICATE and MQTT_KEY" in text and "MQTT_VERSION: one of auto, 5, 3.1.1" in text
