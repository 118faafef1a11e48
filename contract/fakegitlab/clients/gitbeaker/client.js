// All that @gitbeaker/rest has of the Agents API, step by step. Each step's outcome is a line of JSON.
import { Agents } from '@gitbeaker/rest';

const { GITLAB_URL: host, GITLAB_TOKEN: token, GITLAB_PROJECT: named, AUTHENTICATION: authentication } = process.env;
const project = /^\d+$/.test(named) ? Number(named) : named;
const agents = new Agents(authentication === 'bearer' ? { host, oauthToken: token } : { host, token });

async function step(name, call) {
  let outcome;
  try {
    outcome = { step: name, value: await call() };
  } catch (e) {
    outcome = { step: name, error: e.message, status: e.cause?.response?.status };
  }
  console.log(JSON.stringify(outcome));
  return outcome.value;
}

const agent = await step('register', () => agents.register(project, 'a'));
if (!agent) process.exit(0);
for (const name of ['b', 'c']) await step('register', () => agents.register(project, name));
await step('list', () => agents.all(project, { perPage: 2 }));
await step('get', () => agents.show(project, agent.id));
await step('taken', () => agents.register(project, 'a'));

await step('create token', () => agents.createToken(project, agent.id, 'ci', { description: 'for CI' }));
// As that makes none, somebody else has to.
const made = await fetch(`${host}/api/v4/projects/${encodeURIComponent(project)}/cluster_agents/${agent.id}/tokens`, {
  method: 'POST',
  headers: {
    'x-by-hand': 'yes',
    ...(authentication === 'bearer' ? { authorization: `Bearer ${token}` } : { 'private-token': token }),
  },
  body: new URLSearchParams({ name: 'ci' }),
}).then((answer) => answer.json());

await step('list tokens', () => agents.allTokens(project, agent.id));
await step('get token', () => agents.showToken(project, agent.id, made.id));
await step('revoke token', () => agents.removeToken(project, agent.id, made.id));
await step('list tokens', () => agents.allTokens(project, agent.id));
await step('delete', () => agents.unregister(project, agent.id));
await step('gone', () => agents.show(project, agent.id));
