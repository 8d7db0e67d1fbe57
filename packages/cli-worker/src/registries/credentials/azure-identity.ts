import { AzureAuthorityHosts, DefaultAzureCredential } from "@azure/identity";
import { type AccessToken, acrAudience, type Credential, type TokenCredential } from "@tranship/core";
import type { CloudQuestion } from "./credential-source.ts";
import { sdkFailure, warnOfRefusal } from "./sdk-failure.ts";

const FROM = "DefaultAzureCredential";
/** A token that ends sooner is asked for anew, in ms. */
const RESERVE_MS = 5 * 60_000;

/** A token service that doesn't answer, or isn't Azure's at all as at another cloud's machine, costs 1 s and not 20. */
const RETRIES = { maxRetries: 2, retryDelayInMs: 300 };

/**
 * The identity that `DefaultAzureCredential` finds: `AZURE_*` variables, workload and managed identity, Azure's command line tools.
 * `AZURE_TOKEN_CREDENTIALS` narrows the search. `TRANSHIP_ACR_AUDIENCE` is whom the token is for, else `acrAudience`.
 * The token is asked for at once, which shows whether there is an identity at all: without one the managed identity's endpoint costs 1 s.
 * What is returned keeps one identity for each authority, so that registries of one cloud share their tokens.
 */
export function azureIdentities(): (question: CloudQuestion) => Promise<Credential> {
  const identities = new Map<string, TokenCredential>();
  return async (question) => {
    const { host, env, signal } = question;
    const audience = env["TRANSHIP_ACR_AUDIENCE"] || acrAudience(host);
    const authorityHost = env["AZURE_AUTHORITY_HOST"] || authorityOf(host);
    try {
      const credential = identities.get(authorityHost) ?? rememberTokens(identityAt(authorityHost));
      identities.set(authorityHost, credential);
      await credential.getToken(`${audience.replace(/\/+$/, "")}/.default`, { abortSignal: signal });
      return { kind: "entra", credential, audience, from: FROM };
    } catch (error) {
      const none =
        error instanceof Error && /^(?:AggregateAuthentication|CredentialUnavailable)Error$/.test(error.name);
      const [code] = /AADSTS[0-9]+/.exec(error instanceof Error ? error.message : "") ?? [];
      if (!none && code !== undefined && !signal.aborted && env["AZURE_CLIENT_ID"]) {
        warnOfRefusal("Entra identity of AZURE_CLIENT_ID", code, question);
      }
      return sdkFailure(error, FROM, question, none ? "no identity was found" : saidByEntra(error));
    }
  };
}

/** `AADSTS7000215: Invalid client secret provided.` without the numbers that only Microsoft can look up. */
function saidByEntra(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  return /AADSTS[0-9]+: .*?(?=\s(?:- )?(?:Trace|Correlation) ID\b|$)/m.exec(message)?.[0];
}

function authorityOf(host: string): string {
  const name = host.toLowerCase();
  if (/\.azurecr\.cn(?::|$)/.test(name)) return AzureAuthorityHosts.AzureChina;
  if (/\.azurecr\.us(?::|$)/.test(name)) return AzureAuthorityHosts.AzureGovernment;
  return AzureAuthorityHosts.AzurePublicCloud;
}

function identityAt(authorityHost: string): TokenCredential {
  const known: readonly string[] = Object.values(AzureAuthorityHosts).map(originOf);
  // The public cloud is asked whether an authority may be trusted: it doesn't know those of private clouds.
  return new DefaultAzureCredential({
    authorityHost,
    retryOptions: { ...RETRIES },
    disableInstanceDiscovery: !known.includes(originOf(authorityHost)),
  });
}

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url;
}

/** Keeps tokens: the credentials of command line tools start a process for each. */
function rememberTokens(credential: TokenCredential): TokenCredential {
  const kept = new Map<string, AccessToken>();
  return {
    async getToken(scopes, options) {
      const key = String(scopes);
      const known = kept.get(key);
      if (known !== undefined && known.expiresOnTimestamp - RESERVE_MS > Date.now()) return known;
      const token = await credential.getToken(scopes, options);
      if (token !== null) kept.set(key, token);
      return token;
    },
  };
}
