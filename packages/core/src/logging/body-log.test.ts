import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { BIG, blobOf, opening } from "../../../../test/support/scripted-blobs.ts";
import { failed, type Script, sha256 } from "../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../test/support/scripted-setup.ts";
import { OCI_CONFIG, OCI_MANIFEST } from "../content/media-types.ts";
import type { Logger } from "./logger.ts";

type Line = Readonly<Record<string, unknown>>;

const DEBUG = 20;

/** A pino logger at level debug that keeps its lines of that level, but for those that say which lane a request takes. */
function debugging(): { readonly lines: Line[]; readonly logger: Logger } {
  const lines: Line[] = [];
  const write = (text: string): void => {
    const line: Line = JSON.parse(text);
    if (line["level"] === DEBUG && !("lane" in line)) lines.push(line);
  };
  return { lines, logger: pino({ level: "debug", base: null }, { write }) };
}

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

describe("logger at debug", () => {
  it("gets bodies that are JSON, both ways", async () => {
    const { lines, logger } = debugging();
    await using setup = await scriptedSetup(undefined, { logger });
    const store = setup.registry.repository("app");
    const config = { mediaType: OCI_CONFIG, digest: sha256(Buffer.from("{}")), size: 2 };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] }));
    const descriptor = { mediaType: OCI_MANIFEST, digest: sha256(bytes), size: bytes.length };
    await store.push(descriptor, opening(bytes), { reference: "v1" });
    await store.open("v1");
    await store.resolve("v1");
    expect(lines).toMatchObject([
      { method: "PUT", kind: "manifest", status: 201, requestBody: bytes.toString() },
      { method: "GET", kind: "manifest", status: 200, responseBody: bytes.toString() },
    ]);
  });

  it("gets no tokens and passwords, and no form", async () => {
    const { lines, logger } = debugging();
    const script: Script = async ({ path, headers, body }) => {
      if (path.startsWith("/token")) {
        expect((await body()).toString()).toContain("s3cret");
        return { status: 200, headers: JSON_TYPE, body: '{"access_token":"s3cret-too","expires_in":300}' };
      }
      if (headers.authorization !== undefined) return { status: 200, headers: JSON_TYPE, body: '{"tags":["v1"]}' };
      return { status: 401, headers: { "www-authenticate": `Bearer realm="http://${headers.host}/token"` } };
    };
    const credentials = { kind: "identity", token: "s3cret" } as const;
    await using setup = await scriptedSetup(script, { logger, credentials });
    await Array.fromAsync(setup.registry.repository("app").tags());
    expect(lines).toMatchObject([
      { kind: "token", responseBody: '{"access_token":"REDACTED","expires_in":300}' },
      { kind: "tags", responseBody: '{"tags":["v1"]}' },
    ]);
    expect(JSON.stringify(lines)).not.toContain("s3cret");
  });

  it("gets no blob, even one that calls itself JSON, but what a registry says instead of one", async () => {
    const { lines, logger } = debugging();
    const blob = Buffer.from('{"config":{"Env":["A=s3cret"]}}');
    const script: Script = ({ path }) => {
      if (path.endsWith(blobOf(blob).digest)) return { status: 200, headers: JSON_TYPE, body: blob };
      return path.includes("/blobs/sha256") ? failed(404, "BLOB_UNKNOWN") : undefined;
    };
    await using setup = await scriptedSetup(script, { logger });
    const store = setup.registry.repository("app");
    await Array.fromAsync(await store.fetch(blobOf(blob)));
    await store.push(blobOf(BIG), opening(BIG));
    await expect(store.fetch(blobOf(BIG))).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
    expect(lines).toMatchObject([{ kind: "blob", status: 404, responseBody: expect.stringContaining("BLOB_UNKNOWN") }]);
  });

  it("gets 16 KiB of a longer body, and how long it was", async () => {
    const { lines, logger } = debugging();
    const body = JSON.stringify({ note: "é".repeat(20_000), tags: ["v1"] });
    await using setup = await scriptedSetup(() => ({ status: 200, headers: JSON_TYPE, body }), { logger });
    await Array.fromAsync(setup.registry.repository("app").tags());
    const shown = String(lines[0]?.["responseBody"]);
    expect(shown).toMatch(new RegExp(`… \\(${Buffer.byteLength(body)} bytes in all\\)$`));
    expect(body.startsWith(shown.slice(0, shown.indexOf("…")))).toBe(true);
    expect(Buffer.byteLength(shown)).toBeGreaterThan(16_000);
    expect(Buffer.byteLength(shown)).toBeLessThan(16_500);
  });

  it("says why a body broke off", async () => {
    const { lines, logger } = debugging();
    const answer = {
      status: 200,
      headers: { ...JSON_TYPE, "content-length": 100 },
      body: '{"tags":["v1"',
      breakAfter: 13,
    };
    await using setup = await scriptedSetup(() => answer, { logger, retry: { attempts: 1 } });
    await expect(Array.fromAsync(setup.registry.repository("app").tags())).rejects.toMatchObject({ code: "NETWORK" });
    expect(lines).toMatchObject([{ error: { code: "NETWORK" } }]);
  });

  it("shows headers and queries as they are only where that is asked for, and then no credentials and cookies", async () => {
    const script: Script = ({ headers }) => {
      if (headers.authorization === undefined) return { status: 401, headers: { "www-authenticate": "Basic" } };
      return {
        status: 200,
        body: '{"tags":[]}',
        headers: { "x-internal": "shown", "set-cookie": "s3cret", location: "/x?sig=1" },
      };
    };
    const credentials = { kind: "basic", username: "me", password: "s3cret" } as const;
    const { lines, logger } = debugging();
    await using setup = await scriptedSetup(script, { logger, credentials, logging: { unredacted: true } });
    await Array.fromAsync(setup.registry.repository("app").tags());
    expect(lines.at(-1)).toMatchObject({
      status: 200,
      requestHeaders: { authorization: "REDACTED" },
      responseHeaders: { "x-internal": "shown", "set-cookie": "REDACTED", location: "/x?sig=1" },
    });
    expect(JSON.stringify(lines)).not.toMatch(/s3cret|bWU6czNjcmV0/);
    const plain = debugging();
    await using other = await scriptedSetup(script, { logger: plain.logger, credentials });
    await Array.fromAsync(other.registry.repository("app").tags());
    expect(JSON.stringify(plain.lines)).not.toMatch(/shown|sig=1|requestHeaders/);
  });
});
