// The eight operations with the client that @hey-api/openapi-ts makes from the document.
//
//   GITLAB_URL=https://gitlab.example.com GITLAB_PROJECT=group/project GITLAB_TOKEN=… node dist/hey-api.js

import { environment } from './environment.js';
import { client } from './generated/hey-api/client.gen.js';
import * as gitlab from './generated/hey-api/index.js';

const { url, project, token: accessToken } = environment();
// The client asks for a value for each way to authenticate. PRIVATE-TOKEN is enough.
client.setConfig({ baseUrl: `${url}/api/v4`, auth: (scheme) => (scheme.type === 'apiKey' ? accessToken : undefined) });

// id is the plain path: the client encodes it.
const id = project;

const created = await gitlab.createAgent({ path: { id }, body: { name: 'example' } });
if (!created.data) throw new Error(`cannot register an agent: ${JSON.stringify(created.error)}`);
const agent = created.data;
console.log(`registered ${agent.name} in ${agent.config_project.path_with_namespace}`);

const agents = await gitlab.listAgents({ path: { id }, query: { per_page: 100 } });
console.log(`listed ${agents.data?.map((a) => a.name).join(', ')}`);

const path = { id, agent_id: agent.id };
const read = await gitlab.getAgent({ path });
console.log(`read ${read.data?.name}, created by ${read.data?.created_by_user_id ?? 'a deleted user'}`);

const token = await gitlab.createAgentToken({ path, body: { name: 'ci', description: 'for CI' } });
if (!token.data) throw new Error(`cannot create a token: ${JSON.stringify(token.error)}`);
console.log(`created the token ${token.data.name}; the response has its secret: ${token.data.token.length > 0}`);

const tokens = await gitlab.listAgentTokens({ path });
console.log(`listed ${tokens.data?.map((t) => `${t.name} (${t.status})`).join(', ')}`);

const tokenPath = { ...path, token_id: token.data.id };
const readToken = await gitlab.getAgentToken({ path: tokenPath });
console.log(`read ${readToken.data?.name}, last used ${readToken.data?.last_used_at ?? 'never'}`);

const revoked = await gitlab.revokeAgentToken({ path: tokenPath });
console.log(`revoked the token: ${revoked.response?.status}`);

const deleted = await gitlab.deleteAgent({ path });
console.log(`deleted the agent: ${deleted.response?.status}`);

// Errors have types too. This one is an object with a message, or with an error if the URL is no route.
const gone = await gitlab.getAgent({ path });
if (gone.error && 'message' in gone.error) console.log(`read again: ${gone.error.message}`);
