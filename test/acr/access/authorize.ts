import type { ServedRequest } from "tranship";
import { type Access, formatScope } from "../../support/token-scope.ts";
import type { AcrBehaviour } from "../behaviour.ts";
import { Refusal } from "../refusal.ts";
import { basicPrincipal } from "./credentials.ts";
import { neededAccess } from "./needed-access.ts";
import { ANONYMOUS, type Principals } from "./principals.ts";
import { serviceOf } from "./service.ts";
import type { TokenMint } from "./token-mint.ts";

/** What the check of a request goes by. */
export interface Authority {
  readonly behaviour: AcrBehaviour;
  readonly mint: TokenMint;
  readonly principals: Principals;
}

/**
 * Checks that the request shows a token, or a user's password, that opens what it asks for.
 * @throws {Refusal} 401 with the challenge that leads to such a token; 403 where the behaviour says so.
 */
export function authorize(authority: Authority, request: ServedRequest): void {
  const needed = neededAccess(request);
  const { refusal } = authority.behaviour;
  const reason = refusal === "unauthorized" ? "invalid_token" : findFault(authority, request, needed);
  if (reason !== undefined) throw challenge(authority.behaviour, serviceOf(request), needed, reason);
  if (refusal !== "forbidden") return;
  const message = "requested access to the resource is denied";
  throw new Refusal(403, "DENIED", message, { detail: needed.map(detailOf) });
}

/** Why the request may not be answered, in the words of RFC 6750, section 3.1. */
function findFault(
  { mint, principals }: Authority,
  { headers }: ServedRequest,
  needed: readonly Access[],
): "missing" | "invalid_token" | "insufficient_scope" | undefined {
  const header = headers["authorization"];
  if (header === undefined) return "missing";
  if (/^basic /i.test(header)) {
    const name = basicPrincipal(header, principals, mint);
    if (name === undefined || name === ANONYMOUS) return "invalid_token";
    const isEnough = needed.every((access) => isCovered(access, principals.allowed(name, access)));
    return isEnough ? undefined : "insufficient_scope";
  }
  const token = mint.find("access", header.replace(/^bearer /i, ""));
  if (token === undefined || token === "expired") return "invalid_token";
  return needed.every((access) => token.access.some((given) => isCovered(access, given)))
    ? undefined
    : "insufficient_scope";
}

function isCovered(needed: Access, given: Access | undefined): boolean {
  if (given === undefined || given.type !== needed.type || given.name !== needed.name) return false;
  return needed.actions.every((action) => given.actions.includes(action));
}

function challenge(behaviour: AcrBehaviour, service: string, needed: readonly Access[], reason: string): Refusal {
  const parameters = [
    `realm="https://${service}/oauth2/token"`,
    `service="${service}"`,
    ...(needed.length > 0 && behaviour.challenge === "whole" ? [`scope="${needed.map(formatScope).join(" ")}"`] : []),
    ...(reason === "missing" ? [] : [`error="${reason}"`]),
  ];
  const header = behaviour.challenge === "missing" ? {} : { "www-authenticate": `Bearer ${parameters.join(",")}` };
  const message = "authentication required, visit https://aka.ms/acr/authorization for more information.";
  return new Refusal(401, "UNAUTHORIZED", message, { detail: needed.map(detailOf), headers: header });
}

function detailOf({ type, name, actions }: Access): object {
  return { Type: type, Name: name, Action: actions.join(",") };
}
