"""The way to an ERP: a proxy with an account, an authority of one's own, client certificates; and what the admin reads."""

import http.server
import json
import threading
import time
import urllib.parse

import pytest
from plant_harness import ERP, wait_until
from secure_way import Authority, ConnectProxy, serve_tls

HOST = "erp.plant.test"
ACCOUNT = ("plant", "proxy-secret-77")
SECRETS = ("proxy-secret-77", "PRIVATE KEY", "client-secret-88", "BEGIN CERTIFICATE")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def erp(authority):
    """An ERP with a name that only the proxy knows, which wants a client certificate."""
    running = ERP()
    serve_tls(running.server, authority, authority.issue("erp", HOST), asks=True)
    running.url = f"https://{HOST}:{running.server.server_address[1]}"
    yield running
    running.stop()


@pytest.fixture(scope="module")
def proxy():
    running = ConnectProxy(":".join(ACCOUNT))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def pair(authority):
    certificate, key = authority.issue("plantwright", days=9)
    return {"clientCertificate": certificate.read_text(), "clientKey": key.read_text()}


@pytest.fixture(scope="module")
def server(line):
    return line.server


def connector(erp, proxy, authority, credentials: dict) -> dict:
    document = erp.connector()
    options = {**document["options"], "proxy": proxy.url, "certificateAuthority": authority.pem}
    return {**document, "options": options, "credentials": credentials}


def account() -> dict:
    return dict(zip(("proxyUsername", "proxyPassword"), ACCOUNT))


def order(server, key: str, connector_key: str) -> dict:
    """Makes an alarm, and gives its delivery once that has an end."""
    server.put(f"/api/v1/devices/{key}", {"name": key, "profile": "motor", "asset": "hall"})
    server.put(f"/api/v1/assets/{key}", {"name": key, "level": "work-unit"})
    server.put(f"/api/v1/devices/{key}", {"name": key, "profile": "motor", "asset": key})
    server.put(f"/api/v1/rules/{key}", {"name": key, "assets": [key], "severity": "low", "condition": "temperature > 40"})
    server.put(f"/api/v1/mappings/{key}", {
        "name": key, "trigger": {"rule": key}, "connector": connector_key, "operation": "work-order.create",
        "fields": {"title": "${device.name}"}})
    status, answer = server.call("POST", f"/api/v1/devices/{key}/telemetry",
                                 {"ts": int(time.time() * 1_000), "temperature": 50})
    assert status == 204, answer

    def ended():
        found = [d for d in server.items("/api/v1/deliveries") if d["mapping"]["key"] == key]
        return found[0] if found and found[0]["state"] in ("delivered", "dead") else None

    return wait_until(ended, 60, f"the delivery of {key}")


def checks(server, key: str) -> dict:
    status, answer = server.call("POST", f"/api/v1/connectors/{key}/preflight")
    assert status == 200, answer
    return {check["name"]: check for check in answer["checks"]}


def test_an_order_goes_through_the_proxy_with_our_certificate(server, erp, proxy, authority, pair):
    server.put("/api/v1/connectors/far", connector(erp, proxy, authority, {**account(), **pair}))
    delivery = order(server, "far-order", "far")
    assert delivery["state"] == "delivered", delivery
    assert erp.references().count(delivery["idempotencyKey"]) == 1
    assert f"{HOST}:{erp.server.server_address[1]}" in proxy.asked
    assert all("proxy-authorization" in head.lower() and "\r\nauthorization" not in head.lower() for head in proxy.heads)
    detail = server.get(f"/api/v1/deliveries/{delivery['id']}")
    assert detail["timeline"] and not [secret for secret in SECRETS if secret in json.dumps(detail)]


def test_the_preflight_says_how_it_stands(server):
    found = checks(server, "far")
    assert found["connection"]["result"] == "ok" and "through http://localhost:" in found["connection"]["detail"]
    # The certificate has nine days left, its authority twenty.
    assert found["client-certificate"]["result"] == "warning"
    assert "CN=plantwright" in found["client-certificate"]["detail"]
    assert "expires in 8 days" in found["client-certificate"]["detail"], found["client-certificate"]
    assert "expires in 19 days" in found["certificate-authority"]["detail"]


def test_secrets_are_never_shown_again(server, authority):
    status, shown = server.call("GET", "/api/v1/connectors/far")
    assert status == 200 and shown["hasCredentials"] and shown["storedCredentials"] == ["proxy", "certificate"]
    assert shown["options"]["certificateAuthority"].strip() == authority.pem.strip(), "an authority is no secret"
    shown["options"].pop("certificateAuthority")
    texts = [json.dumps(shown), json.dumps(server.call("POST", "/api/v1/connectors/far/preflight")[1])]
    for text in texts:
        assert not [secret for secret in SECRETS if secret in text], text


@pytest.mark.parametrize("change, check, words", [
    ({"credentials": {"proxyPassword": "other"}}, "connection", "The proxy answered 407"),
    ({"credentials": {"clientCertificate": None, "clientKey": None}}, "connection", "this connector has none"),
    ({"options": {"certificateAuthority": None}}, "connection", "signed by an authority that is unknown here"),
    ({"options": {"proxy": None}}, "connection", "resolve host name"),
], ids=["account", "certificate", "authority", "proxy"])
def test_what_is_missing_is_said_in_words(server, erp, proxy, authority, pair, change, check, words):
    server.put("/api/v1/connectors/wrong", connector(erp, proxy, authority, {**account(), **pair}))
    status, answer = server.call("PATCH", "/api/v1/connectors/wrong", change)
    assert status == 200, answer
    found = checks(server, "wrong")
    assert found[check]["result"] == "failed" and words in found[check]["detail"], found
    assert found[check]["remedy"]
    assert "reachable" not in found, "the kind's own questions would say the same"


@pytest.mark.parametrize("losses, result", [(2, "ok"), (3, "warning")])
def test_a_lost_connection_is_tried_again(server, erp, proxy, authority, pair, losses, result):
    server.put("/api/v1/connectors/lossy", connector(erp, proxy, authority, {**account(), **pair}))
    proxy.losses = losses
    found = checks(server, "lossy")
    assert (found["connection"]["result"], proxy.losses) == (result, 0), found["connection"]
    assert found["look-up"]["result"] == "ok", "the kind's own question decides"


def test_parts_that_are_not_mentioned_stay(server, erp, proxy, authority, pair):
    path = "/api/v1/connectors/parts"

    def stored():
        return server.get(path)["storedCredentials"]

    server.put(path, {**connector(erp, proxy, authority, {"bearer": "token-1", **account(), **pair})})
    assert stored() == ["sign-in", "proxy", "certificate"]
    revision = server.call("GET", path)
    document = connector(erp, proxy, authority, {"username": "u", "password": "p"})
    server.put(path, document)
    assert stored() == ["sign-in", "proxy", "certificate"], "only the sign-in was mentioned"
    assert server.call("PATCH", path, {"credentials": {"username": None}})[0] == 200
    assert stored() == ["proxy", "certificate"]
    assert server.call("PATCH", path, {"credentials": {"proxyUsername": None, "proxyPassword": None}})[0] == 200
    assert stored() == ["certificate"]
    assert checks(server, "parts")["connection"]["detail"].endswith("does not accept those of this connector.")
    status, problem = server.call("PATCH", path, {"credentials": {"clientKey": authority.key.read_text()}})
    assert status == 422 and problem["errors"][0]["pointer"] == "/credentials/clientKey", problem
    assert server.call("PATCH", path, {"credentials": {}})[0] == 200
    assert stored() == [] and not server.get(path)["hasCredentials"] and revision[0] == 200


def test_faults_are_found_when_it_is_saved(server, erp, proxy, authority, pair):
    def pointers(options=None, credentials=None):
        document = connector(erp, proxy, authority, credentials or {})
        document["options"] = {**document["options"], **(options or {})}
        status, problem = server.call("PUT", "/api/v1/connectors/faulty", document)
        assert status == 422, (status, problem)
        assert not [secret for secret in SECRETS[:3] if secret in json.dumps(problem).replace("BEGIN PRIVATE KEY", "")]
        return [(error["pointer"], error["code"]) for error in problem["errors"]]

    assert pointers({"proxy": "proxy.example"}) == [("/options/proxy", "url")]
    assert pointers({"proxy": "http://u:p@proxy.example:3128"}) == [("/options/proxy", "url-credentials")]
    assert pointers({"proxy": "socks5://proxy.example"}) == [("/options/proxy", "url")]
    assert pointers({"proxy": "http://169.254.169.254:80"}) == [("/options/proxy", "address-refused")]
    assert pointers({"proxy": "http://127.0.0.9:3128"}) == [("/options/proxy", "loopback-refused")]
    assert pointers({"certificateAuthority": "mine"}) == [("/options/certificateAuthority", "pem")]
    broken = authority.pem.replace("M", "!", 5)
    assert pointers({"certificateAuthority": broken}) == [("/options/certificateAuthority", "pem")]
    assert pointers(credentials={"proxyPassword": "p"}) == [("/credentials/proxyUsername", "required")]
    assert pointers(credentials={"clientKey": pair["clientKey"]}) == [("/credentials/clientCertificate", "required")]
    assert pointers(credentials={"clientCertificate": pair["clientCertificate"]}) == [("/credentials/clientKey", "required")]
    assert pointers(credentials={**pair, "clientCertificate": pair["clientKey"]}) == [
        ("/credentials/clientCertificate", "pem")]
    assert pointers(credentials={**pair, "clientCertificate": authority.pem}) == [("/credentials/clientKey", "key-mismatch")]
    locked = authority.directory / "locked.key"
    Authority.openssl("pkey", "-in", authority.directory / "plantwright.key", "-aes256", "-passout", "pass:x", "-out", locked)
    assert pointers(credentials={**pair, "clientKey": locked.read_text()}) == [("/credentials/clientKey", "pem")]
    certificate, key = authority.issue("ended", ended=True)
    assert pointers(credentials={"clientCertificate": certificate.read_text(), "clientKey": key.read_text()}) == [
        ("/credentials/clientCertificate", "certificate-expired")]


@pytest.mark.parametrize("kind", ["rsa", "ed25519", "ec"])
def test_keys_of_every_usual_kind_work(server, erp, proxy, authority, kind):
    certificate, key = authority.issue(f"kind-{kind}", key=kind)
    pair = {"clientCertificate": certificate.read_text(), "clientKey": key.read_text()}
    server.put("/api/v1/connectors/kinds", connector(erp, proxy, authority, {**account(), **pair}))
    assert checks(server, "kinds")["connection"]["result"] == "ok"
    if kind == "ed25519":
        return
    # As older tools write keys.
    old = authority.directory / f"{kind}-old.key"
    Authority.openssl(kind, "-in", key, "-out", old, *(["-traditional"] if kind == "rsa" else []))
    assert old.read_text().startswith(f"-----BEGIN {kind.upper()} PRIVATE KEY-----")
    status, answer = server.call("PATCH", "/api/v1/connectors/kinds", {"credentials": {"clientKey": old.read_text()}})
    assert status == 200, answer
    assert checks(server, "kinds")["connection"]["result"] == "ok"


def test_a_proxy_that_speaks_tls(server, erp, authority, pair):
    proxy = ConnectProxy(":".join(ACCOUNT), authority.issue("proxy"))
    try:
        server.put("/api/v1/connectors/tls-proxy", connector(erp, proxy, authority, {**account(), **pair}))
        found = checks(server, "tls-proxy")
        assert found["connection"]["result"] == "ok", found
        status, _ = server.call("PATCH", "/api/v1/connectors/tls-proxy", {"options": {"certificateAuthority": None}})
        found = checks(server, "tls-proxy")
        assert status == 200 and "The proxy's certificate is signed by an authority that is unknown here" in found[
            "connection"]["detail"], found
    finally:
        proxy.stop()


def test_the_access_token_comes_the_same_way(server, erp, proxy, authority, pair):
    forms = []

    class Tokens(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            forms.append(urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            data = json.dumps({"access_token": "made-up-token", "expires_in": 600}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    tokens = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    serve_tls(tokens, authority, authority.issue("tokens", "login.plant.test"), asks=True)
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    port = tokens.server_address[1]
    try:
        client = {"tokenUrl": f"https://login.plant.test:{port}/token", "clientId": "plant", "clientSecret": "client-secret-88"}
        server.put("/api/v1/connectors/oauth", connector(erp, proxy, authority, {**client, **account(), **pair}))
        assert server.get("/api/v1/connectors/oauth")["storedCredentials"] == ["sign-in", "proxy", "certificate"]
        delivery = order(server, "oauth-order", "oauth")
        assert delivery["state"] == "delivered", delivery
        assert f"login.plant.test:{port}" in proxy.asked and forms[0]["client_id"] == ["plant"]
    finally:
        tokens.shutdown()
        tokens.server_close()


def test_a_draft_gets_at_no_stored_secret_by_another_way(server, erp, proxy, authority, pair):
    path = "/api/v1/connectors/draft-target"
    server.put(path, connector(erp, proxy, authority, {**account(), **pair}))
    other = ConnectProxy()
    try:
        document = connector(erp, other, authority, {})
        document.pop("credentials")
        status, answer = server.call("POST", path + "/preflight", {"connector": document})
        assert status == 200 and not answer["ok"], answer
        assert other.heads and not [head for head in other.heads if "authorization" in head.lower()]
        # The same way uses what is stored, and what is entered anew beside it.
        document["options"]["proxy"] = proxy.url
        status, answer = server.call("POST", path + "/preflight", {"connector": document})
        assert status == 200 and {c["name"]: c["result"] for c in answer["checks"]}["connection"] == "ok", answer
        document["credentials"] = {"proxyPassword": "other"}
        status, answer = server.call("POST", path + "/preflight", {"connector": document})
        assert status == 200 and "407" in json.dumps(answer), answer
    finally:
        other.stop()
