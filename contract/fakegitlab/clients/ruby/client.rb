# The eight operations with the gem gitlab, step by step. Each step's outcome is a line of JSON. The client has no
# agents; its generic requests do. It sends bodies as forms.
require 'gitlab'
require 'json'

# The client sends tokens of more than 20 characters as Bearer, and shorter ones as PRIVATE-TOKEN.
gl = Gitlab.client(endpoint: "#{ENV.fetch('GITLAB_URL')}/api/v4", private_token: ENV.fetch('GITLAB_TOKEN'))
agents = "/projects/#{ERB::Util.url_encode(ENV.fetch('GITLAB_PROJECT'))}/cluster_agents"

def plain(value)
  case value
  when Gitlab::PaginatedResponse then value.auto_paginate.map { |v| plain(v) }
  when Gitlab::ObjectifiedHash then value.to_hash
  else value
  end
end

def step(name)
  value = plain(yield)
  puts JSON.generate(step: name, value: value)
  value
rescue Gitlab::Error::ResponseError => e
  puts JSON.generate(step: name, error: e.message, status: e.response_status)
end

step('who') { gl.user.username }
step('version') { gl.version.version }
agent = step('register') { gl.post(agents, body: { name: 'a' }) }
%w[b c].each { |name| step('register') { gl.post(agents, body: { name: name }) } }
step('list') { gl.get(agents, query: { per_page: 2 }) }
one = "#{agents}/#{agent['id']}"
step('get') { gl.get(one) }
step('taken') { gl.post(agents, body: { name: 'a' }) }

made = step('create token') { gl.post("#{one}/tokens", body: { name: 'ci', description: 'for CI' }) }
step('list tokens') { gl.get("#{one}/tokens") }
step('get token') { gl.get("#{one}/tokens/#{made['id']}") }
step('revoke token') { gl.delete("#{one}/tokens/#{made['id']}") }
step('list tokens') { gl.get("#{one}/tokens") }
step('delete') { gl.delete(one) }
step('gone') { gl.get(one) }
