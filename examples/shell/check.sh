#!/bin/sh
# Registers an agent with curl, through glagents proxy, and ends with the proxy's verdict on what passed.
# It takes GITLAB_URL, GITLAB_TOKEN and GITLAB_PROJECT_ID, and GLAGENTS if the command is not in the PATH.
set -eu

out=$(mktemp)
"${GLAGENTS:-glagents}" proxy --upstream "$GITLAB_URL" --report "junit=${REPORT:-contract.xml}" >"$out" 2>&1 &
proxy=$!
trap 'kill -INT "$proxy" 2>/dev/null || true; rm -f "$out"' EXIT
until grep -q '^listening on ' "$out"; do
	kill -0 "$proxy" 2>/dev/null || { cat "$out"; exit 2; }
	sleep 0.1
done
agents=$(sed -n 's/^listening on //p' "$out")/api/v4/projects/$GITLAB_PROJECT_ID/cluster_agents

ask() { curl --silent --show-error --fail --noproxy '*' --header "PRIVATE-TOKEN: $GITLAB_TOKEN" "$@"; }
id() { sed 's/^{"id":\([0-9]*\),.*/\1/'; }

agent=$(ask --data name=shell "$agents" | id)
token=$(ask --data name=ci "$agents/$agent/tokens" | id)
ask "$agents/$agent/tokens/$token" >/dev/null
ask "$agents/$agent/tokens" >/dev/null
ask --request DELETE "$agents/$agent/tokens/$token"
ask --request DELETE "$agents/$agent"

kill -INT "$proxy"
status=0
wait "$proxy" || status=$?
cat "$out"
exit "$status"
