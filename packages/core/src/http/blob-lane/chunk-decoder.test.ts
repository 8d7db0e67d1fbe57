import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadHeadError } from "../message/response-head.ts";
import { ChunkDecoder } from "./chunk-decoder.ts";

/** The data of a body that comes in pieces, and how much of it was the body's. */
function decode(...pieces: Buffer[]): { data: string; used: number; isOver: boolean } {
  const decoder = new ChunkDecoder();
  let data = "";
  let used = 0;
  for (const piece of pieces) {
    used += decoder.read(piece, (start, end) => {
      data += piece.toString("latin1", start, end);
    });
  }
  return { data, used, isOver: decoder.isOver };
}

describe("ChunkDecoder", () => {
  it("gives the data of any chunks, split at any byte, and not a byte behind the end", () => {
    const chunk = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "0", ";"), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(chunk),
        fc.constantFrom("", ";ext", " ; a=b"),
        fc.constantFrom("", "x: y\r\n"),
        fc.nat(),
        (chunks, extension, trailer, cut) => {
          const lines = chunks.map((text) => `${text.length.toString(16)}${extension}\r\n${text}\r\n`);
          const body = `${lines.join("")}0\r\n${trailer}\r\n`;
          const bytes = Buffer.from(`${body}HTTP/1.1`, "latin1");
          const at = cut % (bytes.length + 1);
          const expected = { data: chunks.join(""), used: body.length, isOver: true };
          expect(decode(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
          expect(decode(...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    ["no size", "\r\nabc\r\n"],
    ["a size that is no number", "xyz\r\n"],
    ["a signed size", "+3\r\nabc\r\n"],
    ["a size with 0x", "0x3\r\nabc\r\n"],
    ["a size that is too long", "1000000000000\r\n"],
    ["a bare LF behind the size", "3\nabc\r\n"],
    ["a bare LF behind the data", "3\r\nabc\n0\r\n\r\n"],
    ["more data than the size", "3\r\nabcd\r\n"],
    ["a space before the size", " 3\r\nabc\r\n"],
    ["an endless line", `3;${"x".repeat(2000)}`],
    ["an endless trailer", `0\r\n${"x: y\r\n".repeat(2000)}`],
  ])("refuses %s", (_, text) => {
    expect(() => decode(Buffer.from(text, "latin1"))).toThrow(BadHeadError);
  });
});
