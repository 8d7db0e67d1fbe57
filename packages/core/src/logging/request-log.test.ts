import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { BIG, blobOf, opening } from "../../../../test/support/scripted-blobs.ts";
import { failed, type Script } from "../../../../test/support/scripted-registry.ts";
import { type ScriptedSetup, scriptedSetup } from "../../../../test/support/scripted-setup.ts";
import type { RegistryOptions } from "../registry/registry.ts";
import type { Logger } from "./logger.ts";

type Line = Readonly<Record<string, unknown>>;

/** A pino logger that keeps its lines. */
function logging(level: string): { readonly lines: Line[]; readonly text: () => string; readonly logger: Logger } {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  return { lines, text: () => JSON.stringify(lines), logger: pino({ level, base: null }, { write }) };
}

const INFO = 30;
const WARN = 40;

function setUp(script: Script, options: Partial<RegistryOptions>): Promise<ScriptedSetup> {
  return scriptedSetup(script, { sleep: async () => {}, ...options });
}

const TAGS: Script = () => ({
  status: 200,
  body: '{"tags":["v1"]}',
  headers: {
    "content-type": "application/json",
    link: '</v2/other?n=1&token=c4pability>; rel="prev"',
    "set-cookie": "session=s3cret",
    "x-internal": "s3cret",
  },
});

describe("logger at info", () => {
  it("gets one line for a request: method, URL, status, duration and headers, secrets redacted", async () => {
    const { lines, text, logger } = logging("info");
    await using setup = await setUp(TAGS, { logger, onRequest: () => ({ "x-team-key": "s3cret" }) });
    await Array.fromAsync(setup.registry.repository("app").tags());
    const url = `http://${setup.server.host}/v2/app/tags/list?n=1000`;
    expect(lines).toEqual([
      {
        level: INFO,
        time: expect.any(Number),
        method: "GET",
        url,
        kind: "tags",
        status: 200,
        durationMs: expect.any(Number),
        requestHeaders: { "user-agent": expect.stringMatching(/^tranship/), "x-team-key": "REDACTED" },
        responseHeaders: expect.objectContaining({
          "content-type": "application/json",
          link: '</v2/other?n=1&token=REDACTED>; rel="prev"',
          "set-cookie": "REDACTED",
          "x-internal": "REDACTED",
        }),
        msg: `GET ${url} 200`,
      },
    ]);
    expect(text()).not.toMatch(/s3cret|c4pability/);
  });

  it("shows the headers and parameters that are allowed", async () => {
    const { lines, logger } = logging("info");
    const allowed = { allowHeaders: ["X-Internal"], allowParameters: ["Token"] };
    await using setup = await setUp(TAGS, { logger, logging: allowed });
    await Array.fromAsync(setup.registry.repository("app").tags());
    expect(lines).toMatchObject([
      { responseHeaders: { "x-internal": "s3cret", link: '</v2/other?n=1&token=c4pability>; rel="prev"' } },
    ]);
  });

  it("gets a line for each step of a push, without tokens and passwords, and without the state of an upload", async () => {
    const { lines, text, logger } = logging("info");
    const script: Script = ({ path, headers }) => {
      if (path.startsWith("/token")) return { status: 200, body: '{"token":"t0ken-s3cret"}' };
      if (headers.authorization !== undefined) return undefined;
      return { status: 401, headers: { "www-authenticate": `Bearer realm="http://${headers.host}/token"` } };
    };
    const credentials = { kind: "basic", username: "me", password: "pw-s3cret" } as const;
    await using setup = await setUp(script, { logger, credentials });
    await setup.registry.repository("app").push(blobOf(BIG), opening(BIG));
    const shown = lines.map(({ method, kind, status }) => `${method} ${kind} ${status}`);
    expect(shown.slice(0, 3)).toEqual(["POST upload 401", "GET token 200", "POST upload 202"]);
    expect(shown.at(-1)).toBe("PUT upload 201");
    expect(text()).toMatch(/state=REDACTED/);
    expect(text()).not.toMatch(/s3cret|a%2Fb~c/);
    expect(text()).not.toContain(Buffer.from("me:pw-s3cret").toString("base64"));
  });

  it("gets lines for what failed and what is tried again", async () => {
    const { lines, logger } = logging("info");
    let answers = 0;
    const script: Script = async (request) => {
      answers += 1;
      if (answers === 1) {
        await request.breakAfter(0);
        return "dropped";
      }
      if (answers > 2) return TAGS(request);
      return { ...failed(429, "TOOMANYREQUESTS"), headers: { "retry-after": "1" } };
    };
    await using setup = await setUp(script, { logger });
    await Array.fromAsync(setup.registry.repository("app").tags());
    expect(lines).toMatchObject([
      { level: INFO, error: { name: "RegistryError", code: "NETWORK" }, msg: expect.stringMatching(/ failed$/) },
      { level: WARN, kind: "tags", attempt: 1, throttled: false, error: { code: "NETWORK" } },
      { level: INFO, status: 429, attempt: 2, responseHeaders: { "retry-after": "1" } },
      {
        level: INFO,
        delayMs: 1000,
        status: 429,
        concurrency: 4,
        msg: expect.stringMatching(/asked nothing for 1000 ms/),
      },
      { level: WARN, kind: "tags", attempt: 2, throttled: true, delayMs: 1000, error: { code: "TOOMANYREQUESTS" } },
      { level: INFO, status: 200, attempt: 3 },
    ]);
  });

  it("gets the name of an abort's reason only", async () => {
    const { lines, text, logger } = logging("info");
    const controller = new AbortController();
    const reason = new RangeError("s3cret");
    const script: Script = () => {
      controller.abort(reason);
      return new Promise<never>(() => {});
    };
    await using setup = await setUp(script, { logger });
    const { signal } = controller;
    await expect(Array.fromAsync(setup.registry.repository("app").tags({ signal }))).rejects.toBe(reason);
    expect(lines).toMatchObject([{ error: { name: "RangeError" } }]);
    expect(text()).not.toContain("s3cret");
  });

  it("gets nothing at warn but what is tried again, and no line is made for nothing", async () => {
    const made: string[] = [];
    const logger: Logger = {
      isLevelEnabled: () => false,
      debug: () => void made.push("debug"),
      info: () => void made.push("info"),
      warn: () => void made.push("warn"),
    };
    let answers = 0;
    const script: Script = (request) => (answers++ === 0 ? failed(503, "UNAVAILABLE") : TAGS(request));
    await using setup = await setUp(script, { logger });
    await Array.fromAsync(setup.registry.repository("app").tags());
    expect(made).toEqual([]);
  });

  it("may be the console", () => {
    const logger: Logger = console;
    expect(logger.isLevelEnabled).toBeUndefined();
  });
});
