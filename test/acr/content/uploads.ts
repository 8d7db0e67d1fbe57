import { randomBytes } from "node:crypto";
import type { Answer, Next, Route, ServedRequest } from "tranship";
import { badRequest, Refusal } from "../refusal.ts";
import { askEngine } from "./engine.ts";
import { checkWritable } from "./locks.ts";
import type { Records } from "./records.ts";

type UploadRoute = Extract<Route, { readonly kind: "uploads" | "upload" }>;

/** Blob uploads as ACR has them: bodies of a limited size, a state in the location that changes with every chunk, sessions that a broken one ends. */
export class Uploads {
  readonly #records: Records;
  readonly #bodyLimit: number;
  /** The state that the next request of a session must show. */
  readonly #states = new Map<string, string>();

  /** @param bodyLimit the longest body of one request, in bytes. */
  constructor(records: Records, bodyLimit: number) {
    this.#records = records;
    this.#bodyLimit = bodyLimit;
  }

  /**
   * Answers a request to start, go on with, ask for, end or cancel an upload.
   * @throws {Refusal} 404 BLOB_UPLOAD_INVALID where the session is gone, or the location is an old one; 413 where the body is too long; 405.
   */
  async answer(route: UploadRoute, request: ServedRequest, next: Next): Promise<Answer> {
    checkWritable(this.#records.find(route.repository));
    if (route.kind === "upload") this.#checkState(route.session, request);
    if (request.headers["content-range"]?.startsWith("bytes")) throw badRequest('Content-Range is "START-END" here');
    const limited = new LimitedBody(request, this.#bodyLimit);
    let answer: Answer;
    try {
      answer = await next({ ...request, body: limited });
    } catch (error) {
      // The connection broke. The engine could go on with what came; ACR can't.
      await this.#forget(route, request, next);
      throw error;
    }
    if (limited.isExceeded) {
      await this.#forget(route, request, next);
      throw tooLarge(this.#bodyLimit);
    }
    if (request.method === "PUT" && answer.status === 201 && route.kind === "upload")
      this.#states.delete(route.session);
    return answer.status === 202 || answer.status === 204 ? this.#withState(route, request, answer) : answer;
  }

  #checkState(session: string, { query }: ServedRequest): void {
    const state = this.#states.get(session);
    if (state !== undefined && query.get("_state") === state) return;
    throw new Refusal(404, "BLOB_UPLOAD_INVALID", "blob upload invalid");
  }

  /** The answer with a location that the next request must go to. It is relative, and has a query of its own. */
  #withState(route: UploadRoute, { method }: ServedRequest, answer: Answer): Answer {
    const session = answer.headers?.["docker-upload-uuid"] ?? (route.kind === "upload" ? route.session : "");
    if (method === "DELETE") {
      this.#states.delete(session);
      return answer;
    }
    const known = method === "GET" ? this.#states.get(session) : undefined;
    const state = known ?? randomBytes(96).toString("base64url");
    this.#states.set(session, state);
    const query = new URLSearchParams({ _nouploadcache: "false", _state: state });
    const location = `/v2/${route.repository}/blobs/uploads/${session}?${query}`;
    return { ...answer, headers: { ...answer.headers, location } };
  }

  async #forget(route: UploadRoute, request: ServedRequest, next: Next): Promise<void> {
    if (route.kind !== "upload") return;
    this.#states.delete(route.session);
    await askEngine(next, request, "DELETE", route);
  }
}

/** A request's body that ends with an error where it is longer than allowed. */
class LimitedBody implements AsyncIterable<Uint8Array> {
  isExceeded = false;
  readonly #request: ServedRequest;
  readonly #limit: number;

  constructor(request: ServedRequest, limit: number) {
    this.#request = request;
    this.#limit = limit;
    if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    let size = 0;
    for await (const piece of this.#request.body) {
      size += piece.length;
      if (size > this.#limit) {
        this.isExceeded = true;
        throw tooLarge(this.#limit);
      }
      yield piece;
    }
  }
}

function tooLarge(limit: number): Refusal {
  return new Refusal(413, "SIZE_INVALID", `the body of one request may have ${limit} bytes at most`);
}
