import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DigestAlgorithm, digestOf } from "../digest/digest.ts";
import type { Descriptor } from "./descriptor.ts";
import { readVerified, verified, verifyBytes } from "./verify.ts";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function descriptorOf(text: string, algorithm: DigestAlgorithm = "sha256"): Descriptor {
  const bytes = bytesOf(text);
  return { mediaType: "text/plain", digest: digestOf(bytes, algorithm), size: bytes.length };
}

/** A source that says how far it was read and whether it was closed. */
function sourceOf(...pieces: string[]) {
  const seen = { given: 0, closed: 0, opened: 0 };
  const content: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      seen.opened += 1;
      return {
        async next() {
          const piece = pieces[seen.given];
          if (piece === undefined) return { done: true, value: undefined };
          seen.given += 1;
          return { done: false, value: bytesOf(piece) };
        },
        async return() {
          seen.closed += 1;
          return { done: true, value: undefined };
        },
      };
    },
  };
  return { content, seen };
}

/** What a consumer had before the end or the error came. */
async function drained(content: AsyncIterable<Uint8Array>): Promise<{ text: string; error?: unknown }> {
  let text = "";
  try {
    for await (const piece of content) text += new TextDecoder().decode(piece);
    return { text };
  } catch (error) {
    return { text, error };
  }
}

describe("verified()", () => {
  it.each(["sha256", "sha512"] as const)("passes right content on (%s)", async (algorithm) => {
    const { content, seen } = sourceOf("ab", "", "cd", "e");
    expect(await drained(verified(content, descriptorOf("abcde", algorithm)))).toEqual({ text: "abcde" });
    expect(seen).toEqual({ given: 4, closed: 0, opened: 1 });
  });

  it("passes empty content on", async () => {
    expect(await drained(verified(sourceOf().content, descriptorOf("")))).toEqual({ text: "" });
    expect(await drained(verified(sourceOf("", "").content, descriptorOf("")))).toEqual({ text: "" });
  });

  it.each(["sha256", "sha512"] as const)("holds the last piece of wrong content back (%s)", async (algorithm) => {
    const descriptor = descriptorOf("abcde", algorithm);
    const { text, error } = await drained(verified(sourceOf("ab", "cX", "e").content, descriptor));
    expect(text).toBe("abcX");
    expect(error).toMatchObject({
      name: "DigestMismatchError",
      code: "DIGEST_MISMATCH",
      message: `Cannot read "${descriptor.digest}": the 5 bytes that came hash to "${descriptorOf("abcXe", algorithm).digest}"`,
    });
  });

  it("gives nothing of wrong content that came in one piece", async () => {
    const { text, error } = await drained(verified(sourceOf("abcdX").content, descriptorOf("abcde")));
    expect(text).toBe("");
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("holds the last piece back also where empty ones follow it", async () => {
    const { text, error } = await drained(verified(sourceOf("ab", "cdX", "", "").content, descriptorOf("abcde")));
    expect(text).toBe("ab");
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("refuses an empty blob's wrong digest", async () => {
    const { error } = await drained(verified(sourceOf().content, { ...descriptorOf("x"), size: 0 }));
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("refuses content that ends too early, its last piece held back", async () => {
    const { text, error } = await drained(verified(sourceOf("ab", "cd").content, descriptorOf("abcde")));
    expect(text).toBe("ab");
    expect(error).toMatchObject({ code: "SIZE_MISMATCH", message: expect.stringContaining("4 of 5 bytes came") });
  });

  it("refuses content that goes on too long at once, and closes the source", async () => {
    const { content, seen } = sourceOf("ab", "cde", "f", "g");
    const { text, error } = await drained(verified(content, descriptorOf("abcde")));
    expect(text).toBe("ab");
    expect(error).toMatchObject({ code: "SIZE_MISMATCH", message: expect.stringContaining("more than 5 bytes came") });
    expect(seen).toMatchObject({ given: 3, closed: 1 });
  });

  it("throws what the source throws, and nothing of the held piece", async () => {
    const reason = new Error("reset");
    async function* broken() {
      yield bytesOf("ab");
      yield bytesOf("cd");
      throw reason;
    }
    expect(await drained(verified(broken(), descriptorOf("abcd")))).toEqual({ text: "ab", error: reason });
  });

  it("closes the source when the consumer stops early", async () => {
    const { content, seen } = sourceOf("ab", "cd", "e");
    for await (const _ of verified(content, descriptorOf("abcde"))) break;
    expect(seen).toMatchObject({ given: 2, closed: 1 });
  });

  it("closes the source when the consumer never began", async () => {
    const { content, seen } = sourceOf("ab", "cd", "e");
    const pieces = verified(content, descriptorOf("abcde"));
    await pieces.return?.();
    await pieces.return?.();
    expect(await pieces.next()).toEqual({ done: true, value: undefined });
    expect(seen).toEqual({ given: 0, closed: 1, opened: 1 });
  });

  it("lets the consumer write to a piece that it has", async () => {
    const got: string[] = [];
    for await (const piece of verified(sourceOf("ab", "cd", "e").content, descriptorOf("abcde"))) {
      got.push(new TextDecoder().decode(piece));
      piece.fill(0);
    }
    expect(got).toEqual(["ab", "cd", "e"]);
  });

  it("passes any split of any content on, and no other content to its end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), fc.constantFrom("sha256", "sha512"), async (pieces, algorithm) => {
        const whole = new Uint8Array(Buffer.concat(pieces));
        const right = { mediaType: "x/y", digest: digestOf(whole, algorithm), size: whole.length };
        async function* source() {
          yield* pieces;
        }
        expect(await readVerified(source(), right)).toEqual(whole);
        const wrong = { ...right, digest: digestOf(new Uint8Array([...whole, 0]), algorithm) };
        await expect(readVerified(source(), wrong)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
        await expect(readVerified(source(), { ...right, size: right.size + 1 })).rejects.toMatchObject({
          code: "SIZE_MISMATCH",
        });
      }),
    );
  });
});

describe("readVerified()", () => {
  it("gives memory that is the caller's alone", async () => {
    const whole = await readVerified(sourceOf("ab", "c").content, descriptorOf("abc"));
    expect(new TextDecoder().decode(whole)).toBe("abc");
    expect(Buffer.isBuffer(whole)).toBe(false);
    expect(whole.buffer.byteLength).toBe(3);
  });
});

describe("verifyBytes()", () => {
  it("takes the right bytes, and refuses other sizes and bytes", () => {
    const descriptor = descriptorOf("abc", "sha512");
    expect(() => verifyBytes(bytesOf("abc"), descriptor)).not.toThrow();
    expect(() => verifyBytes(bytesOf("abx"), descriptor)).toThrow(expect.objectContaining({ code: "DIGEST_MISMATCH" }));
    expect(() => verifyBytes(bytesOf("ab"), descriptor)).toThrow(expect.objectContaining({ code: "SIZE_MISMATCH" }));
    expect(() => verifyBytes(bytesOf("abcd"), descriptor)).toThrow(expect.objectContaining({ code: "SIZE_MISMATCH" }));
  });
});
