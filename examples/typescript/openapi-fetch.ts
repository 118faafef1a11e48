// The eight operations with openapi-fetch, whose types openapi-typescript makes from the document.
//
//   GITLAB_URL=https://gitlab.example.com GITLAB_PROJECT=group/project GITLAB_TOKEN=… node dist/openapi-fetch.js

import createClient from 'openapi-fetch';

import type { paths } from './generated/schema.js';
import { environment } from './environment.js';

const { url, project, token: accessToken } = environment();
const gitlab = createClient<paths>({ baseUrl: `${url}/api/v4`, headers: { 'PRIVATE-TOKEN': accessToken } });

// id is the plain path: openapi-fetch encodes it.
const id = project;

const created = await gitlab.POST('/projects/{id}/cluster_agents', { params: { path: { id } }, body: { name: 'example' } });
if (!created.data) throw new Error(`cannot register an agent: ${JSON.stringify(created.error)}`);
const agent = created.data;
console.log(`registered ${agent.name} in ${agent.config_project.path_with_namespace}`);

const agents = await gitlab.GET('/projects/{id}/cluster_agents', { params: { path: { id }, query: { per_page: 100 } } });
console.log(`listed ${agents.data?.map((a) => a.name).join(', ')}`);

const path = { id, agent_id: agent.id };
const read = await gitlab.GET('/projects/{id}/cluster_agents/{agent_id}', { params: { path } });
console.log(`read ${read.data?.name}, created by ${read.data?.created_by_user_id ?? 'a deleted user'}`);

const token = await gitlab.POST('/projects/{id}/cluster_agents/{agent_id}/tokens', {
  params: { path },
  body: { name: 'ci', description: 'for CI' },
});
if (!token.data) throw new Error(`cannot create a token: ${JSON.stringify(token.error)}`);
console.log(`created the token ${token.data.name}; the response has its secret: ${token.data.token.length > 0}`);

const tokens = await gitlab.GET('/projects/{id}/cluster_agents/{agent_id}/tokens', { params: { path } });
console.log(`listed ${tokens.data?.map((t) => `${t.name} (${t.status})`).join(', ')}`);

const tokenPath = { ...path, token_id: token.data.id };
const readToken = await gitlab.GET('/projects/{id}/cluster_agents/{agent_id}/tokens/{token_id}', { params: { path: tokenPath } });
console.log(`read ${readToken.data?.name}, last used ${readToken.data?.last_used_at ?? 'never'}`);

const revoked = await gitlab.DELETE('/projects/{id}/cluster_agents/{agent_id}/tokens/{token_id}', { params: { path: tokenPath } });
console.log(`revoked the token: ${revoked.response.status}`);

const deleted = await gitlab.DELETE('/projects/{id}/cluster_agents/{agent_id}', { params: { path } });
console.log(`deleted the agent: ${deleted.response.status}`);

// Errors have types too. This one is an object with a message, or with an error if the URL is no route.
const gone = await gitlab.GET('/projects/{id}/cluster_agents/{agent_id}', { params: { path } });
if (typeof gone.error === 'object' && 'message' in gone.error) console.log(`read again: ${gone.error.message}`);
