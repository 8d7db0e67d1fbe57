import type { CopyEvent } from "@tranship/copy";
import { type Descriptor, digestOf, OCI_LAYER_GZIP, OCI_MANIFEST, RegistryError } from "@tranship/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { printWarning } from "../warning.ts";
import { openProgress } from "./open-progress.ts";

const NAMES = { from: "a/app:v1", to: "b/app:v1" };

function content(name: string, size: number, mediaType: string = OCI_LAYER_GZIP): Descriptor {
  return { mediaType, digest: digestOf(Buffer.from(name)), size };
}

/** A stream that keeps what is written, and plays it like a terminal. */
class FakeStream {
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly rows = 24;
  readonly writes: string[] = [];

  constructor({ isTTY = false } = {}) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.writes.push(text);
  }

  /** What a terminal would show now. */
  get screen(): readonly string[] {
    const lines: string[] = [""];
    let row = 0;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal is told.
    for (const [token] of this.writes.join("").matchAll(/\x1b\[(\d*)([A-Za-z])|\r|\n|[^\x1b\r\n]+/g)) {
      const [, count, command] = /\[(\d*)([A-Za-z])/.exec(token.startsWith("\x1b") ? token : "") ?? [];
      if (token === "\n" || command === "B") row += 1;
      else if (command === "A") row -= Number(count);
      else if (command === "K") lines[row] = "";
      else if (command === "J") lines.splice(row);
      else if (command === undefined && token !== "\r") lines[row] = (lines[row] ?? "") + token;
      lines[row] ??= "";
    }
    return lines;
  }
}

function open({
  isTTY = false,
  env = {},
  ...options
}: {
  isTTY?: boolean;
  env?: Record<string, string>;
  json?: boolean;
  quiet?: boolean;
  logLevel?: string;
} = {}) {
  const [stdout, stderr] = [new FakeStream(), new FakeStream({ isTTY })];
  return { stdout, stderr, progress: openProgress({ ...options, stdout, stderr, env: { NO_COLOR: "1", ...env } }) };
}

const big = content("big", 100_000_000);
const small = content("small", 1000);
const transfer = (descriptor: Descriptor): CopyEvent[] => [
  { ...NAMES, type: "planned", descriptor },
  { ...NAMES, type: "started", descriptor },
];
const bytes = (descriptor: Descriptor, count: number): CopyEvent => ({
  ...NAMES,
  type: "bytes",
  digest: descriptor.digest,
  bytes: count,
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("openProgress() on a terminal", () => {
  it("shows a bar for each blob on its way and one for the whole: name, bytes, rate, time left", () => {
    const { stderr, progress } = open({ isTTY: true });
    for (const event of [...transfer(big), ...transfer(small), bytes(big, 10_000_000)]) progress.onEvent(event);
    vi.advanceTimersByTime(1000);
    progress.onEvent(bytes(big, 15_000_000));
    vi.advanceTimersByTime(100);
    const [blob = "", total = "", ...rest] = stderr.screen;
    expect(blob).toMatch(new RegExp(`^${big.digest.slice(7, 19)}  ━+─+  25\\.0 MB / 100\\.0 MB +22\\.7 MB/s +0:04$`));
    expect(total).toMatch(/^total +━+─+ {2}25\.0 MB \/ 100\.0 MB/);
    expect(rest).toEqual([""]);
    for (const line of stderr.screen) expect(line.length).toBeLessThan(80);
  });

  it("redraws at most ten times a second, and only lines that changed", () => {
    const { stderr, progress } = open({ isTTY: true });
    const other = content("other", 100_000_000);
    for (const event of [...transfer(big), ...transfer(other), bytes(other, 1_000_000)]) progress.onEvent(event);
    // Its rate falls to nothing: from then on its line stays as it is.
    vi.advanceTimersByTime(20_000);
    const before = stderr.writes.length;
    for (let at = 0; at < 1000; at += 1) {
      progress.onEvent(bytes(big, 10_000));
      vi.advanceTimersByTime(1);
    }
    expect(stderr.writes.length - before).toBeGreaterThan(5);
    expect(stderr.writes.length - before).toBeLessThanOrEqual(10);
    expect(stderr.writes.at(-1)).not.toContain(other.digest.slice(7, 19));
    expect(stderr.screen.join()).toContain(other.digest.slice(7, 19));
  });

  it("takes the bars away at the end, draws no more, and keeps notices", () => {
    const { stderr, progress } = open({ isTTY: true });
    for (const event of [...transfer(big), bytes(big, 1_000_000)]) progress.onEvent(event);
    vi.advanceTimersByTime(100);
    progress.onEvent({ ...NAMES, type: "notice", message: "worth\x1b knowing" });
    progress.onEvent(bytes(big, 1));
    vi.advanceTimersByTime(100);
    progress.close();
    progress.onEvent(bytes(big, 1));
    vi.advanceTimersByTime(1000);
    expect(stderr.screen.filter((line) => line !== "")).toEqual(["worth\\u{1b} knowing"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("makes room for a warning, and shows the bars again below it", () => {
    const { stderr, progress } = open({ isTTY: true });
    for (const event of transfer(big)) progress.onEvent(event);
    vi.advanceTimersByTime(100);
    const bars = stderr.screen;
    const warned = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr.write(String(text));
      return true;
    });
    printWarning("the host asked to wait");
    expect(stderr.screen).toEqual(["tranship: warning: the host asked to wait", ""]);
    vi.advanceTimersByTime(1100);
    expect(stderr.screen).toHaveLength(bars.length + 1);
    expect(stderr.screen[0]).toBe("tranship: warning: the host asked to wait");
    progress.close();
    const writes = stderr.writes.length;
    printWarning("more");
    // Nothing is taken away any more.
    expect(stderr.writes.slice(writes)).toEqual(["tranship: warning: more\n"]);
    warned.mockRestore();
  });

  it("has no colours with NO_COLOR, and no bars on a dumb terminal", () => {
    const events = [...transfer(big), bytes(big, 1_000_000)];
    const written = (env: Record<string, string>): string => {
      const { stderr, progress } = open({ isTTY: true, env });
      for (const event of events) progress.onEvent(event);
      vi.advanceTimersByTime(100);
      return stderr.writes.join("");
    };
    expect(written({ NO_COLOR: "1" })).not.toContain("\x1b[36m");
    expect(written({ NO_COLOR: "" })).toContain("\x1b[36m");
    expect(written({ TERM: "dumb" })).toBe("");
  });

  it("shows a stalled transfer as slower and slower", () => {
    const { stderr, progress } = open({ isTTY: true });
    for (const event of [...transfer(big), bytes(big, 10_000_000)]) progress.onEvent(event);
    vi.advanceTimersByTime(100);
    expect(stderr.screen[0]).toContain(" 100.0 MB/s");
    vi.advanceTimersByTime(3000);
    expect(stderr.screen[0]).toContain(" 3.2 MB/s");
    vi.advanceTimersByTime(8000);
    expect(stderr.screen[0]).not.toContain("/s");
    progress.close();
  });

  it("counts again what is sent again", () => {
    const { stderr, progress } = open({ isTTY: true });
    for (const event of [...transfer(big), bytes(big, 60_000_000)]) progress.onEvent(event);
    progress.onEvent({ ...NAMES, type: "resumed", descriptor: big, offset: 20_000_000 });
    progress.onEvent(bytes(big, 10_000_000));
    vi.advanceTimersByTime(100);
    expect(stderr.screen[0]).toContain("30.0 MB / 100.0 MB");
  });
});

describe("openProgress() elsewhere", () => {
  it("tears no log lines apart: beside them it shows plain lines on a terminal too", () => {
    const { stderr, progress } = open({ isTTY: true, logLevel: "info" });
    for (const event of [...transfer(big), bytes(big, 10_000_000)]) progress.onEvent(event);
    vi.advanceTimersByTime(60_000);
    progress.close();
    expect(stderr.writes.join("")).not.toContain("\x1b");
  });

  it("says why nothing happens for a while, and nothing of short waits", () => {
    const { stderr, progress } = open();
    const retry = { method: "GET", kind: "blob", host: "r.example", attempt: 1 } as const;
    const error = new Error("Cannot read it: busy (503)");
    progress.onEvent({ ...NAMES, type: "retrying", ...retry, delayMs: 200, error });
    progress.onEvent({ ...NAMES, type: "retrying", ...retry, delayMs: 2000, error });
    progress.onEvent({ ...NAMES, type: "throttled", ...retry, delayMs: 90_000, error });
    expect(stderr.writes).toEqual([
      "Cannot read it: busy (503); trying again in 2.0 s\n",
      "r.example asks to wait: going on in 1 min 30 s\n",
    ]);
  });

  it("writes a plain line for each big blob and notice, none for the rest", () => {
    const { stderr, progress } = open();
    for (const event of [...transfer(big), ...transfer(small), ...transfer(content("m", 9e6, OCI_MANIFEST))])
      progress.onEvent(event);
    vi.advanceTimersByTime(2000);
    for (const descriptor of [big, small]) progress.onEvent({ ...NAMES, type: "done", descriptor });
    progress.onEvent({ ...NAMES, type: "notice", message: "worth knowing" });
    expect(stderr.writes).toEqual([
      `${big.digest.slice(7, 19)} 100.0 MB sent to b/app:v1 in 2.0 s\n`,
      "worth knowing\n",
    ]);
  });

  it("writes a line every 15 s for a big blob under way, and none after its end", () => {
    const { stderr, progress } = open();
    for (const event of [...transfer(big), ...transfer(small), bytes(big, 30_000_000), bytes(small, 1)])
      progress.onEvent(event);
    vi.advanceTimersByTime(14_999);
    expect(stderr.writes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(stderr.writes).toEqual([`${big.digest.slice(7, 19)} 30.0 MB of 100.0 MB sent to b/app:v1, 2.0 MB/s\n`]);
    progress.close();
    vi.advanceTimersByTime(60_000);
    expect(stderr.writes).toHaveLength(1);
  });

  it("writes nothing where it is to be quiet", () => {
    const { stderr, stdout, progress } = open({ isTTY: true, quiet: true });
    for (const event of [...transfer(big), bytes(big, 1)]) progress.onEvent(event);
    vi.advanceTimersByTime(1000);
    expect([...stderr.writes, ...stdout.writes]).toEqual([]);
  });

  it("writes each event as a JSON line to stdout, its error as plain data without secrets", () => {
    const { stderr, stdout, progress } = open({ isTTY: true, json: true });
    const url = "https://user:secret@r.example/v2/app/blobs/x?token=secret";
    const error = new RegistryError("DENIED", "Cannot push", { method: "PUT", url, status: 403 });
    for (const event of [bytes(big, 7), { ...NAMES, type: "failed", error } satisfies CopyEvent])
      progress.onEvent(event);
    expect(stderr.writes).toEqual([]);
    expect(stdout.writes.map((line) => JSON.parse(line))).toEqual([
      { ...NAMES, type: "bytes", digest: big.digest, bytes: 7 },
      {
        ...NAMES,
        type: "failed",
        error: {
          code: "DENIED",
          message: "Cannot push",
          status: 403,
          method: "PUT",
          url: "https://r.example/v2/app/blobs/x",
        },
      },
    ]);
    expect(stdout.writes.every((line) => line.startsWith('{"type":'))).toBe(true);
    expect(stdout.writes.every((line) => /^[^\n]+\n$/.test(line))).toBe(true);
  });
});
