import type { Grants, PasswordUser } from "./access/principals.ts";
import type { Lifetimes } from "./access/token-mint.ts";
import type { AcrBehaviour } from "./behaviour.ts";

export interface AcrFakeOptions {
  /** The registry's port. Default 0: a free one. */
  readonly port?: number | undefined;
  /** How long tokens live, in seconds. Default as ACR: Entra's 3600, refresh 10800 (3 h), access 4500 (75 min). */
  readonly lifetimes?: Partial<Lifetimes> | undefined;
  /** Whether who shows no credentials may pull and list. Default true. */
  readonly anonymousPull?: boolean | undefined;
  /** Repository-scoped tokens: users with a password, by name. Default none. */
  readonly tokens?: Readonly<Record<string, PasswordUser>> | undefined;
  /** What the service principal may do. Default everything. */
  readonly servicePrincipal?: Grants | undefined;
  /** Which `aud` of a token of Entra the exchange takes. Default: those of the public cloud, China and the US government. */
  readonly audiences?: readonly string[] | undefined;
  /** The longest body of one request of an upload, in bytes. Default 20 MiB. */
  readonly bodyLimit?: number | undefined;
  /** Entries of a page of a list where the client doesn't say. Default 100, as ACR. */
  readonly pageSize?: number | undefined;
  /** What it does wrong. Default nothing. */
  readonly behaviour?: Partial<AcrBehaviour> | undefined;
}

/** As ACR has them. */
export const LIFETIMES: Lifetimes = { aad: 3600, refresh: 3 * 60 * 60, access: 75 * 60 };

/** What clients ask Entra for: the registry's own audience, and the management ones of the clouds. */
export const AUDIENCES: readonly string[] = [
  "https://containerregistry.azure.net",
  "https://management.azure.com",
  "https://management.core.windows.net",
  "https://containerregistry.azure.cn",
  "https://management.chinacloudapi.cn",
  "https://containerregistry.azure.us",
  "https://management.usgovcloudapi.net",
];

/** A SDK uploads chunks of 4 MiB; from here on the real one answers 413. */
export const BODY_LIMIT: number = 20 * 1024 * 1024;
