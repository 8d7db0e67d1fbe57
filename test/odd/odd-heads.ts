import { createServer, type Socket } from "node:net";
import { OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "@tranship/core";
import type { LaneChoice } from "../../packages/core/src/http/lanes.ts";
import { sha256 } from "../support/scripted-registry.ts";
import { allPeers, type PeerOutcomes, refusedBy } from "./copy-peers.ts";

/** An answer's head and body as an odd server writes them. */
export interface OddHead {
  readonly name: string;
  /** The whole answer. `headers` are those that an ordinary server sends besides the length, each with its CRLF. */
  readonly write: (content: Buffer, headers: string) => string | Buffer;
  /** What the message says where it is refused. Default: it is read. */
  readonly refused?: string;
  /** The lanes whose strict parsers read it: nothing is sent twice there. Default: none. */
  readonly plainFor?: readonly LaneChoice[];
  readonly peers: PeerOutcomes;
}

const BOTH: readonly LaneChoice[] = ["control", "blob"];
const OK = "HTTP/1.1 200 OK\r\n";

function lengthOf(content: Buffer): string {
  return `Content-Length: ${content.length}\r\n`;
}

/** An answer with more headers. */
function withHeaders(more: string | ((content: Buffer) => string)): OddHead["write"] {
  return (content, headers) =>
    joined(`${OK}${headers}${typeof more === "string" ? more : more(content)}${lengthOf(content)}\r\n`, content);
}

/** An answer whose length is stated by these headers alone. */
function framedBy(framing: (content: Buffer) => string): OddHead["write"] {
  return (content, headers) => joined(`${OK}${headers}${framing(content)}\r\n`, content);
}

interface Chunking {
  readonly size?: (length: number) => string;
  readonly end?: string;
  readonly trailer?: string;
}

function chunked({ size = (length) => length.toString(16), end = "\r\n", trailer = "" }: Chunking): OddHead["write"] {
  return (content, headers) => {
    const parts: Buffer[] = [Buffer.from(`${OK}${headers}Transfer-Encoding: chunked\r\n\r\n`)];
    for (let at = 0; at < content.length; at += 50_000) {
      const piece = content.subarray(at, at + 50_000);
      parts.push(Buffer.from(`${size(piece.length)}${end}`), piece, Buffer.from("\r\n"));
    }
    return Buffer.concat([...parts, Buffer.from(`${size(0)}${end}${trailer}\r\n`)]);
  };
}

function joined(head: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(head, "latin1"), content]);
}

/** The head, however long its lines are, with its ends of lines replaced. */
function bareLf(content: Buffer, headers: string): Buffer {
  return joined(`${OK}${headers}${lengthOf(content)}\r\n`.replaceAll("\r\n", "\n"), content);
}

export const ODD_HEADS: readonly OddHead[] = [
  { name: "a header folded by CRLF", write: withHeaders("X-Policy: a;\r\n   b\r\n"), peers: allPeers("copies") },
  { name: "a header folded by LF", write: withHeaders("X-Policy: a;\n\tb\r\n"), peers: allPeers("copies") },
  {
    name: "a header folded three times, once to nothing",
    write: withHeaders("X-Policy: a;\r\n b\r\n \r\n c\r\n"),
    peers: allPeers("copies"),
  },
  { name: "lines that end in LF alone", write: bareLf, peers: allPeers("copies") },
  { name: "one line that ends in LF alone", write: withHeaders("X-A: b\n"), peers: allPeers("copies") },
  {
    name: "the same Content-Length twice",
    write: framedBy((content) => lengthOf(content).repeat(2)),
    peers: allPeers("copies"),
  },
  {
    name: "the same Content-Length three times",
    write: framedBy((content) => lengthOf(content).repeat(3)),
    peers: allPeers("copies"),
  },
  {
    name: "two Content-Lengths that differ",
    write: framedBy((content) => `${lengthOf(content)}Content-Length: ${content.length + 1}\r\n`),
    refused: "several Content-Lengths that are not equal",
    peers: allPeers("refuses"),
  },
  {
    name: "a list of two Content-Lengths that differ",
    write: framedBy(({ length }) => `Content-Length: ${length}, ${length + 1}\r\n`),
    refused: "several Content-Lengths that are not equal",
    peers: allPeers("refuses"),
  },
  {
    name: "a Content-Length with a sign",
    write: framedBy(({ length }) => `Content-Length: +${length}\r\n`),
    refused: "a Content-Length that is no number",
    peers: allPeers("refuses"),
  },
  {
    name: "a Content-Length beside chunks",
    write: (content, headers) => chunked({})(content, `${headers}${lengthOf(content)}`),
    refused: "both a Content-Length and a Transfer-Encoding",
    peers: allPeers("copies"),
  },
  {
    name: "two Transfer-Encodings",
    write: (content, headers) => chunked({})(content, `${headers}Transfer-Encoding: chunked\r\n`),
    refused: "Transfer-Encoding",
    peers: allPeers("refuses"),
  },
  { name: "chunk sizes padded with spaces", write: chunked({ size: padded }), peers: allPeers("copies") },
  {
    name: "chunk sizes padded with zeros",
    write: chunked({ size: (length) => length.toString(16).padStart(16, "0") }),
    plainFor: ["control"],
    peers: allPeers("copies"),
  },
  {
    name: "a last chunk that alone is padded",
    write: chunked({ size: (length) => (length === 0 ? "0   " : length.toString(16)) }),
    peers: allPeers("copies"),
  },
  {
    name: "chunk sizes that end in LF alone",
    write: chunked({ end: "\n" }),
    refused: "a chunk has a line that does not end in CRLF",
    peers: refusedBy("crane", "regctl", "oras"),
  },
  {
    name: "a chunk extension and a trailer",
    write: chunked({ size: (length) => `${length.toString(16)};a=b`, trailer: "X-Sum: 1\r\n" }),
    plainFor: BOTH,
    peers: allPeers("copies"),
  },
  {
    name: "chunk sizes that are no numbers",
    write: chunked({ size: (length) => `0x${length.toString(16)}` }),
    refused: "no valid size",
    peers: allPeers("refuses"),
  },
  { name: "a head of 20 KiB", write: withHeaders(`X-Long: ${"a".repeat(20 * 1024)}\r\n`), peers: allPeers("copies") },
  { name: "a head of 250 KiB", write: withHeaders(`X-Long: ${"a".repeat(250 * 1024)}\r\n`), peers: allPeers("copies") },
  {
    name: "a head of 300 KiB",
    write: withHeaders(`X-Long: ${"a".repeat(300 * 1024)}\r\n`),
    refused: "the head is longer than 256 KiB",
    peers: allPeers("copies"),
  },
  { name: "1,000 header lines", write: withHeaders(numbered(1_000)), plainFor: BOTH, peers: allPeers("copies") },
  {
    name: "3,000 header lines",
    write: withHeaders(numbered(3_000)),
    refused: "the head has more than 1024 lines",
    peers: allPeers("copies"),
  },
  {
    name: "an unasked 100 Continue",
    write: after("HTTP/1.1 100 Continue\r\n\r\n"),
    plainFor: ["blob"],
    peers: allPeers("copies"),
  },
  {
    name: "a 103 with a header of its own",
    write: after("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    plainFor: BOTH,
    peers: allPeers("copies"),
  },
  {
    name: "an unasked 101",
    write: after("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    refused: "switches to a protocol that was not asked for",
    peers: allPeers("refuses"),
  },
  { name: "a space before the colon", write: withHeaders("X-Proxy : a\r\n"), peers: allPeers("copies") },
  {
    name: "a wrong Content-Length with a space before its colon",
    write: withHeaders("Content-Length : 3\r\n"),
    peers: allPeers("copies"),
  },
  {
    name: "a Transfer-Encoding with a space before its colon",
    write: withHeaders("Transfer-Encoding : chunked\r\n"),
    peers: allPeers("copies"),
  },
  {
    name: "a Location with a space before its colon",
    write: withHeaders("Location : http://127.0.0.1:1/\r\n"),
    peers: allPeers("copies"),
  },
  {
    name: "a Location with a tab before its colon",
    write: withHeaders("Location\t: http://127.0.0.1:1/\r\n"),
    refused: "a header whose name is not valid",
    peers: refusedBy("crane", "regctl", "oras"),
  },
  { name: "a space in a name", write: withHeaders("X Proxy: a\r\n"), peers: allPeers("copies") },
  {
    name: "a header without a name",
    write: withHeaders(": a\r\n"),
    refused: "a header whose name is not valid",
    peers: refusedBy("crane", "regctl", "oras"),
  },
  {
    name: "a line without a colon",
    write: withHeaders("X-Proxy\r\n"),
    refused: "a line that is not a header",
    peers: allPeers("refuses"),
  },
  {
    name: "a control character in a value",
    write: withHeaders("X-A: a\x01b\r\n"),
    refused: "a control character in a value",
    peers: refusedBy("crane", "regctl", "oras"),
  },
  { name: "a value in Latin-1", write: withHeaders("X-A: caf\xe9\r\n"), plainFor: BOTH, peers: allPeers("copies") },
  {
    name: "a first header line that is folded",
    write: (content, headers) => joined(`${OK} X-A: b\r\n${headers}${lengthOf(content)}\r\n`, content),
    refused: "the first header line is folded",
    peers: allPeers("refuses"),
  },
];

function padded(length: number): string {
  return length.toString(16).padEnd(8, " ");
}

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `X-${index}: a\r\n`).join("");
}

function after(before: string): OddHead["write"] {
  return (content, headers) => joined(`${before}${OK}${headers}${lengthOf(content)}\r\n`, content);
}

export interface OddServer extends AsyncDisposable {
  readonly host: string;
  /** `METHOD /path`, in the order in which they came. */
  readonly log: string[];
  /** The connection of each request, counted from 1. */
  readonly connections: number[];
  readonly digest: string;
  readonly blob: Buffer;
}

/** A registry with one image, `app:v1`, whose answers to GET are all written by a row. */
export async function oddServer({ write }: Pick<OddHead, "write">): Promise<OddServer> {
  const blob = Buffer.alloc(200_000, "layer");
  const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, digest: sha256(config), size: config.length },
      layers: [{ mediaType: OCI_LAYER, digest: sha256(blob), size: blob.length }],
    }),
  );
  const content = new Map([
    ["/v2/", Buffer.from("{}")],
    ["/v2/app/manifests/v1", manifest],
    [`/v2/app/manifests/${sha256(manifest)}`, manifest],
    ...[blob, config].map((bytes) => [`/v2/app/blobs/${sha256(bytes)}`, bytes] as const),
  ]);
  const log: string[] = [];
  const connections: number[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    opened += 1;
    const connection = opened;
    let came = "";
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      // Whoever tries TLS is told that there is none.
      if (came === "" && bytes[0] === 0x16) return void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      came += bytes.toString("latin1");
      for (let end = came.indexOf("\r\n\r\n"); end >= 0; end = came.indexOf("\r\n\r\n")) {
        const [method = "", path = ""] = came.slice(0, end).split(" ");
        came = came.slice(end + 4);
        log.push(`${method} ${path}`);
        connections.push(connection);
        socket.write(answer(method, path));
      }
    });
  });
  function answer(method: string, path: string): string | Buffer {
    const bytes = content.get(path);
    if (bytes === undefined) return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    const type = path.includes("/manifests/") ? OCI_MANIFEST : "application/octet-stream";
    const headers = `Content-Type: ${type}\r\nDocker-Content-Digest: ${sha256(bytes)}\r\n`;
    if (method === "HEAD") return `${OK}${headers}${lengthOf(bytes)}\r\n`;
    return write(bytes, headers);
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    host: `127.0.0.1:${address.port}`,
    log,
    connections,
    digest: sha256(blob),
    blob,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
