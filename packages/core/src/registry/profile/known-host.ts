import type { HostFacts } from "./host-facts.ts";

const MIB = 1024 * 1024;

/** Hosts in Azure's own zones: nobody else answers under these names. */
const AZURE = /^[^/]+\.azurecr\.(?:io|cn|us|de)$/;

/** What the hosts of some services are known to do, for what none of their answers tells in time. Whatever is learned or set wins. */
const KNOWN: readonly { readonly host: RegExp; readonly facts: HostFacts }[] = [
  {
    // Refuses chunks under 5 MiB but says so in no header, and the Range of its answers sticks at the first chunk (aws/containers-roadmap#2831).
    host: /^(?:public\.ecr\.aws|[^/]+\.dkr[.-]ecr(?:-fips)?\.[^/]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws))$/,
    facts: { minChunk: 5 * MIB, resume: "none" },
  },
  // Azure cuts a body of more than about 20 MB.
  { host: AZURE, facts: { maxBody: 16 * MIB } },
  // Google takes a blob in one body only.
  { host: /^(?:[^/]+\.)?gcr\.io$|^[^/]+\.pkg\.dev$/, facts: { upload: "put", resume: "none" } },
];

/** Whether the host (`host` or `host:port`) is in one of Azure's own zones. */
export function isAzureName(host: string): boolean {
  return AZURE.test(host.replace(/:443$/, ""));
}

/** What is known of a host (`host` or `host:port`) by its name alone. */
export function knownHostFacts(host: string): HostFacts {
  return KNOWN.find((known) => known.host.test(host))?.facts ?? {};
}
