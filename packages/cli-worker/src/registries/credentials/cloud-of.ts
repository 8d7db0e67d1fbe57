import type { Environment } from "@tranship/core";

/** Whose identities open a registry. */
export type Cloud =
  | { readonly kind: "azure" }
  | { readonly kind: "ecr"; readonly account: string; readonly region: string; readonly fips: boolean }
  | { readonly kind: "ecr-public" }
  | { readonly kind: "google" };

/** `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, and its forms for FIPS, IPv6, China and the partitions of governments. */
const ECR =
  /^([0-9]{12})\.dkr[.-]ecr(-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.(?:com|com\.cn|eu)|on\.(?:aws|amazonwebservices\.com\.cn)|sc2s\.sgov\.gov|c2s\.ic\.gov)$/;
const GOOGLE = /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/;
const AZURE = /^[a-z0-9-]+\.azurecr\.(?:io|cn|us)$/;

/**
 * The cloud that a registry's host belongs to by its name; undefined for every other, which then is shown no identity of a cloud.
 * `TRANSHIP_ACR_HOSTS` names, separated by commas, further hosts that are Azure's: behind an own domain, or of a private cloud.
 */
export function cloudOf(host: string, env: Environment): Cloud | undefined {
  const lower = host.toLowerCase();
  const further = (env["TRANSHIP_ACR_HOSTS"] ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  if (further.includes(lower)) return { kind: "azure" };
  const name = lower.replace(/:443$/, "");
  if (AZURE.test(name)) return { kind: "azure" };
  if (GOOGLE.test(name)) return { kind: "google" };
  if (name === "public.ecr.aws" || name === "ecr-public.aws.com") return { kind: "ecr-public" };
  const [, account, fips, region] = ECR.exec(name) ?? [];
  if (account === undefined || region === undefined) return undefined;
  return { kind: "ecr", account, region, fips: fips !== undefined };
}
