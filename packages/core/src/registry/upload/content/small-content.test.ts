import { describe, expect, it } from "vitest";
import { OCI_LAYER } from "../../../content/media-types.ts";
import { digestOf } from "../../../digest/digest.ts";
import { ContentFailure } from "./outgoing.ts";
import { SmallContent } from "./small-content.ts";

const BYTES = Buffer.from("a small blob");
const DESCRIPTOR = { mediaType: OCI_LAYER, digest: digestOf(BYTES), size: BYTES.length };

function source(bytes: Uint8Array): {
  readonly opened: number[];
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
} {
  const opened: number[] = [];
  return {
    opened,
    open: async () => {
      opened.push(0);
      return (async function* () {
        yield bytes;
      })();
    },
  };
}

describe("SmallContent", () => {
  it("is read once, however often it is sent", async () => {
    const { opened, open } = source(BYTES);
    const content = SmallContent.of(DESCRIPTOR, open, undefined);
    const whole = await content?.part(0, BYTES.length);
    const end = await content?.part(2, 100);
    expect(whole?.body()).toEqual(new Uint8Array(BYTES));
    expect(whole?.body()).toEqual(new Uint8Array(BYTES));
    expect([end?.length, end?.isLast, Buffer.from(end?.body() as Uint8Array).toString()]).toEqual([
      10,
      true,
      "small blob",
    ]);
    expect(opened).toHaveLength(1);
  });

  it("gives nothing of bytes that are not what was promised", async () => {
    const { open } = source(Buffer.from("a wrong blob"));
    const failure: unknown = await SmallContent.of(DESCRIPTOR, open, undefined)
      ?.part(0, 12)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ContentFailure);
    expect(failure).toMatchObject({ cause: { code: "DIGEST_MISMATCH" } });
  });

  it("is none where the blob is over 64 KiB", () => {
    const { open } = source(BYTES);
    expect(SmallContent.of({ ...DESCRIPTOR, size: 64 * 1024 }, open, undefined)).toBeDefined();
    expect(SmallContent.of({ ...DESCRIPTOR, size: 64 * 1024 + 1 }, open, undefined)).toBeUndefined();
  });
});
