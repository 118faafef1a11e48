// What the programs are told in the environment.
export function environment() {
  return { url: variable('GITLAB_URL'), project: variable('GITLAB_PROJECT'), token: variable('GITLAB_TOKEN') };
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}`);
  return value;
}
