import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { OCI_INDEX, OCI_LAYER } from "../../content/media-types.ts";
import { readVerified } from "../../content/verify.ts";

const NOISE = randomBytes(200_000);
const ZEROS = Buffer.alloc(200_000);
const INDEX = Buffer.from(`{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[]}`);
const LANES = ["control", "blob"] as const;

/** What a registry sends for a digest. */
interface Answer {
  readonly what: string;
  readonly bytes: Buffer;
  readonly sent: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The code of the error. Undefined: it is taken. */
  readonly code?: string;
}

const BLOBS: readonly Answer[] = [
  { what: "the right bytes", bytes: NOISE, sent: NOISE },
  { what: "the right bytes in chunks", bytes: NOISE, sent: NOISE, headers: { "transfer-encoding": "chunked" } },
  { what: "other bytes", bytes: NOISE, sent: ZEROS, code: "DIGEST_MISMATCH" },
  { what: "fewer bytes", bytes: ZEROS, sent: gzipSync(ZEROS), code: "DIGEST_MISMATCH" },
  {
    what: "fewer bytes in chunks",
    bytes: ZEROS,
    sent: gzipSync(ZEROS),
    headers: { "transfer-encoding": "chunked" },
    code: "DIGEST_MISMATCH",
  },
  { what: "more bytes", bytes: NOISE, sent: gzipSync(NOISE), code: "SIZE_MISMATCH" },
];
const MANIFESTS: readonly Answer[] = [
  { what: "the right bytes", bytes: INDEX, sent: INDEX },
  { what: "encoded bytes", bytes: INDEX, sent: gzipSync(INDEX), code: "DIGEST_MISMATCH" },
];
const ENCODINGS = ["gzip", "x-gzip", "br", "aws-chunked"] as const;

describe.each(LANES)("a Content-Encoding that nobody asked for, by the %s lane", (lane) => {
  async function answering({ sent, headers }: Answer, encoding: string) {
    const options = { lane, retry: { attempts: 2, baseDelayMs: 1 } };
    return scriptedSetup(
      () => ({ status: 200, body: sent, headers: { "content-encoding": encoding, ...headers } }),
      options,
    );
  }

  it.each(ENCODINGS.flatMap((encoding) => BLOBS.map((answer) => ({ encoding, ...answer }))))(
    "$encoding of a blob: $what",
    async ({ encoding, ...answer }) => {
      await using setup = await answering(answer, encoding);
      const { bytes, code } = answer;
      const descriptor = { mediaType: OCI_LAYER, digest: sha256(bytes), size: bytes.length };
      const reading = setup.registry
        .repository("app")
        .fetch(descriptor)
        .then((content) => readVerified(content, descriptor));
      if (code === undefined) expect(Buffer.from(await reading)).toEqual(bytes);
      else {
        const message = expect.stringContaining(`with Content-Encoding "${encoding}", which is not decoded`);
        await expect(reading).rejects.toMatchObject({ code, message });
      }
      expect(setup.server.log).toHaveLength(1);
    },
  );

  it.each(ENCODINGS.flatMap((encoding) => MANIFESTS.map((answer) => ({ encoding, ...answer }))))(
    "$encoding of a manifest: $what",
    async ({ encoding, ...answer }) => {
      await using setup = await answering(answer, encoding);
      const { bytes, code } = answer;
      const app = setup.registry.repository("app");
      const descriptor = { mediaType: OCI_INDEX, digest: sha256(bytes), size: bytes.length };
      const reads = [
        () => app.fetch(descriptor).then((content) => readVerified(content, descriptor)),
        () => app.open(descriptor.digest).then((content) => content.bytes),
      ];
      for (const read of reads) {
        if (code === undefined) expect(Buffer.from(await read())).toEqual(bytes);
        else {
          const message = expect.stringContaining(`with Content-Encoding "${encoding}", which is not decoded`);
          await expect(read()).rejects.toMatchObject({ code, message });
        }
      }
    },
  );
});
