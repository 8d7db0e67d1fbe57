import { framingOf } from "../../../packages/core/src/http/message/framing.ts";
import { headEnd, parseHead } from "../../../packages/core/src/http/message/response-head.ts";
import type { Group } from "../group.ts";

const DIGEST = `sha256:${"4f".repeat(32)}`;
const REGISTRY = head([
  "Accept-Ranges: bytes",
  "Cache-Control: max-age=31536000",
  "Content-Length: 104857600",
  "Content-Type: application/octet-stream",
  `Docker-Content-Digest: ${DIGEST}`,
  "Docker-Distribution-Api-Version: registry/2.0",
  `Etag: "${DIGEST}"`,
  "Date: Wed, 25 Nov 2026 09:00:00 GMT",
]);
const CDN = head([
  "Content-Length: 104857600",
  ...Array.from({ length: 40 }, (_, at) => `X-Amz-Meta-${at}: ${"value ".repeat(8)}`),
]);

/** One for each answer of the blob lane. */
export const heads: Group = {
  name: "heads",
  title: "Heads of answers",
  cases: {
    "read a registry's": { run: () => read(REGISTRY), bytes: REGISTRY.length },
    "read a long one": { run: () => read(CDN), bytes: CDN.length },
    "look for the end of one that isn't there yet": { run: () => headEnd(CDN.subarray(0, -1), 0), bytes: CDN.length },
  },
};

function head(lines: readonly string[]): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

function read(bytes: Buffer): unknown {
  const end = headEnd(bytes, 0);
  return framingOf("GET", parseHead(bytes.subarray(0, end)));
}
