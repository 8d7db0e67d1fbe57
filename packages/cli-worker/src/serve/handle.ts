import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { AllowedHosts } from "../browsers/allowed-hosts.ts";
import { pathOf, refuseBrowser } from "../browsers/browser-rules.ts";
import type { BasicAccess } from "./access/basic-access.ts";
import { ApiError, errorAnswer } from "./api-error.ts";
import type { Answer, Hook, Next, ServedRequest } from "./exchange.ts";
import { BrokenRequest, incomingBody } from "./incoming-body.ts";
import type { Registry } from "./registry.ts";
import { parseRoute } from "./route.ts";
import { route } from "./router.ts";
import { sendAnswer } from "./send-answer.ts";
import type { Wire } from "./wire.ts";

/** What requests are handled with. */
export interface Handling {
  readonly registry: Registry;
  readonly allowed: AllowedHosts;
  /** Undefined: everybody is let in. */
  readonly access: BasicAccess | undefined;
  readonly hook: Hook | undefined;
  /** Told what went wrong with the folder, which the answer does not say. */
  readonly onFailure: OnFailure | undefined;
}

/** Told what failed while a request was answered. @param request `GET /v2/app/tags/list`. */
export type OnFailure = (error: unknown, request: string) => void;

/** Answers one request, through the hook unless it is refused before. Never rejects. */
export async function handle(handling: Handling, wire: Wire): Promise<void> {
  const { registry, allowed, hook, onFailure } = handling;
  const { request, response } = wire;
  response.setHeader("docker-distribution-api-version", "registry/2.0");
  const refusal = refuseBrowser(request, allowed);
  if (refusal !== undefined) {
    const code = refusal.status === 403 ? "DENIED" : "UNSUPPORTED";
    return sendAnswer(errorAnswer(new ApiError(refusal.status, code, refusal.message)), wire);
  }
  const noAccess = await refuseAccess(handling, wire);
  if (noAccess !== undefined) return sendAnswer(noAccess, wire);
  const served = readRequest(wire);
  const next: Next = (altered = served) => answer(registry, altered, onFailure);
  try {
    const result = await (hook === undefined ? next() : hook(served, next));
    await sendAnswer(result, wire);
  } catch (error) {
    // A broken request has nobody to answer to. All else here is a hook that failed: the client must notice.
    if (!(error instanceof BrokenRequest)) response.destroy(error instanceof Error ? error : undefined);
  }
}

/** The answer for a client without valid credentials. */
async function refuseAccess({ access, onFailure }: Handling, { request }: Wire): Promise<Answer | undefined> {
  try {
    await access?.check(request.headers.authorization);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) onFailure?.(error, `${request.method} ${pathOf(request.url ?? "/")}`);
    return errorAnswer(error);
  }
}

async function answer(registry: Registry, request: ServedRequest, onFailure?: OnFailure): Promise<Answer> {
  try {
    return await route(registry, request);
  } catch (error) {
    if (error instanceof BrokenRequest) throw error;
    if (!(error instanceof ApiError)) onFailure?.(error, `${request.method} ${request.path}`);
    return errorAnswer(error);
  }
}

function readRequest(wire: Wire): ServedRequest {
  const { request, response } = wire;
  const [rawPath = "/", query = ""] = pathOf(request.url ?? "/").split(/\?(.*)/s);
  const path = decode(rawPath);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const onStart = (): void => {
    if (wire.awaitsContinue) response.writeContinue();
    wire.awaitsContinue = false;
  };
  return {
    method: request.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    route: parseRoute(path),
    headers: headersOf(request),
    body: incomingBody(request, { onStart, rate: wire.rate }),
    signal: gone.signal,
    reset: () => resetConnection(request.socket),
  };
}

/** Sends RST, so that the client fails at once; a TLS socket can only be destroyed. */
function resetConnection(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** A path that can't be decoded names nothing. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function headersOf(request: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
