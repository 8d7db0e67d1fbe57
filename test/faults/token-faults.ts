import type { Answer, Hook, ServedRequest } from "tranship";
import { bringsBytes, drained, type Fault, type FaultContext, lengthOf, MIB, refusal } from "./fault.ts";

interface Issued {
  readonly scopes: ReadonlySet<string>;
}

/** A registry whose token service says in the token for what it is good; `judge` may refuse a good one. */
function withTokens(
  { hit }: FaultContext,
  judge: (token: Issued, request: ServedRequest) => Promise<boolean> | boolean,
): Hook {
  const issued = new Map<string, Issued>();
  return async (request, next) => {
    if (request.path === "/token") {
      const token = `token-${issued.size}`;
      issued.set(token, { scopes: new Set(request.query.getAll("scope").flatMap(actionsOf)) });
      return { status: 200, body: JSON.stringify({ token, expires_in: 300 }) };
    }
    const needed = neededBy(request);
    const token = issued.get(request.headers["authorization"]?.replace(/^Bearer /, "") ?? "");
    if (token === undefined || needed.some((action) => !token.scopes.has(action))) return challenge(request);
    if (await judge(token, request)) return next();
    hit("a token is refused");
    return challenge(request);
  };
}

function challenge({ headers, route, method }: ServedRequest): Answer {
  const scope =
    "repository" in route
      ? `,scope="repository:${route.repository}:${method === "GET" || method === "HEAD" ? "pull" : "pull,push"}"`
      : "";
  return refusal(401, "UNAUTHORIZED", "authentication required", {
    "www-authenticate": `Bearer realm="http://${headers["host"]}/token",service="registry"${scope}`,
  });
}

function actionsOf(scope: string): readonly string[] {
  const [, name, actions] = scope.split(":");
  return (actions ?? "").split(",").map((action) => `${name}:${action}`);
}

function neededBy({ route, method, query }: ServedRequest): readonly string[] {
  if (!("repository" in route)) return [];
  if (method === "GET" || method === "HEAD") return route.kind === "upload" ? [] : [`${route.repository}:pull`];
  const from = query.get("from");
  return [`${route.repository}:push`, ...(from === null ? [] : [`${from}:pull`])];
}

/** What becomes of tokens. */
export const TOKEN_FAULTS: readonly Fault[] = [
  {
    name: "a token that is over after a while",
    row: "hub-tokens",
    copes: "a token that is refused is replaced once, and the request sent again",
    at: "source",
    script: (context) => {
      let requests = 0;
      const over = new WeakSet<object>();
      const known = new Set<object>();
      return withTokens(context, (token) => {
        requests += 1;
        // All that were given so far.
        if (requests === 3) for (const old of known) over.add(old);
        known.add(token);
        return !over.has(token);
      });
    },
  },
  {
    name: "a token that dies in a long upload",
    row: "gitlab-tokens",
    copes: "the body is sent again with a new token: one chunk where there are chunks",
    at: "target",
    script: (context) => {
      let deaths = 2;
      return withTokens(context, async (_, request) => {
        if (!bringsBytes(request) || lengthOf(request) <= MIB || deaths-- <= 0) return true;
        await drained(request);
        return false;
      });
    },
  },
  {
    name: "a mount that needs pull of its source",
    row: "hub-mount-scope",
    copes: "both scopes are asked for in one token",
    at: "target",
    job: "mount",
    script: (context) =>
      withTokens(context, (_, { query, route }) => {
        if (query.has("from") && "repository" in route && query.get("from") !== route.repository) context.hit("both");
        return true;
      }),
  },
  {
    name: "a token that is good for its scope only",
    row: "cgr-scope",
    copes: "a token is kept under what was granted, not under what was asked",
    at: "source",
    script: (context) => {
      context.hit();
      return withTokens(context, () => true);
    },
  },
];
