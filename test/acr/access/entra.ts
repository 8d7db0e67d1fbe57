import { randomUUID } from "node:crypto";
import type { Answer, ServedRequest } from "tranship";
import { readForm } from "../body.ts";
import { jsonAnswer } from "../json-answer.ts";
import { serviceOf } from "./service.ts";
import type { Note } from "./token-endpoints.ts";
import type { TokenMint } from "./token-mint.ts";

/** The one tenant that the fake's Entra ID has, with its one service principal. */
export interface EntraTenant {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long its tokens live, in seconds. */
  readonly lifetimeSeconds: number;
}

/**
 * Microsoft Entra ID, as far as a client with a secret sees it: its discovery documents, and tokens by client credentials.
 * Docs: "OAuth 2.0 client credentials flow on the Microsoft identity platform", first case.
 */
export async function answerEntra(
  tenant: EntraTenant,
  mint: TokenMint,
  request: ServedRequest,
  note: Note,
): Promise<Answer> {
  const [, name = "", ...rest] = request.path.split("/");
  const what = rest.join("/");
  if (what === "discovery/instance") return jsonAnswer(200, instanceDocument(tenant, serviceOf(request)));
  if (name !== tenant.tenantId) return failure(400, "invalid_tenant", 90002, `Tenant '${name}' not found.`);
  if (what === "v2.0/.well-known/openid-configuration")
    return jsonAnswer(200, openIdDocument(tenant, serviceOf(request)));
  if (what === "oauth2/v2.0/token" && request.method === "POST") return issueToken(tenant, mint, request, note);
  return failure(404, "invalid_request", 900144, `There is nothing at '${request.path}'.`);
}

async function issueToken(tenant: EntraTenant, mint: TokenMint, request: ServedRequest, note: Note): Promise<Answer> {
  const form = await readForm(request);
  const scope = form.get("scope") ?? "";
  const grantType = form.get("grant_type") ?? undefined;
  note({ scope, grantType });
  if (grantType !== "client_credentials") {
    return failure(400, "unsupported_grant_type", 70003, `The grant type '${grantType}' is not supported.`);
  }
  if (form.get("client_id") !== tenant.clientId) {
    return failure(400, "unauthorized_client", 700016, "The application was not found in the directory.");
  }
  if (form.get("client_secret") !== tenant.clientSecret) {
    return failure(401, "invalid_client", 7000215, "Invalid client secret provided.");
  }
  const audience = audienceOf(scope);
  if (audience === undefined) {
    return failure(400, "invalid_scope", 1002012, `The scope '${scope}' is not valid: expected RESOURCE/.default.`);
  }
  const { clientId, tenantId, lifetimeSeconds } = tenant;
  const claims = {
    iss: issuerOf(tenant, serviceOf(request)),
    tid: tenantId,
    appid: clientId,
    oid: clientId,
    ver: "1.0",
  };
  return jsonAnswer(200, {
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: mint.issue("aad", { subject: clientId, audience, claims }),
  });
}

/** The audience of `https://containerregistry.azure.net/.default`; undefined where the scope is none of one resource. */
function audienceOf(scope: string): string | undefined {
  // Libraries of OpenID add these to what they were asked for.
  const resources = scope.split(" ").filter((part) => !["", "openid", "profile", "offline_access"].includes(part));
  const [resource] = resources;
  return resources.length === 1 && resource?.endsWith("/.default") ? resource.slice(0, -"/.default".length) : undefined;
}

function openIdDocument(tenant: EntraTenant, host: string): object {
  const base = `https://${host}/${tenant.tenantId}`;
  return {
    issuer: issuerOf(tenant, host),
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ["client_secret_post"],
    response_types_supported: ["code", "id_token"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}

function instanceDocument({ tenantId }: EntraTenant, host: string): object {
  return {
    tenant_discovery_endpoint: `https://${host}/${tenantId}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}

function issuerOf({ tenantId }: EntraTenant, host: string): string {
  return `https://${host}/${tenantId}/v2.0`;
}

function failure(status: number, error: string, code: number, description: string): Answer {
  return jsonAnswer(status, {
    error,
    error_description: `AADSTS${code}: ${description}`,
    error_codes: [code],
    timestamp: new Date().toISOString(),
    trace_id: randomUUID(),
    correlation_id: randomUUID(),
  });
}
