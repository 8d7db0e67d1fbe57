import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const IMAGE = sampleImage({ layers: 1 });

/** What a server may put into a text to change a terminal: C0, DEL, C1, marks of direction, separators. */
const HOSTILE = "a\u001b[31m\u007f\u0085\u009b31m\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069z";
const UNSAFE = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u;

const OUTPUTS: readonly (readonly [string, readonly string[]])[] = [
  ["--debug", ["--debug"]],
  ["--json", ["--json"]],
  ["--json --debug", ["--json", "--debug"]],
  ["--log-level debug", ["--log-level", "debug"]],
  ["--quiet", ["--quiet"]],
];

const REPORTS = ["r.json", "r.md", "r.html"];

it.each(OUTPUTS)("copy %s and its reports escape what a registry says", async (_, flags) => {
  await using bench = await Workbench.open();
  const source = await bench.serve(async (request, next) =>
    request.route.kind === "manifest"
      ? {
          status: 403,
          headers: { "content-type": "application/json", warning: "199 - \u009b31m" },
          body: JSON.stringify({ errors: [{ code: "DENIED", message: HOSTILE, detail: { [HOSTILE]: HOSTILE } }] }),
        }
      : next(),
  );
  const reports = REPORTS.flatMap((name) => ["--report", name]);
  const run = await bench.run(["copy", ...flags, ...reports, `${source.address}/app:v1`, "oci:out:v1"]);
  expect(run.code).toBe(1);
  expect(`${run.stdout}${run.stderr}`).not.toMatch(UNSAFE);
  for (const line of flags.includes("--json") ? run.stdout.trim().split("\n") : []) JSON.parse(line);
  for (const name of REPORTS) expect(await readFile(bench.path(name), "utf8"), name).not.toMatch(UNSAFE);
});

/** As S3, GCS, Azure and CloudFront sign; the last is nobody's. */
const SIGNED: readonly (readonly [string, string])[] = [
  ["AWS", "X-Amz-Credential=AKIASECRETKEY%2F20260101&X-Amz-Signature=5ec4e75ec4e75ec4e7"],
  ["Google", "X-Goog-Signature=5ec4e75ec4e75ec4e7"],
  ["Azure", "sv=2025-01-05&sig=5ec4e7%2B5ec4e7%3D"],
  ["CloudFront", "Policy=5ec4e7policy&Signature=5ec4e75ec4e7&Key-Pair-Id=5ec4e7key"],
  ["a parameter of its own", "opensesame=5ec4e75ec4e7"],
  ["a query without names", "5ec4e75ec4e75ec4e7"],
];

const SECRET = /5ec4e7|AKIASECRET/i;

/** How storages repeat what they were asked. */
const ECHOES: readonly (readonly [string, (url: string, query: string) => { type: string; body: string }])[] = [
  ["text", (url) => ({ type: "text/plain", body: `no access to ${url}` })],
  ["a page", (url) => ({ type: "text/html", body: `<title>403 ${url.replaceAll("&", "&amp;")}</title>` })],
  ["values", (_, query) => ({ type: "text/plain", body: decodeURIComponent(query).replaceAll("&", " and ") })],
  [
    "JSON",
    (url, query) => ({
      type: "application/json",
      body: JSON.stringify({ errors: [{ code: "DENIED", message: `bad ${url}`, detail: { url, query: [query] } }] }),
    }),
  ],
];

/** Each cloud with two of the forms. */
const ECHOED = SIGNED.flatMap(([cloud, query], at) =>
  [...ECHOES, ...ECHOES].slice(at % 4, (at % 4) + 2).map(([form, echo]) => [cloud, form, query, echo] as const),
);

it.each(ECHOED)("copy shows and keeps no signed URL that storage repeats: %s, in %s", async (_, __, query, echo) => {
  await using bench = await Workbench.open();
  const storage = await bench.serve(async (request) => {
    const url = `http://${storage.address}${request.path}?${query}`;
    const { type, body } = echo(url, query);
    return { status: 403, headers: { "content-type": type, warning: `199 - "${url}"`, "x-cache": url }, body };
  });
  const source = await bench.serve(async (request, next) =>
    request.route.kind === "blob"
      ? { status: 307, headers: { location: `http://${storage.address}${request.path}?${query}` } }
      : next(),
  );
  await seed(bench.repository(source, "app"), IMAGE, "v1");
  const reports = REPORTS.flatMap((name) => ["--report", name]);
  const flags = ["--debug", "--log-level", "debug", "--json", "--state", bench.path("state"), ...reports];
  const run = await bench.run(["copy", ...flags, `${source.address}/app:v1`, "oci:out:v1"]);
  expect(run.code).toBe(1);
  expect(`${run.stdout}${run.stderr}`).not.toMatch(SECRET);
  for (const name of REPORTS) expect(await readFile(bench.path(name), "utf8"), name).not.toMatch(SECRET);
  for (const name of await readdir(bench.path("state")).catch(() => []))
    expect(await readFile(bench.path("state", name), "latin1"), name).not.toMatch(SECRET);
  // Whose refusal it is.
  expect(run.stderr).toContain(`it is ${storage.address} that refuses, where ${source.address} led to`);
  expect(run.stderr).not.toContain("tranship login");
});

it.each([401, 403])("copy says of a storage's %i that it is not the registry's, and names no login", async (status) => {
  await using bench = await Workbench.open();
  const storage = await bench.serve(async () => ({ status, body: "" }));
  const source = await bench.serve(async (request, next) =>
    request.route.kind === "blob"
      ? { status: 307, headers: { location: `http://${storage.address}${request.path}` } }
      : next(),
  );
  await seed(bench.repository(source, "app"), IMAGE, "v1");
  const run = await bench.run(["copy", "--json", "--src-creds", "me:pw", `${source.address}/app:v1`, "oci:out:v1"]);
  expect(run.stderr).toContain(
    `(${status}); it is ${storage.address} that refuses, where ${source.address} led to, and it was shown no credentials for ${source.address}`,
  );
  expect(run.stderr).not.toMatch(/tranship login|the credentials for|UNAUTHORIZED/);
  expect(run.stdout).not.toContain("UNAUTHORIZED");
});

const DEEP = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
const TOO_DEEP = "nested deeper than";

it("ls, copy, sync, apply and copy from a layout end in a sentence where a document is nested too deeply", async () => {
  await using bench = await Workbench.open();
  const server = await bench.serve(async (request, next) => {
    if (request.method !== "GET") return next();
    const headers = { "content-type": "application/json" };
    if (request.route.kind === "tags") return { status: 200, headers, body: `{"tags":[],"x":${DEEP}}` };
    if (request.route.kind === "catalog") return { status: 200, headers, body: `{"repositories":[],"x":${DEEP}}` };
    if (request.route.kind === "manifest")
      return {
        status: 200,
        headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
        body: `{"schemaVersion":2,"x":${DEEP}}`,
      };
    return next();
  });
  await mkdir(bench.path("layout"));
  await writeFile(bench.path("layout", "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(bench.path("layout", "index.json"), `{"schemaVersion":2,"manifests":[],"x":${DEEP}}`);
  await writeFile(bench.path("plan.json"), DEEP);
  await writeFile(bench.path("auth.json"), `{"auths":{},"x":${DEEP}}`);
  await writeFile(bench.path("mirror.yaml"), DEEP.slice(197_000, 203_000));
  const runs: readonly (readonly [readonly string[], number])[] = [
    [["ls", `${server.address}/app`], 1],
    [["repos", server.address], 1],
    [["copy", `${server.address}/app:v1`, "oci:out:v1"], 1],
    [["inspect", `${server.address}/app:v1`], 1],
    [["copy", "oci:layout:v1", "oci:out:v1"], 2],
    [["copy", "--authfile", "auth.json", `${server.address}/app:v1`, "oci:out:v1"], 2],
    [["apply", "plan.json"], 2],
    [["sync", "-f", "mirror.yaml"], 2],
    [["convert", "mirror.yaml"], 2],
  ];
  for (const [args, code] of runs) {
    const run = await bench.run(args);
    expect(run, args.join(" ")).toMatchObject({ code, stderr: expect.stringContaining(TOO_DEEP) });
    expect(run.stderr.split("\n")).toHaveLength(2);
  }
});
