"""Throw-away certificates, made by the openssl command; nothing of them is ever committed."""

from __future__ import annotations

import pathlib
import subprocess


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, directory: pathlib.Path, name: str = "authority") -> None:
        self.directory = directory
        self.key, self.certificate = directory / f"{name}.key", directory / f"{name}.pem"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-keyout", str(self.key), "-out", str(self.certificate))

    def issue(self, name: str, subject: str | None = None, alternative: str = "IP:127.0.0.1,DNS:localhost",
              kind: str = "ec") -> tuple[pathlib.Path, pathlib.Path]:
        """A certificate and its key; every call has a new serial number."""
        base = self.directory / name
        key, request, certificate = base.with_suffix(".key"), base.with_suffix(".csr"), base.with_suffix(".pem")
        extensions = base.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={alternative}\n")
        algorithm = ["-newkey", "rsa:2048"] if kind == "rsa" else \
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        _openssl("req", "-new", *algorithm, "-nodes", "-utf8", "-subj", subject or f"/CN={name}",
                 "-keyout", str(key), "-out", str(request))
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self.key),
                 "-days", "2", "-extfile", str(extensions), "-out", str(certificate))
        return certificate, key
