import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlabPool } from "../../bytes/slab-pool.ts";
import { LaneError } from "../errors/lane-error.ts";
import { OddFramingError } from "../message/framing.ts";
import type { HttpRequest, HttpResponse } from "../message/message.ts";
import { BadHeadError, MOST_HEAD_BYTES } from "../message/response-head.ts";
import { AnswerReader } from "./answer-reader.ts";
import { SlabFiller } from "./slab-filler.ts";

const GET: HttpRequest = {
  method: "GET",
  url: new URL("http://r.example/v2/app/blobs/x"),
  kind: "blob",
  headers: {},
  action: () => "read it",
};

const pool = new SlabPool();

/** What a reader made of bytes that came in pieces of these lengths, over and over; the last byte of the answer ends it. */
async function readIn(bytes: Buffer, lengths: readonly number[]) {
  const filler = new SlabFiller(await pool.open(), { tls: false });
  let response: HttpResponse | undefined;
  let ended: boolean | undefined;
  const reader = new AnswerReader({
    request: GET,
    headRoom: Buffer.alloc(MOST_HEAD_BYTES),
    filler,
    destroy: () => {},
    onHead: (head) => {
      response = head;
    },
    onEnd: (_, reusable) => {
      ended = reusable;
    },
  });
  try {
    for (let [at, turn] = [0, 0]; at < bytes.length && ended === undefined; turn += 1) {
      const room = reader.room();
      expect(room.length).toBeGreaterThan(0);
      const length = Math.min(room.length, lengths[turn % lengths.length] ?? 1, bytes.length - at);
      room.set(bytes.subarray(at, at + length));
      at += length;
      reader.received(length);
    }
    if (ended === undefined && reader.ended()) ended = false;
    const body = ended === undefined ? undefined : Buffer.from((await response?.body.bytes(1 << 20)) ?? []);
    return { status: response?.status, headers: response?.headers, body: body?.toString("latin1"), reusable: ended };
  } finally {
    await response?.body.drop();
    filler.close();
    expect(pool.lent).toBe(0);
  }
}

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const text = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "H", "0", ":"), maxLength: 60 });
const interim = fc.array(
  fc.constantFrom("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n"),
  {
    maxLength: 3,
  },
);

describe("AnswerReader", () => {
  it("reads heads and body the same however they are split", async () => {
    const framing = fc.constantFrom("length", "chunked", "close");
    await fc.assert(
      fc.asyncProperty(interim, text, framing, lengths, fc.boolean(), async (before, content, kind, splits, more) => {
        const header = {
          length: `content-length: ${content.length}`,
          chunked: "transfer-encoding: chunked",
          close: "x-framing: none",
        }[kind];
        const chunked = `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
        const body = kind === "chunked" && content !== "" ? chunked : kind === "chunked" ? "0\r\n\r\n" : content;
        const answer = `${before.join("")}HTTP/1.1 206 Partial\r\n${header}\r\nX-A: 1\r\n\r\n${body}`;
        // What was not asked for: the connection isn't used again.
        const rest = more && kind !== "close" ? "HTTP/1.1 200 OK\r\n\r\n" : "";
        const read = await readIn(Buffer.from(`${answer}${rest}`, "latin1"), rest === "" ? splits : [10_000]);
        expect(read).toMatchObject({ status: 206, body: content, reusable: kind !== "close" && rest === "" });
        expect(read.headers?.["x-a"]).toBe("1");
      }),
    );
  });

  it("throws errors of its own and nothing else, whatever comes", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "content-length: 5\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "transfer-encoding: chunked\r\n",
        "transfer-encoding: gzip\r\n",
        " folded\r\n",
        "\r\n",
        "5\r\nhello\r\n",
        "ffffffffffff\r\n",
        "0\r\n\r\n",
        "\0",
      ),
      fc.string({ unit: "binary", maxLength: 30 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), lengths, fc.boolean(), async (pieces, splits, begins) => {
        const bytes = Buffer.from(`${begins ? "HTTP/1.1 200 OK\r\n" : ""}${pieces.join("")}`, "latin1");
        try {
          await readIn(bytes, splits);
        } catch (error) {
          const isOwn = [BadHeadError, OddFramingError, LaneError].some((own) => error instanceof own);
          if (!isOwn) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a head that never ends", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(MOST_HEAD_BYTES)}`],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(MOST_HEAD_BYTES)}`],
  ])("refuses %s at 16 KiB", async (_, head) => {
    await expect(readIn(Buffer.from(head), [1000])).rejects.toMatchObject({ code: "LANE_HEAD_TOO_LONG" });
  });
});
