import type { AcrFake } from "./acr-fake.ts";
import { type AcrReply, acrRequest } from "./acr-request.ts";

/** What `POST /oauth2/token` is asked with. Default: a refresh token of the service principal. */
export type TokenForm = Readonly<Record<string, string>>;

/** Asks Entra for a token, as a client with a secret does. */
export function askEntra(fake: AcrFake, form: TokenForm = {}, tenantId: string = fake.tenantId): Promise<AcrReply> {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: fake.clientId,
    client_secret: fake.clientSecret,
    scope: "https://containerregistry.azure.net/.default",
    ...form,
  });
  return acrRequest(fake, `${fake.authorityHost}/${tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    auth: "none",
    body,
  });
}

/** Exchanges a token of Entra, by default a fresh one. */
export async function exchange(fake: AcrFake, accessToken?: string): Promise<AcrReply> {
  const body = new URLSearchParams({
    grant_type: "access_token",
    service: fake.host,
    access_token: accessToken ?? field(await askEntra(fake), "access_token"),
  });
  return acrRequest(fake, "/oauth2/exchange", { method: "POST", auth: "none", body });
}

/** Asks for an access token; the form's default is a fresh refresh token. */
export async function askToken(fake: AcrFake, scope: string, form?: TokenForm): Promise<AcrReply> {
  const shown = form ?? {
    grant_type: "refresh_token",
    refresh_token: field(await exchange(fake), "refresh_token"),
  };
  const body = new URLSearchParams({ service: fake.host, scope, ...shown });
  return acrRequest(fake, "/oauth2/token", { method: "POST", auth: "none", body });
}

/** `Bearer …` of the service principal, for the scope. */
export async function bearer(fake: AcrFake, scope: string): Promise<string> {
  return `Bearer ${field(await askToken(fake, scope), "access_token")}`;
}

/** A field of a JSON answer. @throws {Error} where it is no string. */
export function field(reply: AcrReply, name: string): string {
  const value: unknown = new Map<string, unknown>(Object.entries(reply.json ?? {})).get(name);
  if (typeof value !== "string") throw new Error(`No "${name}" in the answer (${reply.status}): ${reply.body}`);
  return value;
}

/** The claims of a JSON Web Token. @throws {SyntaxError} where it is none. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
  return Object.fromEntries(Object.entries(claims ?? {}));
}
