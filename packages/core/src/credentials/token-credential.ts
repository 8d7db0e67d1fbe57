/** A token of Microsoft Entra, and when it ends in ms since 1970. */
export interface AccessToken {
  readonly token: string;
  readonly expiresOnTimestamp: number;
}

/**
 * What gives tokens of Microsoft Entra, by structure: each credential of `@azure/identity` is one. It caches its tokens itself.
 * Null: it has none.
 */
export interface TokenCredential {
  /** A token for these scopes; asked with one, `AUDIENCE/.default`. */
  getToken(scopes: string | string[], options?: { readonly abortSignal?: AbortSignal }): Promise<AccessToken | null>;
}

/** Whom an Entra token for a registry is for, by cloud. `https://management.azure.com` works in the public one too. */
export const ACR_AUDIENCES: {
  readonly public: string;
  readonly china: string;
  readonly government: string;
} = {
  public: "https://containerregistry.azure.net",
  china: "https://management.chinacloudapi.cn",
  government: "https://management.usgovcloudapi.net",
};

/** The audience of a registry: that of China for `*.azurecr.cn`, of the US Government for `*.azurecr.us`, else the public cloud's. */
export function acrAudience(host: string): string {
  const name = host.toLowerCase().replace(/:\d+$/, "");
  if (name.endsWith(".azurecr.cn")) return ACR_AUDIENCES.china;
  if (name.endsWith(".azurecr.us")) return ACR_AUDIENCES.government;
  return ACR_AUDIENCES.public;
}
