"""The eight operations with python-gitlab, step by step. Each step's outcome is a line of JSON.

The client has no tokens of agents, nor agents before release 4; its generic requests do.
"""

import json
import os
import urllib.parse

import gitlab

token = os.environ["GITLAB_TOKEN"]
bearer = os.environ["AUTHENTICATION"] == "bearer"
gl = gitlab.Gitlab(
    os.environ["GITLAB_URL"],
    keep_base_url=bool(os.environ.get("BEHIND_PROXY")),  # else it follows links past a proxy
    **{"oauth_token" if bearer else "private_token": token},
)
agents = "/projects/" + urllib.parse.quote(os.environ["GITLAB_PROJECT"], safe="") + "/cluster_agents"


def step(name, call):
    outcome = {"step": name}
    try:
        value = call()
        # What the client does not take for JSON it gives as it came.
        outcome["value"] = {"status": value.status_code, "text": value.text} if hasattr(value, "status_code") else value
    except gitlab.GitlabError as e:
        outcome.update(error=str(e), status=e.response_code)
    print(json.dumps(outcome))
    return outcome.get("value")


def who():
    gl.auth()
    return gl.user.username


step("who", who)
step("version", gl.version)
agent = step("register", lambda: gl.http_post(agents, post_data={"name": "a"}))
for name in "b", "c":
    step("register", lambda: gl.http_post(agents, post_data={"name": name}))
step("list", lambda: gl.http_list(agents, per_page=2, get_all=True))
one = f"{agents}/{agent['id']}"
step("get", lambda: gl.http_get(one))
step("taken", lambda: gl.http_post(agents, post_data={"name": "a"}))

made = step("create token", lambda: gl.http_post(one + "/tokens", post_data={"name": "ci", "description": "for CI"}))
step("list tokens", lambda: gl.http_list(one + "/tokens", get_all=True))
step("get token", lambda: gl.http_get(f"{one}/tokens/{made['id']}"))
step("revoke token", lambda: gl.http_delete(f"{one}/tokens/{made['id']}"))
step("list tokens", lambda: gl.http_list(one + "/tokens", get_all=True))
step("delete", lambda: gl.http_delete(one))
step("gone", lambda: gl.http_get(one))
