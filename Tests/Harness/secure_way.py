"""What may stand between Plantwright and an ERP: a forward proxy, an authority of one's own, client certificates."""

from __future__ import annotations

import base64
import contextlib
import pathlib
import select
import socket
import ssl
import subprocess
import threading


class Authority:
    """A certificate authority in a folder; `issue` gives (certificate, key) as PEM texts."""

    def __init__(self, directory: pathlib.Path, name: str = "authority"):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = directory / f"{name}.pem", directory / f"{name}.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "20",
                     "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)

    @staticmethod
    def openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr

    @property
    def pem(self) -> str:
        return self.certificate.read_text()

    def issue(self, name: str, host: str = "localhost", *, days: int = 9, key: str = "ec",
              ended: bool = False) -> tuple[pathlib.Path, pathlib.Path]:
        """A certificate of a key of its own; `ended`: one that expired in 2021."""
        base = self.directory / name
        certificate, key_file, request = base.with_suffix(".pem"), base.with_suffix(".key"), base.with_suffix(".csr")
        kind = ["-newkey", "rsa:2048"] if key == "rsa" else [
            "-newkey", "ed25519"] if key == "ed25519" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"]
        extension = base.with_suffix(".ext")
        extension.write_text(f"subjectAltName=DNS:{host}\n")
        self.openssl("req", "-new", *kind, "-nodes", "-subj", f"/CN={name}/O=Plant", "-keyout", key_file, "-out", request)
        if not ended:
            self.openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                         "-days", str(days), "-extfile", extension, "-out", certificate)
            return certificate, key_file
        database, settings = base.with_suffix(".index"), base.with_suffix(".cnf")
        database.write_text("")
        base.with_suffix(".serial").write_text("01\n")
        settings.write_text(
            "[ca]\ndefault_ca=d\n[d]\n"
            f"database={database}\nserial={base.with_suffix('.serial')}\nnew_certs_dir={self.directory}\n"
            "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\norganizationName=optional\n")
        self.openssl("ca", "-batch", "-config", settings, "-cert", self.certificate, "-keyfile", self.key, "-in", request,
                     "-out", certificate, "-notext", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z",
                     "-extfile", extension)
        return certificate, key_file


def serve_tls(server, authority: Authority, pair: tuple[pathlib.Path, pathlib.Path], *, asks: bool = False):
    """Has an `http.server` speak TLS; with `asks` only to clients with a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, pair))
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(authority.certificate))
    # The handshake is the connection's own affair: a client that fails it must not hold up the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)


class ConnectProxy:
    """A forward proxy that knows `CONNECT` only; every host is on loopback for it.

    `account` is the `user:password` that it wants, `pair` makes it speak TLS itself, `ports` are those that it allows.
    The next `losses` tunnels end where the client thinks that its TLS 1.3 connection stands.
    """

    def __init__(self, account: str | None = None, pair=None, ports: set[int] | None = None):
        self.account, self.ports = account, ports
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.losses = 0
        self.context = None
        if pair:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*map(str, pair))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if pair else 'http'}://localhost:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def stop(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            stack.enter_context(client)
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(4096)
                if not data:
                    return
                head += data
            text = head.decode()
            self.heads.append(text)
            method, target, _ = text.split("\r\n", 1)[0].split(" ")
            host, _, port = target.rpartition(":")
            wanted = "Basic " + base64.b64encode(self.account.encode()).decode() if self.account else None
            given = next((line.partition(": ")[2] for line in text.split("\r\n")
                          if line.lower().startswith("proxy-authorization:")), None)
            status = ("405 No" if method != "CONNECT" else "407 Who are you" if wanted and given != wanted
                      else "403 Not there" if self.ports is not None and int(port) not in self.ports else None)
            if status:
                client.sendall(f"HTTP/1.1 {status}\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\n"
                               "Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
                return
            self.asked.append(target)
            server = stack.enter_context(socket.create_connection(("127.0.0.1", int(port)), 10))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.carry(client, server)

    def carry(self, client, server):
        greeted = False
        while True:
            pending = [client] if isinstance(client, ssl.SSLSocket) and client.pending() else []
            ready = pending or select.select([server, client], [], [], 60)[0]
            if not ready:
                return
            for one in ready:
                data = one.recv(65_536)
                if not data:
                    return
                if one is client and greeted and self.losses > 0:
                    self.losses -= 1
                    return
                greeted = greeted or one is client
                try:
                    (server if one is client else client).sendall(data)
                except OSError:
                    # It went away; why, it may have said before.
                    while one is client and (last := server.recv(65_536)):
                        client.sendall(last)
                    return
