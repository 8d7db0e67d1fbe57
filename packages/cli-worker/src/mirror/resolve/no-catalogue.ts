import type { Mirror } from "../mirror-file.ts";
import type { Problem } from "../problem.ts";
import { registryKey } from "./one-registry.ts";

/** Registries that list their repositories to nobody, or not by `_catalog`. Others are found out when they are asked. */
const WITHOUT: ReadonlySet<string> = new Set([
  "docker.io",
  "ghcr.io",
  "public.ecr.aws",
  "registry.gitlab.com",
  "lscr.io",
]);

/** Whether the host may have a catalogue. */
export function hasCatalogue(host: string): boolean {
  return !WITHOUT.has(registryKey(host));
}

/** What is wrong with a `*` where there is no catalogue. */
export function noCatalogue({ index, from }: Mirror): Problem {
  const names = `${from.host} lists no repositories`;
  const write = "name them: repositories: [NAME, …], each what the * stands for";
  return {
    at: from.at,
    path: `mirrors[${index}].from`,
    message: `${JSON.stringify(from.text)} has a *, and ${names}; ${write}`,
  };
}
