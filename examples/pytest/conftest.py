"""Runs the tests through `glagents proxy`, and fails the run if GitLab or the client broke the contract."""

import json
import os
import signal
import subprocess

import pytest


@pytest.fixture(scope="session")
def gitlab_url(tmp_path_factory):
    """The URL to use instead of GITLAB_URL."""
    report = tmp_path_factory.mktemp("contract") / "report.json"
    command = [os.environ.get("GLAGENTS", "glagents"), "proxy", "--quiet"]
    command += ["--upstream", os.environ["GITLAB_URL"], "--report", f"json={report}"]
    proxy = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = proxy.stdout.readline()
    if not first.startswith("listening on "):
        pytest.exit("glagents proxy did not start: " + proxy.communicate()[1], returncode=3)
    yield first.removeprefix("listening on ").strip()

    proxy.send_signal(signal.SIGINT)
    proxy.communicate()
    broken = [
        f"{f['rule']}: {f['evidence']['method']} {f['evidence']['url']}: expected {f['expected']}; actual {f['actual']}"
        for f in json.loads(report.read_text())["findings"]
        if f["outcome"] in ("violation", "error")
    ]
    if broken:
        pytest.fail("the contract is broken\n" + "\n".join(broken), pytrace=False)
