import { setTimeout as delay } from "node:timers/promises";
import type { Answer, Hook, ServedRequest } from "tranship";
import { firstBytes, inPieces, mapped, resetAfter, stalledAfter } from "../support/altered-bodies.ts";
import { type Fault, type FaultContext, firstTimes, MIB, readsBigBlob, withoutHeader } from "./fault.ts";

type Body = AsyncIterable<Uint8Array>;

/** Changes the answers to the first GETs of each big blob. */
function bodies(
  { hit }: FaultContext,
  times: number,
  change: (body: Body, request: ServedRequest) => Body,
  head: (answer: Answer) => Answer = (answer) => answer,
): Hook {
  const isFirst = firstTimes(times);
  return async (request, next) => {
    const answer = await next();
    const { body } = answer;
    if (!readsBigBlob(request, answer) || body === undefined || typeof body === "string") return answer;
    if (!isFirst(request.path)) return answer;
    hit();
    const pieces = body instanceof Uint8Array ? [body] : body;
    return { ...head(answer), body: change(toAsync(pieces), request) };
  };
}

async function* toAsync(pieces: Iterable<Uint8Array> | Body): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** 100 ms between pieces, so that the whole takes several times as long as the timeout. */
async function* dripping(body: Body): AsyncGenerator<Uint8Array> {
  let drops = 0;
  for await (const piece of inPieces(body, 16 * 1024)) {
    drops += 1;
    if (drops <= 40) await delay(100);
    yield piece;
  }
}

/** What happens to the bytes of a source. */
export const READ_FAULTS: readonly Fault[] = [
  {
    name: "200 to a Range request",
    row: "k8s-range-200",
    copes: "the part that came already is read and dropped",
    at: "source",
    script: (context) =>
      (() => {
        const broken = bodies(context, 1, (body, request) => resetAfter(body, 5 * MIB, request));
        return (request, next) =>
          broken(request, (to = request) => {
            if (to.headers["range"] !== undefined) context.hit("200");
            return next({ ...to, headers: { ...to.headers, range: undefined } });
          });
      })(),
  },
  {
    name: "a reset at any byte of a download",
    row: "reset",
    copes: "it goes on by Range at the byte where it broke, at the registry's URL",
    at: "source",
    script: (context) => bodies(context, 3, (body, request) => resetAfter(body, 3 * MIB + 17, request)),
  },
  {
    name: "a download that stops coming",
    row: "drip",
    copes: "a body of which nothing came for a minute ends in a timeout, and goes on by Range",
    at: "source",
    options: { timeouts: { bodyMs: 500 } },
    script: (context) => bodies(context, 1, (body, request) => stalledAfter(body, 2 * MIB, request)),
  },
  {
    name: "a download that drips",
    row: "drip",
    copes: "slow is no failure as long as bytes come",
    at: "source",
    options: { timeouts: { bodyMs: 1500 }, retry: { attempts: 1 } },
    script: (context) => bodies(context, 1, dripping),
  },
  {
    name: "a body that ends too early, and says so",
    row: "truncated",
    copes: "the rest is asked for by Range",
    at: "source",
    script: (context) =>
      bodies(
        context,
        1,
        (body) => firstBytes(body, 4 * MIB),
        (answer) => withoutHeader(answer, "content-length"),
      ),
  },
  {
    name: "a body that is shorter than its head says",
    row: "truncated",
    copes: "the same",
    at: "source",
    script: (context) => bodies(context, 1, (body) => firstBytes(body, 4 * MIB)),
  },
  {
    name: "bytes that are wrong",
    row: "corrupt",
    copes:
      "the last piece is held back until the digest matches: the target never gets the blob, and the source is named",
    at: "source",
    ends: { code: "DIGEST_MISMATCH", says: /bytes that came hash to/ },
    script: (context) =>
      bodies(context, 100, (body) => {
        let position = 0;
        return mapped(body, (piece) => {
          const at = MIB - position;
          position += piece.length;
          if (at < 0 || at >= piece.length) return piece;
          const changed = Uint8Array.from(piece);
          changed[at] = (changed[at] ?? 0) ^ 1;
          return changed;
        });
      }),
  },
  {
    name: "a page in HTML in the place of a manifest",
    row: "html",
    copes: "it is no manifest: said so, and nothing is written",
    at: "source",
    ends: { code: "MANIFEST_INVALID", says: /text\/html|HTML/i },
    script:
      ({ hit }) =>
      async (request, next) => {
        if (request.route.kind !== "manifest") return next();
        hit("html");
        return { status: 200, headers: { "content-type": "text/html" }, body: "<html><title>Log in</title></html>" };
      },
  },
  {
    name: "a page in HTML in the place of a blob",
    row: "html",
    copes: "it has not the size of the blob: an error that says which",
    at: "source",
    ends: { code: "SIZE_MISMATCH", says: /has \d+ bytes of it, not \d+/ },
    script:
      ({ hit }) =>
      async (request, next) => {
        if (request.route.kind !== "blob" || request.method !== "GET") return next();
        hit("html");
        return { status: 200, headers: { "content-type": "text/html" }, body: "<html><title>Log in</title></html>" };
      },
  },
];
