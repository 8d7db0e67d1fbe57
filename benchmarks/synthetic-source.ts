import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { type Descriptor, type Digest, digestOf, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST } from "@tranship/core";

const BLOCK = randomBytes(1024 * 1024);
const RANGE = /^bytes=(\d+)-/;

/** A registry that makes the bytes of its blobs up while they are sent, so that big ones need no disk. */
export interface SyntheticSource extends AsyncDisposable {
  readonly host: string;
}

/** Serves one image as `app:v1`, with layers of these sizes in bytes. */
export async function startSyntheticSource(sizes: readonly number[]): Promise<SyntheticSource> {
  const contents = new Map<Digest, (offset: number) => Iterable<Uint8Array>>();
  const descriptors = new Map<string, Descriptor>();
  const layers = sizes.map((size, at): Descriptor => {
    const digest = digestOfMade(at, size);
    contents.set(digest, (offset) => make(at, size, offset));
    return { mediaType: OCI_LAYER, digest, size };
  });
  function put(mediaType: string, document: object): Descriptor {
    const bytes = Buffer.from(JSON.stringify(document));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    contents.set(descriptor.digest, (offset) => [bytes.subarray(offset)]);
    descriptors.set(descriptor.digest, descriptor);
    return descriptor;
  }
  for (const layer of layers) descriptors.set(layer.digest, layer);
  const diffIds = layers.map(({ digest }) => digest);
  const config = put(OCI_CONFIG, { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: diffIds } });
  const root = put(OCI_MANIFEST, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });

  const server = createServer((request, response) => {
    const name = /^\/v2\/app\/(?:manifests|blobs)\/(.+)$/.exec(request.url ?? "")?.[1] ?? "";
    const descriptor = name === "v1" ? root : descriptors.get(name);
    const content = descriptor === undefined ? undefined : contents.get(descriptor.digest);
    if (descriptor === undefined || content === undefined) {
      response.writeHead(404).end();
      return;
    }
    const offset = Number(RANGE.exec(request.headers.range ?? "")?.[1] ?? 0);
    writeHead(response, descriptor, offset);
    if (request.method === "HEAD") response.end();
    else Readable.from(content(offset), { objectMode: false }).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function writeHead(response: ServerResponse, { mediaType, digest, size }: Descriptor, offset: number): void {
  const range = offset === 0 ? {} : { "content-range": `bytes ${offset}-${size - 1}/${size}` };
  response.writeHead(offset === 0 ? 200 : 206, {
    "content-type": mediaType,
    "content-length": size - offset,
    "docker-content-digest": digest,
    ...range,
  });
}

function digestOfMade(at: number, size: number): Digest {
  const hash = createHash("sha256");
  for (const bytes of make(at, size, 0)) hash.update(bytes);
  return `sha256:${hash.digest("hex")}`;
}

/** The same block over and over, after one that says which blob it is. */
function* make(at: number, size: number, offset: number): Generator<Uint8Array, void, void> {
  const head = Buffer.alloc(BLOCK.length, at);
  for (let position = offset; position < size; ) {
    const from = position % BLOCK.length;
    const length = Math.min(BLOCK.length - from, size - position);
    yield (position < BLOCK.length ? head : BLOCK).subarray(from, from + length);
    position += length;
  }
}
