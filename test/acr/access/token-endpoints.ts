import type { Answer, ServedRequest } from "tranship";
import { type Access, parseScope } from "../../support/token-scope.ts";
import { readForm } from "../body.ts";
import { jsonAnswer } from "../json-answer.ts";
import { badRequest, Refusal } from "../refusal.ts";
import type { TokenQuestion } from "../request-log.ts";
import type { Authority } from "./authorize.ts";
import { basicPrincipal, passwordPrincipal } from "./credentials.ts";
import { ANONYMOUS } from "./principals.ts";
import { serviceOf } from "./service.ts";

/** Whose tokens from Entra the registry takes. */
export interface EntraTrust {
  readonly tenantId: string;
  /** Accepted values of `aud`. */
  readonly audiences: readonly string[];
}

export type Note = (question: TokenQuestion) => void;

/**
 * `POST /oauth2/exchange`: a refresh token of the registry for a token of Entra.
 * @throws {Refusal} 401 for a token that is expired, unknown or for somebody else; 400 for a form that lacks something.
 */
export async function exchangeToken(
  authority: Authority,
  trust: EntraTrust,
  request: ServedRequest,
  note: Note,
): Promise<Answer> {
  checkMethod(request, "POST");
  const form = await readForm(request);
  const grantType = form.get("grant_type");
  note({ scope: undefined, grantType: grantType ?? undefined });
  if (grantType !== "access_token" && grantType !== "access_token_refresh_token") {
    throw badRequest(`grant_type "${grantType}" is not supported`);
  }
  checkService(request, form);
  const tenant = form.get("tenant");
  if (tenant !== null && tenant !== trust.tenantId) throw unauthorized(`the tenant "${tenant}" is not known`);
  const token = authority.mint.find("aad", form.get("access_token") ?? "");
  if (token === "expired") throw unauthorized("the presented AAD access token is expired");
  if (token === undefined || authority.behaviour.exchange === "refused") {
    throw unauthorized("the presented AAD access token can't be validated");
  }
  if (!trust.audiences.includes(token.audience)) {
    throw unauthorized(`the presented AAD access token is for the audience "${token.audience}"`);
  }
  const { subject } = token;
  return jsonAnswer(200, { refresh_token: issueRefreshToken(authority, trust, subject, serviceOf(request)) });
}

/**
 * `/oauth2/token`: an access token for a refresh token or a password (POST), for Basic credentials (GET), or for nobody where anonymous
 * clients are let in. It opens what of the scopes the asker may have.
 * @throws {Refusal} 401 where the credentials are wrong, or nothing of what was asked for is allowed; 400 for a form that lacks something.
 */
export async function issueAccessToken(authority: Authority, request: ServedRequest, note: Note): Promise<Answer> {
  checkMethod(request, "GET", "POST");
  const isForm = request.method === "POST";
  const asked = isForm ? await readForm(request) : request.query;
  const scopes = asked.getAll("scope").flatMap((scope) => scope.split(" ").filter((part) => part !== ""));
  note({ scope: scopes.join(" "), grantType: asked.get("grant_type") ?? undefined });
  checkService(request, asked);
  const subject = isForm ? ofForm(authority, asked) : ofHeader(authority, request);
  if (subject === undefined || !authority.principals.has(subject)) throw unauthorized("authentication required");
  const access = scopes.map(parseAccess).flatMap((wanted) => authority.principals.allowed(subject, wanted) ?? []);
  if (access.length === 0 && scopes.length > 0) throw unauthorized("nothing of the requested scope is allowed");
  const claims = {
    iss: "Azure Container Registry",
    version: "1.0",
    access: access.map(({ type, name, actions }) => ({ Type: type, Name: name, Actions: actions })),
  };
  return jsonAnswer(200, {
    access_token: authority.mint.issue("access", { subject, audience: serviceOf(request), access, claims }),
  });
}

function issueRefreshToken({ mint }: Authority, { tenantId }: EntraTrust, subject: string, audience: string): string {
  const claims = {
    iss: "Azure Container Registry",
    version: "1.0",
    grant_type: "refresh_token",
    appid: subject,
    tenant: tenantId,
    permissions: { Actions: ["read", "write", "delete"] },
    roles: [],
  };
  return mint.issue("refresh", { subject, audience, claims });
}

function ofForm({ mint, principals }: Authority, form: URLSearchParams): string | undefined {
  const refreshToken = form.get("refresh_token") ?? "";
  switch (form.get("grant_type")) {
    case "refresh_token": {
      const token = mint.find("refresh", refreshToken);
      return token === "expired" ? undefined : token?.subject;
    }
    case "password": {
      const username = form.get("username");
      if (username !== null) return passwordPrincipal(username, form.get("password") ?? "", principals, mint);
      return refreshToken === "" ? ANONYMOUS : undefined;
    }
    default:
      throw badRequest(`grant_type "${form.get("grant_type")}" is not supported`);
  }
}

function ofHeader({ mint, principals }: Authority, { headers }: ServedRequest): string | undefined {
  const header = headers["authorization"];
  return header === undefined ? ANONYMOUS : basicPrincipal(header, principals, mint);
}

function checkService(request: ServedRequest, asked: URLSearchParams): void {
  const service = serviceOf(request);
  if (asked.get("service") !== service) {
    throw badRequest(`service "${asked.get("service")}" is not this registry, "${service}"`);
  }
}

function parseAccess(scope: string): Access {
  try {
    return parseScope(scope);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : `Bad scope "${scope}"`);
  }
}

function checkMethod({ method }: ServedRequest, ...allowed: readonly string[]): void {
  if (!allowed.includes(method))
    throw new Refusal(405, "UNSUPPORTED", `Cannot ${method}: expected ${allowed.join(", ")}`);
}

function unauthorized(message: string): Refusal {
  return new Refusal(401, "UNAUTHORIZED", message);
}
