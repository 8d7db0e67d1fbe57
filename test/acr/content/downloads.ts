import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Answer, Next, ServedRequest } from "tranship";
import type { AcrBehaviour } from "../behaviour.ts";
import type { Clock } from "../clock.ts";
import { askEngine } from "./engine.ts";

/** How long a link to a blob is good, in seconds. */
const LINK_SECONDS = 1200;
const BLOB_PATH = /^\/[0-9a-f]{16}-blobs\/docker\/registry\/v2\/blobs\/sha\d+\/[0-9a-f]{2}\/(?<digest>[^/]+)\/data$/;

/** Downloads from blob storage: the registry sends a signed link, the storage takes it and nothing else. */
export class Downloads {
  readonly #behaviour: AcrBehaviour;
  readonly #clock: Clock;
  readonly #secret = randomBytes(32);
  readonly #account = randomBytes(8).toString("hex");

  constructor(behaviour: AcrBehaviour, clock: Clock) {
    this.#behaviour = behaviour;
    this.#clock = clock;
  }

  /** Where a blob is to be had. @param origin the storage's, `https://127.0.0.1:5002`. */
  redirect(origin: string, repository: string, digest: string): Answer {
    const expires = String(this.#clock.nowSeconds() + LINK_SECONDS);
    const query = new URLSearchParams({
      se: expires,
      sp: "r",
      sr: "b",
      repo: repository,
      sig: this.#sign(repository, digest, expires),
    });
    const [algorithm = "", hex = ""] = digest.split(":");
    const path = `/${this.#account}-blobs/docker/registry/v2/blobs/${algorithm}/${hex.slice(0, 2)}/${digest}/data`;
    return { status: 307, headers: { location: `${origin}${path}?${query}`, "docker-content-digest": digest } };
  }

  /** Answers as Azure's blob storage does, whose refusals are XML; a client that shows the registry's token is refused. */
  async answer(request: ServedRequest, next: Next): Promise<Answer> {
    const { headers, method, path, query } = request;
    const digest = BLOB_PATH.exec(path)?.groups?.["digest"];
    if (headers["authorization"] !== undefined) {
      return storageError(
        403,
        "AuthenticationFailed",
        "Only one of a signature and an Authorization header may be sent.",
      );
    }
    if (digest === undefined) return storageError(404, "ResourceNotFound", "The specified resource does not exist.");
    const [repository, expires] = [query.get("repo") ?? "", query.get("se") ?? ""];
    if (!isEqual(query.get("sig") ?? "", this.#sign(repository, digest, expires))) {
      return storageError(403, "AuthenticationFailed", "Signature did not match.");
    }
    if (Number(expires) < this.#clock.nowSeconds()) {
      return storageError(403, "AuthenticationFailed", "Signature not valid in the specified time frame.");
    }
    if (method !== "GET" && method !== "HEAD") return storageError(405, "UnsupportedHttpVerb", "It is read-only.");
    const answer = await next({ ...request, route: { kind: "blob", repository, digest } });
    if (answer.status >= 400 && answer.status !== 416) {
      return storageError(404, "BlobNotFound", "The specified blob does not exist.");
    }
    return this.#spoilt(withoutDigest(answer));
  }

  /** The engine's answer where it lacks the blob. */
  async missing(next: Next, request: ServedRequest, repository: string, digest: string): Promise<Answer | undefined> {
    const answer = await askEngine(next, request, "HEAD", { kind: "blob", repository, digest });
    return answer.status === 200 ? undefined : answer;
  }

  #spoilt(answer: Answer): Answer {
    const { body } = answer;
    if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return answer;
    switch (this.#behaviour.blobs) {
      case "altered":
        return { ...answer, body: altered(body) };
      case "cut":
        return { ...answer, body: half(body, Number(answer.headers?.["content-length"])) };
      case "intact":
        return answer;
    }
  }

  #sign(repository: string, digest: string, expires: string): string {
    return createHmac("sha256", this.#secret).update(`${repository}\n${digest}\n${expires}`).digest("base64url");
  }
}

async function* altered(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let isFirst = true;
  for await (const piece of body) {
    const copy = Uint8Array.from(piece);
    if (isFirst) copy[0] = (copy[0] ?? 0) ^ 1;
    isFirst = false;
    yield copy;
  }
}

/** Less than was announced: the connection is cut after it. */
async function* half(body: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void, void> {
  let left = Math.floor(size / 2);
  for await (const piece of body) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}

/** Storage doesn't know digests. */
function withoutDigest(answer: Answer): Answer {
  const { "docker-content-digest": _, ...headers } = answer.headers ?? {};
  return { ...answer, headers };
}

function storageError(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
