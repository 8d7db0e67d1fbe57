import type { Credential, Environment } from "@tranship/core";

/**
 * What the environment of a pipeline holds for a registry, and for that one only:
 * - ghcr.io: `GH_TOKEN`, else `GITHUB_TOKEN`, in the order of GitHub's own command; the user is `GITHUB_ACTOR`, which GitHub doesn't check.
 * - the host in `CI_REGISTRY` (GitLab): `CI_REGISTRY_USER` with `CI_REGISTRY_PASSWORD`, else `CI_JOB_TOKEN`.
 */
export function environmentCredential(host: string, env: Environment): Credential | undefined {
  const name = host.toLowerCase();
  if (name === "ghcr.io") return gitHub(env);
  return name === env["CI_REGISTRY"]?.trim().toLowerCase() ? gitLab(env) : undefined;
}

function gitHub(env: Environment): Credential | undefined {
  for (const from of ["GH_TOKEN", "GITHUB_TOKEN"]) {
    const password = env[from];
    if (password) return { kind: "basic", username: env["GITHUB_ACTOR"] || "x-access-token", password, from };
  }
  return undefined;
}

function gitLab(env: Environment): Credential | undefined {
  const { CI_REGISTRY_USER: username, CI_REGISTRY_PASSWORD: password, CI_JOB_TOKEN: jobToken } = env;
  if (username && password) return { kind: "basic", username, password, from: "CI_REGISTRY_PASSWORD" };
  if (!jobToken) return undefined;
  return { kind: "basic", username: "gitlab-ci-token", password: jobToken, from: "CI_JOB_TOKEN" };
}
