"""Two servers on one database and one broker."""

import json
import pathlib
import urllib.error
import urllib.request

from plant_harness import Plantwright, wait_until


class Pair:
    """Two servers on one database and one broker; one of them ingests."""

    def __init__(self, line):
        self.active = line.server
        folder = pathlib.Path(line.directory) / "second"
        folder.mkdir()
        key = str(line.server.directory / "secret.key")
        self.waiting = Plantwright(folder, line.database.url, line.broker.url, {"PLANTWRIGHT_SECRET_KEY_FILE": key})
        self.waiting.token = line.server.token
        self.waiting.launch()
        self.wait_standby(self.waiting)

    @staticmethod
    def wait_standby(server):
        def stands_by():
            try:
                urllib.request.urlopen(server.url + "/readyz", timeout=5)
            except urllib.error.HTTPError as error:
                reasons = json.loads(error.read())["reasons"]
                return any(reason["part"] == "ingest" and "standby" in reason["reason"] for reason in reasons)
            return False
        wait_until(stands_by, 60, "the standby")

    def swap(self):
        self.active, self.waiting = self.waiting, self.active

    def stop(self):
        for server in (self.active, self.waiting):
            server.kill()
