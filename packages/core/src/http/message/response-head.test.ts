import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framingOf, OddFramingError } from "./framing.ts";
import { BadHeadError, headEnd, parseHead, type ResponseHead } from "./response-head.ts";

function headOf(text: string): ResponseHead {
  const bytes = Buffer.from(text, "latin1");
  expect(headEnd(bytes, 0)).toBe(bytes.length);
  return parseHead(bytes);
}

function framed(lines: string, status = "200 OK") {
  return framingOf("GET", headOf(`HTTP/1.1 ${status}\r\n${lines}\r\n`));
}

describe("parseHead()", () => {
  it("reads status and headers, names in lower case, values trimmed and joined", () => {
    const { status, headers, keepAlive } = headOf(
      'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nLink: <a>\r\nLINK:\t<b> \t\r\nETag:"x"\r\nempty:\r\n\r\n',
    );
    expect(status).toBe(206);
    expect({ ...headers }).toEqual({ "content-length": "5", link: "<a>, <b>", etag: '"x"', empty: "" });
    expect(keepAlive).toBe(true);
    expect(headers["constructor"]).toBeUndefined();
  });

  it("takes time in proportion to the blanks in a value", () => {
    const blanks = " ".repeat(1_000_000);
    for (const name of ["x", "connection", "content-length"]) {
      const { headers } = headOf(`HTTP/1.1 200 OK\r\n${name}: 5${blanks}5${blanks}\r\n\r\n`);
      expect(headers[name]).toHaveLength(blanks.length + 2);
    }
  });

  it.each([
    ["HTTP/1.1 200 OK\r\n\r\n", true],
    ["HTTP/1.1 200\r\n\r\n", true],
    ["HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", false],
    ["HTTP/1.1 200 OK\r\nConnection: upgrade, close\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", true],
  ])("says whether the connection is kept: %j", (text, kept) => {
    expect(headOf(text).keepAlive).toBe(kept);
  });

  it.each([
    ["no status", "HTTP/1.1 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["another version", "HTTP/1.2 200 OK\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n"],
    ["a folded line", "HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n"],
    ["a first line that is folded", "HTTP/1.1 200 OK\r\n x: a\r\n\r\n"],
    ["a line without a colon", "HTTP/1.1 200 OK\r\nx\r\n\r\n"],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
    ["a bare LF", "HTTP/1.1 200 OK\r\nx: a\ny: b\r\n\r\n"],
    ["a bare CR", "HTTP/1.1 200 OK\r\nx: a\ry: b\r\n\r\n"],
    ["a NUL", "HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n"],
    ["a bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"],
    ["a name with another alphabet", "HTTP/1.1 200 OK\r\ncontent-l\xe9ngth: 5\r\n\r\n"],
    ["too many headers", `HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(1025)}\r\n`],
  ])("refuses %s", (_, text) => {
    expect(() => headOf(text)).toThrow(BadHeadError);
  });

  it("reads what a simple reference reads, and refuses what it refuses", () => {
    const token = fc.stringMatching(/^[A-Za-z0-9-]{1,8}$/);
    const odd = fc.string({
      unit: fc.constantFrom("a", ":", " ", "\t", "\r", "\n", "\0", "é", ",", "5"),
      maxLength: 8,
    });
    const line = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(token, fc.constantFrom(":", ": ", ":\t "), token).map((parts) => parts.join("")),
      },
      odd,
    );
    fc.assert(
      fc.property(
        fc.constantFrom("200 OK", "404", "99", "301 é", "20x"),
        fc.array(line, { maxLength: 6 }),
        (status, lines) => {
          const text = `HTTP/1.1 ${status}\r\n${lines.map((each) => `${each}\r\n`).join("")}\r\n`;
          const bytes = Buffer.from(text, "latin1");
          const end = headEnd(bytes, 0) ?? 0;
          const expected = reference(bytes.toString("latin1", 0, end));
          if (expected === undefined) expect(() => parseHead(bytes.subarray(0, end))).toThrow(BadHeadError);
          else expect({ ...parseHead(bytes.subarray(0, end)).headers }).toEqual(Object.fromEntries(expected));
        },
      ),
    );
  });
});

/** A reader that goes byte by byte: the headers, or nothing for what must be refused. */
function reference(head: string): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  const lines = head.slice(0, -4).split("\r\n");
  if (!/^HTTP\/1\.1 [1-9]\d\d( |$)/.test(lines[0] ?? "") || hasControl(lines[0] ?? "")) return undefined;
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (name === "" || [...name].some((letter) => !/[a-z0-9-]/.test(letter)) || hasControl(line)) return undefined;
    let value = line.slice(colon + 1);
    while (/^[ \t]/.test(value)) value = value.slice(1);
    while (/[ \t]$/.test(value)) value = value.slice(0, -1);
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function hasControl(text: string): boolean {
  return [...text].some((letter) => letter !== "\t" && (letter < " " || letter === "\x7f"));
}

describe("headEnd()", () => {
  it("finds out at the first bytes who speaks something else", () => {
    expect(headEnd(Buffer.from(""), 0)).toBeUndefined();
    expect(headEnd(Buffer.from("HT"), 0)).toBeUndefined();
    expect(headEnd(Buffer.from("HTTP/1.1 200 OK\r\n"), 0)).toBeUndefined();
    for (const text of ["S", "HTTP/2", "http/1.1", "\r\nHTTP/1.1", "ICY 200 OK"]) {
      expect(() => headEnd(Buffer.from(text), 0)).toThrow(BadHeadError);
    }
  });
});

describe("framingOf()", () => {
  it("takes one length, chunks, or what comes until the end", () => {
    expect(framed("content-length: 5\r\n")).toEqual({ kind: "length", length: 5 });
    expect(framed("Transfer-Encoding: Chunked\r\n")).toEqual({ kind: "chunked" });
    expect(framed("")).toEqual({ kind: "close" });
    expect(framed("content-length: 5\r\n", "304 Not Modified")).toEqual({ kind: "length", length: 0 });
    expect(framed("", "204 No Content")).toEqual({ kind: "length", length: 0 });
    const head = headOf("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    expect(framingOf("HEAD", head)).toEqual({ kind: "length", length: 0 });
  });

  it.each([
    "content-length: 5\r\ncontent-length: 6\r\n",
    "content-length: 5\r\ncontent-length: 5\r\n",
    "content-length: 5, 5\r\n",
    "content-length: +5\r\n",
    "content-length: -5\r\n",
    "content-length: 0x5\r\n",
    "content-length: 5 5\r\n",
    "content-length:\r\n",
    "content-length: 9999999999999999\r\n",
    "content-length: 5\r\ntransfer-encoding: chunked\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
  ])("refuses what two readers could take for two things: %j", (lines) => {
    expect(() => framed(lines)).toThrow(BadHeadError);
  });

  it.each([
    "transfer-encoding: gzip, chunked\r\n",
    "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    "transfer-encoding: identity\r\n",
  ])("leaves other codings to the other lane: %j", (lines) => {
    expect(() => framed(lines)).toThrow(OddFramingError);
  });
});
