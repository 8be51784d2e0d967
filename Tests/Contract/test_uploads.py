"""Files of readings over HTTP: progress, faults by line, and the same file twice."""

import json

START = 1_790_000_000_000


def upload(line, kind: str, text: str, query: str = ""):
    import urllib.error
    import urllib.request
    request = urllib.request.Request(
        f"{line.server.url}/api/v1/devices/d-000/telemetry{query}", text.encode(), method="POST",
        headers={"Authorization": "Bearer " + line.server.token, "Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, [json.loads(row) for row in answer.read().decode().splitlines()]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_csv_with_progress_and_faults(line):
    alarms = len(line.server.items("/api/v1/alarms"))
    rows = [f"{START + number * 1000},{number / 10},auto" for number in range(5_000)]
    rows[3_000] = f"{START},hot,auto"
    status, answer = upload(line, "text/csv", "ts,temperature,mode\n" + "\n".join(rows))
    assert status == 200
    assert [part["line"] for part in answer[:-1]] == [2_001, 4_001]
    last = answer[-1]
    assert last["done"] and last["stored"] == 4_999 and last["rejected"] == 1
    assert last["errors"] == [{"line": 3_002, "code": "wrong-type", "detail":
                               "“temperature” is “hot”: a number is expected."}]
    _, again = upload(line, "text/csv; charset=utf-8", "ts,temperature,mode\n" + "\n".join(rows))
    assert again[-1]["duplicate"] == 4_999 and again[-1]["stored"] == 0
    assert len(line.server.items("/api/v1/alarms")) == alarms, "history is not evaluated"


def test_lines(line):
    text = "\n".join(json.dumps({"ts": START - 1000 - number, "temperature": 1}) for number in range(10))
    status, answer = upload(line, "application/x-ndjson", text + "\nrubbish\n")
    assert status == 200
    assert answer[-1]["stored"] == 10 and answer[-1]["errors"][0]["line"] == 11


def test_a_file_that_cannot_be_read_at_all(line):
    status, problem = upload(line, "text/csv", "time,temp\n1,2\n")
    assert (status, problem["code"]) == (422, "invalid-input")
    assert "ts,temperature" in problem["detail"]
    assert upload(line, "text/csv", "")[0] == 422
    assert upload(line, "text/csv", "ts,temperature\n1,2", "?evaluate=perhaps")[0] == 400


def test_an_export_comes_back_as_duplicates(line):
    upload(line, "text/csv", f"ts,temperature,mode\n{START - 60_000},21.5,\"a, b\"\n")
    status, text = line.server.call("GET", "/api/v1/devices/d-000/readings.csv")
    assert status == 200
    _, answer = upload(line, "text/csv", text)
    assert answer[-1]["stored"] == answer[-1]["rejected"] == 0
    assert answer[-1]["duplicate"] == len(text.splitlines()) - 1
