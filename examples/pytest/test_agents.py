"""A test of one's own, as it was before: only the URL is another one."""

import os

import gitlab
import pytest


@pytest.fixture
def gl(gitlab_url):
    # keep_base_url: without it python-gitlab follows links of further pages past the proxy.
    return gitlab.Gitlab(gitlab_url, private_token=os.environ["GITLAB_TOKEN"], keep_base_url=True)


def test_agents_have_tokens(gl):
    agents = "/projects/" + os.environ["GITLAB_PROJECT"].replace("/", "%2F") + "/cluster_agents"
    agent = gl.http_post(agents, post_data={"name": "pytest"})
    try:
        tokens = f"{agents}/{agent['id']}/tokens"
        token = gl.http_post(tokens, post_data={"name": "ci"})
        assert token["token"]
        assert [t["id"] for t in gl.http_list(tokens, get_all=True)] == [token["id"]]
        gl.http_delete(f"{tokens}/{token['id']}")
        assert gl.http_list(tokens, get_all=True) == []
    finally:
        gl.http_delete(f"{agents}/{agent['id']}")
