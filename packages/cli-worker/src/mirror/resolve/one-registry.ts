import { DOCKER_HUB } from "@tranship/core";

/** Docker Hub's API, under its own names. */
const HUB_HOSTS: ReadonlySet<string> = new Set([
  DOCKER_HUB,
  "registry-1.docker.io",
  "index.docker.io",
  "registry.hub.docker.com",
]);

/**
 * One spelling for the names of a registry that can be seen to mean the same: Docker Hub's, this machine's, and those with the port that https has anyway. Of two names
 * in the DNS for one address it knows nothing.
 */
export function registryKey(host: string): string {
  if (HUB_HOSTS.has(host)) return DOCKER_HUB;
  const [, name = host, port] = /^(.*?)(?::([0-9]+))?$/.exec(host.replace("[::1]", "localhost")) ?? [];
  const known = name === "127.0.0.1" ? "localhost" : name;
  return port === undefined || port === "443" ? known : `${known}:${port}`;
}
