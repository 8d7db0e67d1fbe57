import type { Hook } from "tranship";
import { firstBytes, resetAfter } from "../support/altered-bodies.ts";
import {
  BIG,
  bringsBytes,
  drained,
  type Fault,
  firstTimes,
  layered,
  lengthOf,
  MIB,
  refusal,
  withBody,
  withHeaders,
} from "./fault.ts";

/** 413 to a body over a size, in the words of nginx; the body is read first where `reads` says so. */
function bodyLimit(hit: (what?: string) => void, most: number, methods: readonly string[] = ["PUT", "PATCH"]): Hook {
  return async (request, next) => {
    if (!bringsBytes(request) || lengthOf(request) <= most || !methods.includes(request.method)) return next();
    hit(`413 to ${request.method}`);
    const body = "<html><head><title>413 Request Entity Too Large</title></head></html>";
    return { status: 413, headers: { "content-type": "text/html" }, body };
  };
}

/** Breaks the connection inside the first body of each big upload; what arrived by then is the engine's to keep. */
function breaksOnce(hit: (what?: string) => void, at: number, methods: readonly string[] = ["PUT", "PATCH"]): Hook {
  const isFirst = firstTimes(1);
  return (request, next) => {
    const { route, method } = request;
    if (route.kind !== "upload" || !methods.includes(method) || lengthOf(request) <= at) return next();
    if (!isFirst(route.repository)) return next();
    hit("reset");
    return next({ ...request, body: resetAfter(request.body, at, request) });
  };
}

/** Forgets an upload whose connection broke. */
function losesSessions(code: string): Hook {
  const lost = new Set<string>();
  return async (request, next) => {
    const { route } = request;
    if (route.kind !== "upload") return next();
    if (lost.has(route.session)) return refusal(404, code, "upload unknown");
    try {
      return await next();
    } catch (error) {
      lost.add(route.session);
      await next({ ...withBody(request, new Uint8Array(0)), method: "DELETE" });
      throw error;
    }
  };
}

/** What real registries do with the bytes of an upload. */
export const UPLOAD_FAULTS: readonly Fault[] = [
  {
    name: "201 to a PATCH",
    row: "ecr-patch-201",
    copes: "201 is taken as 202, and the own count of bytes is believed",
    at: "target",
    script: ({ hit }) =>
      layered(bodyLimit(hit, 8 * MIB), async (request, next) => {
        const answer = await next();
        if (request.method !== "PATCH" || answer.status !== 202) return answer;
        hit("201");
        return withHeaders({ ...answer, status: 201 }, { range: `0-${8 * MIB - 1}` });
      }),
  },
  {
    name: "a Range that sticks, after a break",
    row: "ecr-patch-201",
    copes: "a `Range` behind what was confirmed is not believed: the blob is begun anew",
    at: "target",
    script: ({ hit }) => {
      const patched = new Map<string, number>();
      const isFirst = firstTimes(1);
      return layered(bodyLimit(hit, 8 * MIB), async (request, next) => {
        const { route, method } = request;
        if (route.kind !== "upload") return next();
        const before = patched.get(route.session) ?? 0;
        if (method === "PATCH") patched.set(route.session, before + 1);
        if (method === "PATCH" && before === 3 && isFirst("")) {
          hit("reset");
          return next({ ...request, body: resetAfter(request.body, MIB, request) });
        }
        const answer = await next();
        if (before === 0 || !answer.headers?.["range"]) return answer;
        hit("stuck");
        return withHeaders({ ...answer, status: method === "PATCH" ? 201 : answer.status }, { range: `0-${MIB - 1}` });
      });
    },
  },
  {
    name: "chunks under 5 MiB",
    row: "ecr-min-chunk",
    copes: "chunks are no smaller than `OCI-Chunk-Min-Length`, or than is known of the host",
    at: "target",
    script: ({ hit }) => {
      const short = new Set<string>();
      return layered(bodyLimit(hit, 12 * MIB), async (request, next) => {
        const { route, method } = request;
        if (route.kind === "uploads") return withHeaders(await next(), { "oci-chunk-min-length": `${5 * MIB}` });
        if (route.kind !== "upload" || method !== "PATCH") return next();
        if (short.has(route.session)) return refusal(400, "BLOB_UPLOAD_INVALID", "a part is too small");
        if (lengthOf(request) < 5 * MIB) short.add(route.session);
        else hit("a chunk of the size asked for");
        return next();
      });
    },
  },
  {
    name: "no chunks",
    row: "gar-no-chunks",
    copes: "a blob goes in one PUT, also after a break",
    at: "target",
    script: ({ hit }) =>
      layered(losesSessions("BLOB_UPLOAD_UNKNOWN"), breaksOnce(hit, MIB), async (request, next) => {
        if (request.method !== "PATCH") return next();
        return refusal(405, "UNSUPPORTED", "chunked uploads are not supported");
      }),
  },
  {
    name: "416 to a PATCH over 4 MiB",
    row: "ghcr-416",
    copes: "one PUT first; where that is too much, chunks, halved until they are taken",
    at: "target",
    script: ({ hit }) =>
      layered(bodyLimit(hit, 16 * MIB, ["PUT"]), async (request, next) => {
        if (request.method !== "PATCH" || lengthOf(request) <= 4 * MIB) return next();
        hit("416");
        return refusal(
          416,
          "REQUESTED_RANGE_NOT_SATISFIABLE",
          "the request body is too large and exceeds the maximum permissible limit of 4.00MiB",
        );
      }),
  },
  {
    name: "413 over 20 MB",
    row: "acr-body",
    copes:
      "chunks of 16 MiB where the host is known; else the body is halved until it is taken, and that is remembered",
    at: "target",
    script: ({ hit }) => bodyLimit(hit, 10 * MIB),
  },
  {
    name: "a reset over 20 MB",
    row: "acr-body",
    copes: "a body that breaks again and again is made smaller",
    at: "target",
    script:
      ({ hit }) =>
      (request, next) => {
        if (!bringsBytes(request) || lengthOf(request) <= 10 * MIB) return next();
        hit("reset");
        return next({ ...request, body: resetAfter(request.body, MIB, request) });
      },
  },
  {
    name: "a page of nginx with 413",
    row: "harbor-nginx",
    copes: "the limit is learned from the 413 alone",
    at: "target",
    script: ({ hit }) => bodyLimit(hit, 6 * MIB),
  },
  {
    name: "413 in the middle of a body",
    row: "cloudflare-body",
    copes: "an early answer stops the body and wins over the reset that follows; then as above",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        if (!bringsBytes(request) || lengthOf(request) <= 20 * MIB) return next();
        hit("413");
        for await (const _ of firstBytes(request.body, MIB)) break;
        return { status: 413, headers: { "content-type": "text/html" }, body: "<html></html>" };
      },
  },
  {
    name: "no PUT without a PATCH",
    row: "artifactory-put",
    copes: "PATCH and then PUT, from the second try on",
    at: "target",
    script: ({ hit }) => {
      const patched = new Set<string>();
      return async (request, next) => {
        const { route, method } = request;
        if (route.kind !== "upload") return next();
        if (method === "PATCH") patched.add(route.session);
        if (method !== "PUT" || patched.has(route.session)) return next();
        hit("404");
        await drained(request);
        return refusal(404, "BLOB_UNKNOWN", "blob unknown to registry");
      };
    },
  },
  {
    name: "a Range of the chunk alone",
    row: "aliyun-range",
    copes: "the own count is believed where `Range` is impossible",
    at: "target",
    script: ({ hit }) =>
      layered(bodyLimit(hit, 8 * MIB), async (request, next) => {
        const answer = await next();
        if (request.method !== "PATCH" || answer.status !== 202) return answer;
        hit("relative");
        return withHeaders(answer, { range: `0-${lengthOf(request) - 1}` });
      }),
  },
  {
    name: "a POST that ignores the blob in it",
    row: "single-post",
    copes: "its 202 is a session like any other; no big blob is sent so",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        const { route, query } = request;
        if (route.kind !== "uploads") return next();
        if (query.has("digest")) await drained(request);
        hit();
        const kept = new URLSearchParams([...query].filter(([name]) => name !== "digest"));
        return next({
          ...withBody(request, new Uint8Array(0)),
          query: kept,
          headers: { ...request.headers, "content-length": "0" },
        });
      },
  },
  {
    name: "a session that is lost with its connection (2.8)",
    row: "lost-session",
    copes: "the blob is begun anew in another session",
    at: "target",
    script: ({ hit }) => layered(losesSessions("BLOB_UPLOAD_INVALID"), breaksOnce(hit, BIG)),
  },
  {
    name: "a session that is lost with its connection (zot)",
    row: "lost-session",
    copes: "the same",
    at: "target",
    script: ({ hit }) =>
      layered(losesSessions("BLOB_UPLOAD_UNKNOWN"), bodyLimit(hit, 12 * MIB), breaksOnce(hit, BIG, ["PATCH"])),
  },
  {
    name: "a session that keeps what arrived",
    row: "partial-session",
    copes: "the upload goes on at the byte that arrived last",
    at: "target",
    script: ({ hit }) => {
      let arrived = 0;
      return layered(breaksOnce(hit, 3 * BIG), async (request, next) => {
        if (request.route.kind === "upload" && request.method === "PATCH" && arrived++ === 0) {
          hit(`went on: ${request.headers["content-range"]?.split("-")[0]}`);
        }
        return next();
      });
    },
  },
  {
    name: "no status of an upload",
    row: "crane-status",
    copes: "after a break the blob is begun anew",
    at: "target",
    script: ({ hit }) =>
      layered(breaksOnce(hit, BIG), async (request, next) => {
        if (request.route.kind !== "upload" || request.method !== "GET") return next();
        return refusal(405, "UNSUPPORTED", "method not allowed");
      }),
  },
  {
    name: "416 after a break",
    row: "offset-416",
    copes: "the upload is asked where it stands, and goes on there",
    at: "target",
    script: ({ hit }) =>
      layered(bodyLimit(hit, 12 * MIB), breaksOnce(hit, BIG, ["PATCH"]), async (_, next) => {
        const answer = await next();
        if (answer.status === 416) hit("416");
        return answer;
      }),
  },
  {
    name: "a reset at any byte of an upload",
    row: "reset",
    copes: "retried with backoff, at the byte that the registry has",
    at: "target",
    script: ({ hit }) => {
      let [resets, small] = [0, 0];
      return (request, next) => {
        if (!bringsBytes(request) || resets >= 6) return next();
        // One that is short is sent again at once where the connection had been used before.
        if (lengthOf(request) <= 64 * 1024 && small++ > 0) return next();
        resets += 1;
        hit("reset");
        return next({ ...request, body: resetAfter(request.body, (resets * 7919 * 331) % lengthOf(request), request) });
      };
    },
  },
  {
    name: "a commit whose answer is lost",
    row: "lost-commit",
    copes: "the blob is looked for before anything is sent again",
    at: "target",
    script:
      ({ hit }) =>
      async (request, next) => {
        const answer = await next();
        const { route, method } = request;
        if (route.kind !== "upload" || method !== "PUT" || answer.status !== 201) return answer;
        hit("lost");
        request.reset();
        return answer;
      },
  },
  {
    name: "a target that stops reading",
    row: "drip",
    copes: "a body of which nothing is taken for a minute ends in a timeout, and is tried again",
    at: "target",
    options: { timeouts: { bodyMs: 500 } },
    script: ({ hit }) => {
      let stalls = 1;
      return async (request, next) => {
        if (!bringsBytes(request) || lengthOf(request) <= BIG || stalls-- <= 0) return next();
        hit("stalled");
        for await (const _ of firstBytes(request.body, MIB)) break;
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve, { once: true }));
        throw new Error("given up by the client");
      };
    },
  },
];
