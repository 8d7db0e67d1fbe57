import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { documentSchema } from "../file/document-schema.ts";
import { mirrorFileSchema } from "./json-schema.ts";

const SCHEMA = mirrorFileSchema();
const FILE = join(import.meta.dirname, "../../../schema/mirror.schema.json");
const check = new Ajv2020({ allErrors: true }).compile(SCHEMA);

const MIRRORS = "mirrors: [{ from: a.b/c, to: d.e/f }]";
const withHost = (settings: string): string => `version: 1\nhosts: { a.b: ${settings} }\n${MIRRORS}`;
const withTags = (tags: string): string => `version: 1\nmirrors: [{ from: a.b/c, to: d.e/f, tags: ${tags} }]`;
const withMirror = (settings: string): string => `version: 1\nmirrors: [{ from: a.b/c, to: d.e/f, ${settings} }]`;

const GOOD: readonly string[] = [
  `version: 1\n${MIRRORS}`,
  withHost("{ credentials: { username: u, password: p } }"),
  withHost("{ credentials: { token: t } }"),
  withHost("{ credentials: { helper: ecr-login } }"),
  withHost("{ credentials: anonymous }"),
  withHost("{ ca: a.crt, clientCert: { cert: a, key: b }, mirrors: [c.d], concurrency: 8 }"),
  withHost("{ bytesPerSecond: 50MB, requestsPerSecond: 0.5 }"),
  withHost("{ bytesPerSecond: 1000 }"),
  withHost('{ windows: [{ since: "08:00", until: "18:00", days: [mon], concurrency: 2 }] }'),
  withHost('{ allowRedirectTo: ["10.0.0.1:9000"], allowHttpRedirectTo: [storage.example] }'),
  withTags("latest"),
  withTags("[latest, '3.*']"),
  withTags(
    "{ glob: '3.*', regex: [a, b], semver: '>=1', newest: 3, newerThan: 30d, by: created, exclude: x, immutable: ['*'] }",
  ),
  withMirror(
    "platforms: all, missingPlatforms: skip, sparse: true, referrers: false, cosignTags: true, prune: { maxDelete: 3 }",
  ),
  withMirror("prune: { ownership: pattern }"),
  withMirror("prune: { maxDelete: 3, ownership: record }"),
  `version: 1\nname: hub.mirror-1\n${MIRRORS}`,
  withMirror("platforms: [linux/amd64], prune: true, repositories: [a], excludeRepositories: [b]"),
  `version: 1\ndefaults: { tags: latest, prune: true }\n${MIRRORS}`,
];

const BAD: readonly string[] = [
  "{}",
  "[]",
  "x",
  MIRRORS,
  `version: 2\n${MIRRORS}`,
  `version: "1"\n${MIRRORS}`,
  "version: 1",
  "version: 1\nmirrors: []",
  "version: 1\nmirrors: [{ to: d.e/f }]",
  "version: 1\nmirrors: [{ from: a.b/c, to: [] }]",
  `version: 1\nextra: 1\n${MIRRORS}`,
  withHost("{ credentials: { username: u } }"),
  withHost("{ credentials: { token: t, helper: h } }"),
  withHost("{ credentials: nobody }"),
  withHost("{ insecure: 1 }"),
  withHost("{ allowRedirectTo: true }"),
  withHost("{ allowHttpRedirectTo: [] }"),
  withHost("{ bytesPerSecond: fast }"),
  withHost("{ bytesPerSecond: 0 }"),
  withHost("{ requestsPerSecond: 0 }"),
  withHost("{ concurrency: 1.5 }"),
  withHost('{ windows: [{ since: "8:00", until: "18:00" }] }'),
  withHost('{ windows: [{ since: "08:00", until: "18:00", days: [monday] }] }'),
  withTags("[]"),
  withTags("3.20"),
  withTags("[3.20]"),
  withTags("{ newest: 0 }"),
  withTags("{ newest: many }"),
  withTags("{ by: pushed }"),
  withTags("{ globs: x }"),
  withTags("' '"),
  withMirror("platforms: none"),
  withMirror("platforms: []"),
  withMirror("prune: { maxDelete: 0 }"),
  withMirror("prune: { ownership: mine }"),
  withMirror("prune: record"),
  `version: 1\nname: "a name"\n${MIRRORS}`,
  withMirror("repositories: []"),
];

describe("mirrorFileSchema()", () => {
  it("is the file that is published", async () => {
    await expect(`${JSON.stringify(SCHEMA, undefined, 2)}\n`).toMatchFileSnapshot(FILE);
  });

  it.each(GOOD)("takes what the reader takes: %s", (text) => {
    expect(documentSchema.safeParse(parse(text)).success).toBe(true);
    expect(check(parse(text))).toBe(true);
  });

  it.each(BAD)("refuses what the reader refuses: %s", (text) => {
    expect(documentSchema.safeParse(parse(text)).success).toBe(false);
    expect(check(parse(text))).toBe(false);
  });

  it("takes a variable in the place of a text that has a form", () => {
    expect(check(parse(withHost('{ bytesPerSecond: "${LIMIT:-50MB}" }')))).toBe(true);
    expect(check(parse(withHost('{ windows: [{ since: "${SINCE}", until: "18:00" }] }')))).toBe(true);
  });

  it("agrees with the reader on whatever is put into a good file", () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(null, true, 0, 1, 1.5, "", " ", "x", "1", "all", "anonymous", "created", [], ["x"], {}),
      fc.constantFrom<unknown>({ token: "x" }, { names: "x" }, { maxDelete: 2 }, [1], [{}], "50MB", "08:00", "mon"),
    );
    fc.assert(
      fc.property(fc.constantFrom(...GOOD), fc.nat(), value, (text, place, other) => {
        const document: unknown = parse(text);
        replaceAt(document, place, other);
        expect(check(document)).toBe(documentSchema.safeParse(document).success);
      }),
      { numRuns: 1000 },
    );
  });

  it("describes every key of the top, of a host, and of a mirror", () => {
    const properties = (schema: unknown): readonly unknown[] =>
      Object.values((schema as { properties: object }).properties);
    const top = SCHEMA as { properties: { hosts: { additionalProperties: unknown }; mirrors: { items: unknown } } };
    const keys = [SCHEMA, top.properties.hosts.additionalProperties, top.properties.mirrors.items].flatMap(properties);
    expect(keys.filter((key) => !/\.$/.test((key as { description?: string }).description ?? ""))).toEqual([]);
  });
});

/** Puts a value in the place of one of those in the document, or of its keys. */
function replaceAt(document: unknown, place: number, value: unknown): void {
  const places: (() => void)[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, inner] of Object.entries(node)) {
      places.push(() => Object.assign(node, { [key]: value }));
      visit(inner);
    }
  };
  visit(document);
  places[place % places.length]?.();
}
