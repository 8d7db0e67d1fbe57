import type { Answer, ServedRequest } from "tranship";

/** One request that one of the fake's servers answered. Secrets are not kept. */
export interface LoggedRequest {
  readonly server: "registry" | "storage" | "entra";
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  /** `n=2&last=app`; empty where there is none. */
  readonly query: string;
  readonly auth: "none" | "basic" | "bearer" | "other";
  /** What a token was asked for: `repository:app:pull`. Only of token requests. */
  readonly scope: string | undefined;
  /** Only of token requests. */
  readonly grantType: string | undefined;
  readonly userAgent: string | undefined;
  /** Undefined where the request broke off. */
  readonly status: number | undefined;
}

/** What a token request says of itself. */
export interface TokenQuestion {
  readonly scope: string | undefined;
  readonly grantType: string | undefined;
}

/** A query's secrets: the signature of a download, an upload's state. */
const SECRET_KEYS = ["sig", "_state"] as const;

/** Runs `work`, and notes the request with what came of it. */
export async function logged(
  log: LoggedRequest[],
  server: LoggedRequest["server"],
  request: ServedRequest,
  work: (note: (question: TokenQuestion) => void) => Promise<Answer>,
): Promise<Answer> {
  let question: TokenQuestion = { scope: undefined, grantType: undefined };
  let status: number | undefined;
  try {
    const answer = await work((asked) => {
      question = asked;
    });
    status = answer.status;
    return answer;
  } finally {
    const { method, path, headers } = request;
    const auth = authKind(headers["authorization"]);
    log.push({
      server,
      method,
      path,
      query: queryOf(request),
      auth,
      ...question,
      userAgent: headers["user-agent"],
      status,
    });
  }
}

function queryOf({ query }: ServedRequest): string {
  const shown = new URLSearchParams(query);
  for (const key of SECRET_KEYS) if (shown.has(key)) shown.set(key, "…");
  return shown.toString();
}

function authKind(authorization: string | undefined): LoggedRequest["auth"] {
  if (authorization === undefined) return "none";
  const scheme = authorization.split(" ", 1)[0]?.toLowerCase();
  return scheme === "basic" || scheme === "bearer" ? scheme : "other";
}
