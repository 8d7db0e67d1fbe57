import { mkdir, writeFile } from "node:fs/promises";
import { openLayout } from "@tranship/core";
import { beforeAll, describe, expect, it } from "vitest";
import { sampleIndex, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

/** What is wrong, the arguments, and what the one line says. REF is an image in a registry, PLACE its repository. */
const BAD_INPUTS: readonly (readonly [what: string, args: readonly string[], says: RegExp])[] = [
  ["an unknown command", ["cpoy", "REF", "oci:new"], /Unknown command "cpoy"; did you mean copy\?/],
  [
    "an unknown flag",
    ["copy", "--platfrm", "x", "REF", "oci:new"],
    /Unknown option "--platfrm" of tranship copy; did you mean --platform\?/,
  ],
  ["a missing argument", ["copy", "REF"], /tranship copy needs "DST"; see tranship copy --help/],
  ["an argument too many", ["digest", "REF", "oci:new"], /Too many arguments for tranship digest/],
  ["a malformed reference", ["copy", "r.example/APP:v1", "oci:new"], /lower case/],
  ["a malformed tag", ["tag", "REF", "a b"], /Bad tag "a b"/],
  ["a malformed digest", ["digest", "PLACE@sha256:12"], /Bad digest/],
  ["a path that is no location", ["copy", "./layout", "oci:new"], /write oci:\.\/layout/],
  ["a URL", ["copy", "https://r.example/app", "oci:new"], /docker:\/\//],
  ["an archive", ["copy", "oci-archive:file.tar", "oci:new"], /this release doesn't read "oci-archive:"/],
  ["a transport that nobody knows", ["copy", "box:/tmp/x", "oci:new"], /transport "box" is unknown/],
  ["oci: without a directory", ["copy", "REF", "oci:"], /directory is missing/],
  ["a directory that is not there", ["copy", "oci:missing", "oci:new"], /no such directory/],
  ["a directory that is no layout", ["copy", "oci:plain", "oci:new"], /no "oci-layout" file/],
  ["a target directory that holds something else", ["copy", "REF", "oci:plain"], /holds other files/],
  ["a folder that can't be served", ["serve", "--port", "0", "plain"], /neither an OCI layout/],
  [
    "a platform that is not there",
    ["copy", "--platform", "linux/s390x", "REF", "oci:new"],
    /it has linux\/amd64, linux\/arm64/,
  ],
  ["a platform that is not there, of a digest", ["digest", "--platform", "linux/s390x", "REF"], /it has linux\/amd64/],
  ["a malformed platform", ["copy", "--platform", "linux", "REF", "oci:new"], /Bad platform "linux"/],
  ["an empty platform", ["copy", "--platform", "linux/amd64,", "REF", "oci:new"], /--platform/],
  ["a sparse index of all platforms", ["copy", "--sparse", "REF", "oci:new"], /add --platform/],
  ["what may lack of all platforms", ["copy", "--skip-missing-platforms", "REF", "oci:new"], /add --platform/],
  ["a sparse index of all platforms, compared", ["verify", "--sparse", "REF", "oci:new"], /add --platform/],
  ["no number", ["copy", "--concurrency", "many", "REF", "oci:new"], /from 1 to 1000/],
  ["a rate that is none", ["copy", "--limit-rate", "fast", "REF", "oci:new"], /such as 50MB/],
  ["a number out of range", ["serve", "--port", "65536", "layout"], /from 0 to 65535/],
  ["a credentials file that is not there", ["copy", "--authfile", "none.json", "REF", "oci:new"], /no such file/],
  ["a credentials file that is no JSON", ["copy", "--authfile", "broken.json", "REF", "oci:new"], /broken\.json/],
  ["credentials without a colon", ["copy", "--src-creds", "hunter2", "REF", "oci:new"], /user:password/],
  ["a CA file that is not there", ["ls", "--ca", "none.pem", "PLACE"], /--ca: there is no file "none\.pem"/],
  ["a CA file that is no certificate", ["ls", "--ca", "broken.json", "PLACE"], /no certificate in PEM/],
  ["a client certificate without a key", ["ls", "--client-cert", "a.pem", "PLACE"], /\[HOST=\]CERT:KEY/],
  ["a certificate folder that is not there", ["ls", "--cert-dir", "none", "PLACE"], /no such folder/],
  ["a malformed host", ["ls", "--plain-http", "http://x", "PLACE"], /Bad host "http:\/\/x": leave out "http:\/\/"/],
  ["hosts that exclude each other", ["ls", "--plain-http", "a.b", "--insecure", "a.b", "PLACE"], /exclude each other/],
  ["--all-tags with a tag", ["copy", "--all-tags", "REF", "oci:new"], /leave out "v1"/],
  ["--all-tags with --digestfile", ["copy", "--all-tags", "--digestfile", "d", "PLACE", "oci:new"], /--digestfile/],
  [
    "a digest file in a folder that is not there",
    ["copy", "--digestfile", "none/d", "REF", "oci:new"],
    /no folder "none"/,
  ],
  ["a target that is named twice", ["copy", "REF", "oci:new", "oci:new"], /named twice/],
  [
    "repos with a repository",
    ["repos", "r.example/team/app"],
    /repos takes a host: write "r\.example" for "r\.example\/team\/app"/,
  ],
  ["a URL as a host to log in to", ["login", "http://r.example/"], /leave out "http:\/\/": write HOST/],
  ["ls with a tag", ["ls", "REF"], /write "/],
  ["delete without a tag", ["delete", "PLACE"], /needs a tag or a digest/],
  ["two forms of output", ["inspect", "--raw", "--json", "REF"], /exclude each other/],
  ["login without a terminal", ["login", "r.example"], /--password-stdin/],
  ["a password without a user", ["login", "r.example", "--password-stdin"], /--username/],
];

describe("bad input", () => {
  let bench: Workbench;
  let place: string;
  const writes: string[] = [];

  beforeAll(async () => {
    bench = await Workbench.open();
    const server = await bench.serve((request, next) => {
      if (!["GET", "HEAD"].includes(request.method)) writes.push(`${request.method} ${request.path}`);
      return next();
    });
    place = `${server.address}/app`;
    await seed(bench.repository(server, "app"), sampleIndex(), "v1");
    await openLayout(bench.path("layout"), { create: true });
    await mkdir(bench.path("plain"));
    await writeFile(bench.path("plain", "file"), "");
    await writeFile(bench.path("broken.json"), "{");
    writes.length = 0;
    return () => bench[Symbol.asyncDispose]();
  });

  it.each(BAD_INPUTS)("%s ends in one line and exit 2, with nothing started", async (_what, args, says) => {
    const before = await bench.entries();
    const filled = args.map((arg) => arg.replace(/^REF$/, `${place}:v1`).replace(/^PLACE/, place));
    const run = await bench.run(filled);
    const stdout = args.includes("--json") ? expect.stringMatching(/^\{[^\n]+\}\n$/) : "";
    expect(run).toEqual({ code: 2, stdout, stderr: expect.stringMatching(/^tranship: [^\n]+\n$/) });
    expect(run.stderr).toMatch(says);
    expect(run.stderr).not.toContain("hunter2");
    expect(await bench.entries()).toEqual(before);
    expect(writes).toEqual([]);
  });

  it.each([
    ["an argument of copy", ["copy", "--json", "r.example/APP:v1", "oci:new"], "USAGE", /lower case/],
    ["a flag", ["ls", "--json", "--frob", "r.example/a"], "USAGE", /Unknown option "--frob" of tranship ls/],
    ["a layout that is none", ["copy", "oci:plain", "oci:new", "--json"], "LAYOUT_INVALID", /no "oci-layout" file/],
  ] as const)("with --json there is one line of JSON too: %s", async (_what, args, code, says) => {
    const run = await bench.run(args);
    expect(run.code).toBe(2);
    expect(run.stdout).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(run.stdout)).toEqual({
      type: "result",
      ok: false,
      error: { code, message: expect.stringMatching(says) },
    });
    expect(run.stderr).toMatch(/^tranship: [^\n]+\n$/);
  });

  it("after -- --json is an argument", async () => {
    expect(await bench.run(["ls", "--", "--json", "x"])).toMatchObject({ code: 2, stdout: "" });
  });
});
