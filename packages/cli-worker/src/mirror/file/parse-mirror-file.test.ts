import { describe, expect, it } from "vitest";
import type { MirrorFile } from "../mirror-file.ts";
import { MirrorFileError } from "../problem.ts";
import { parseMirrorFile } from "./parse-mirror-file.ts";
import type { Variables } from "./variables.ts";

function parse(text: string, variables: Variables = {}) {
  return parseMirrorFile({ text, name: "m.yaml", folder: "/etc/mirrors", variables });
}

function problemsOf(text: string, variables: Variables = {}): readonly string[] {
  try {
    parse(text, variables);
    return [];
  } catch (error) {
    if (error instanceof MirrorFileError) return error.lines;
    throw error;
  }
}

const mirror = (entry: string): string => `version: 1\nmirrors:\n  - ${entry}`;
const only = ({ mirrors }: MirrorFile) => {
  const [first] = mirrors;
  if (first === undefined) throw new Error("no mirror");
  return first;
};

describe("parseMirrorFile()", () => {
  it("reads hosts, defaults and mirrors", () => {
    const { file, warnings } = parse(
      `version: 1
hosts:
  docker.io: { credentials: { username: "\${HUB_USER}", password: "\${HUB_TOKEN}" }, requestsPerSecond: 5 }
  "Registry.Internal:5000": { ca: ca.crt, bytesPerSecond: 50MB, concurrency: 8 }
defaults: { platforms: [linux/amd64, linux/arm64], referrers: true }
mirrors:
  - from: docker.io/alpine
    to: registry.internal:5000/mirror/alpine
    tags: { semver: ">=3.18", newest: 5, exclude: ["*-rc*"], immutable: ["3.*.*"] }
  - from: harbor.example/acme/*
    to: ["registry.internal:5000/acme/{match}", "backup.internal/acme/{match}"]
    platforms: all
    prune: true
`,
      { HUB_USER: "me", HUB_TOKEN: "hunter2" },
    );

    expect(warnings).toEqual([]);
    expect(file.hosts.get("docker.io")).toMatchObject({
      credentials: { kind: "password", username: "me", password: "hunter2" },
      limits: { requestsPerSecond: 5 },
    });
    expect(file.hosts.get("registry.internal:5000")).toMatchObject({
      tls: { ca: "/etc/mirrors/ca.crt", insecure: false, plainHttp: false },
      limits: { bytesPerSecond: 50_000_000, concurrency: 8 },
    });
    const [alpine, acme] = file.mirrors;
    expect(alpine).toMatchObject({
      at: { line: 7, column: 5 },
      from: { host: "docker.io", repositories: ["library/alpine"] },
      tags: { newest: 5, listed: true },
      referrers: true,
      prune: undefined,
    });
    expect(alpine?.platforms).toHaveLength(2);
    expect(acme).toMatchObject({ platforms: undefined, referrers: true, prune: { maxDelete: 50 } });
    expect(acme?.to.map(({ host }) => host)).toEqual(["registry.internal:5000", "backup.internal"]);
  });

  it("takes what a variable holds as it is: no YAML, no other variable", () => {
    const { file } = parse(
      'version: 1\nhosts: { "${HOST}": { credentials: { token: "${T}" } } }\nmirrors: [{ from: "${HOST}/app", to: "b.example/${N:-app}" }]',
      { HOST: "a.example", T: "}: ${HOST} # x", N: "" },
    );
    expect(file.hosts.get("a.example")?.credentials).toEqual({ kind: "token", token: "}: ${HOST} # x" });
    expect(only(file)).toMatchObject({ from: { host: "a.example" }, to: [{ text: "b.example/app" }] });
  });

  it("says where an unset variable is, all of them at once", () => {
    expect(problemsOf('version: 1\nmirrors:\n  - from: "${A}/x"\n    to: "b.example/${B}-${9}"\n')).toEqual([
      "m.yaml:3:11: the variable A is not set: set it, or write ${A:-default}",
      "m.yaml:4:9: the variable B is not set: set it, or write ${B:-default}",
      'm.yaml:4:9: "${9}" is no variable: write ${NAME} or ${NAME:-default}; $${ is "${" itself',
    ]);
  });

  it("reads $${ as the characters themselves", () => {
    const { file } = parse(
      `version: 1\nhosts: { a.b: { credentials: { username: u, password: "$\${x}" } } }\nmirrors: [{ from: a.b/c, to: d.e/f }]`,
    );
    expect(file.hosts.get("a.b")?.credentials).toMatchObject({ password: "${x}" });
  });

  it("shows no secret in a message, whether it is written or substituted", () => {
    const text = (credentials: string): string =>
      `version: 1\nhosts: { a.b: { credentials: ${credentials} } }\nmirrors: [{ from: a.b/c, to: d.e/f }]`;
    for (const credentials of [
      '{ token: ["hunter2"] }',
      '"hunter2"',
      '{ helper: "hunter 2" }',
      "{ username: hunter2 }",
    ]) {
      expect(problemsOf(text(credentials)).join()).toMatch(/m\.yaml:2/);
      expect(problemsOf(text(credentials)).join()).not.toContain("hunter");
    }
    const substituted = problemsOf(mirror('{ from: a.b/c, to: d.e/f, tags: { newest: "${N}" } }'), { N: "hunter2" });
    expect(substituted).toEqual([
      'm.yaml:3:47: mirrors[0].tags.newest: expected a whole number from 1, found "${N}" (a variable gives a text)',
    ]);
  });

  it("shows variables as they are written, whatever is wrong with what they stand for", () => {
    const withTarget = (to: string, variables: Variables) =>
      problemsOf(mirror(`{ from: a.b/c, to: ${JSON.stringify(to)} }`), variables);
    expect(withTarget("me:${P}@host/zz/web", { P: "hunter2" })).toEqual([
      'm.yaml:3:24: mirrors[0].to: "***@host/zz/web": leave out user and password; they go to credentials of the host',
    ]);
    for (const P of ["hunter2", "HUNTER2", "hunter2/hunter2", "hunter2@hunter2", 'hunter2"hunter2', "hunter2:hunter2"])
      for (const to of [
        "me:${P}@host/zz/web",
        "https://me:${P}@host/zz",
        "${P}",
        "host.b/${P}",
        "${P}/x",
        "a.b/x:${P}",
        "a.b/x@${P}",
        "a.b/{${P}}",
      ]) {
        const lines = withTarget(to, { P }).join();
        expect(lines.toLowerCase()).not.toContain("hunt");
        if (lines !== "") expect(lines).toMatch(/\$\{P\}|\*\*\*@/);
      }
    const tags = mirror('{ from: a.b/c, to: d.e/f, tags: { semver: "${P}", newerThan: "${P}", glob: "[${P}" } }');
    expect(problemsOf(tags, { P: "hunter 2" }).join("\n")).toMatch(/"\$\{P\}" is no range.*"\$\{P\}" is neither/s);
    expect(problemsOf(tags, { P: "hunter 2" }).join()).not.toContain("hunter");
    const twice = mirror('{ from: "${H}/c", to: ["${H}/d", "${H}/d"] }');
    expect(problemsOf(twice, { H: "hunter2.example" })).toEqual([
      'm.yaml:3:38: mirrors[0].to: "${H}/d" is there twice',
    ]);
  });

  it("shows a variable's value where it stands in the file too", () => {
    const text = mirror('{ from: "${H}/c", to: "a.example/{tag}" }');
    expect(problemsOf(text, { H: "a.example" })).toEqual([
      "m.yaml:3:27: mirrors[0].to: {tag} can't be in a repository; there are {repository}, {match}, {host}",
    ]);
  });

  it("says several things at once, in the order of the file", () => {
    const lines = problemsOf("version: 2\nhost: {}\nmirrors:\n  - { from: a.b/c, tags: [3.20] }\n  - {}\n");
    expect(lines.map((line) => line.split(": ")[0])).toEqual([
      "m.yaml:1:10",
      "m.yaml:2:1",
      "m.yaml:4:5",
      "m.yaml:4:27",
      "m.yaml:5:5",
      "m.yaml:5:5",
    ]);
    expect(lines[1]).toContain('unknown key "host"; did you mean "hosts"?');
    expect(lines[3]).toContain('found the number 3.20; for a text write "3.20"');
  });

  it("gives the line in a value that an alias stands for", () => {
    expect(
      problemsOf("version: 1\ndefaults: { tags: &t { newest: x } }\nmirrors: [{ from: a.b/c, to: d.e/f, tags: *t }]"),
    ).toEqual([
      'm.yaml:2:32: defaults.tags.newest: expected a whole number from 1, found "x"',
      'm.yaml:2:32: mirrors[0].tags.newest: expected a whole number from 1, found "x"',
    ]);
  });

  it("reads one platform without a list around it, and the word all as no choice", () => {
    const platformsOf = (platforms: string) =>
      only(parse(mirror(`{ from: a.b/c, to: d.e/f, platforms: ${platforms} }`)).file).platforms;
    expect(platformsOf("linux/arm64")).toEqual([{ os: "linux", architecture: "arm64" }]);
    expect(platformsOf("all")).toBeUndefined();
    expect(problemsOf(mirror("{ from: a.b/c, to: d.e/f, platforms: linux }"))[0]).toContain(
      'expected a platform, or a list of them, such as [linux/amd64, linux/arm64], or the word all, found "linux"',
    );
  });

  it("reads what a mirror may prune, and under which name its tags are recorded", () => {
    const pruneOf = (prune: string) =>
      only(parse(`version: 1\nmirrors: [{ from: a.b/c, to: d.e/f, prune: ${prune} }]`).file).prune;
    expect(pruneOf("true")).toEqual({ maxDelete: 50, ownership: "record" });
    expect(pruneOf("{ ownership: pattern }")).toEqual({ maxDelete: 50, ownership: "pattern" });
    expect(pruneOf("{ maxDelete: 3 }")).toEqual({ maxDelete: 3, ownership: "record" });
    expect(pruneOf("false")).toBeUndefined();
    const text = "mirrors: [{ from: a.b/c, to: d.e/f }]";
    const place = { name: "m.yaml", folder: "/etc", path: "/etc/m.yaml", variables: {} };
    expect(parseMirrorFile({ ...place, text: `version: 1\n${text}` }).file.owner).toBe("/etc/m.yaml");
    expect(parseMirrorFile({ ...place, text: `version: 1\nname: hub\n${text}` }).file.owner).toBe("hub");
    expect(parseMirrorFile({ ...place, path: undefined, text: `version: 1\n${text}` }).file.owner).toBeUndefined();
  });

  it("refuses a second document where that begins", () => {
    expect(problemsOf(`version: 1\n---\nversion: 1\n`)).toEqual([
      "m.yaml:2:1: the file has several documents: one is expected",
    ]);
  });

  it("refuses a text that would grow without end", () => {
    const bomb = [
      "a: &a [x, x, x, x, x, x, x, x, x]",
      ..."bcdefgh"
        .split("")
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[index]}`).join(", ")}]`),
    ];
    expect(problemsOf(bomb.join("\n"))[0]).toMatch(/^m\.yaml:1:1: no YAML that can be used/);
  });

  it("tells tags from globs in a list, and reads a list of tags only where a glob needs it", () => {
    const tagsOf = (tags: string) => only(parse(mirror(`{ from: a.b/c, to: d.e/f, tags: ${tags} }`)).file).tags;

    expect(tagsOf('["3.20", latest]')).toMatchObject({ names: ["3.20", "latest"], listed: false, glob: undefined });
    expect(tagsOf('["3.*", latest]')).toMatchObject({ names: ["latest"], listed: true, glob: [{ text: "3.*" }] });
    expect(tagsOf("latest")).toMatchObject({ names: ["latest"], listed: false });
    expect(tagsOf("{ names: latest, semver: '1.x' }")).toMatchObject({ names: ["latest"], listed: true });
    expect(tagsOf('{ immutable: "*" }')).toMatchObject({ listed: true });
  });

  it("reads one image by tag or digest", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    expect(only(parse(mirror("{ from: a.b/c:v1, to: d.e/f }")).file).tags).toMatchObject({
      names: ["v1"],
      listed: false,
    });
    expect(only(parse(mirror(`{ from: "a.b/c@${digest}", to: d.e/f:v1 }`)).file)).toMatchObject({
      from: { digest },
      tags: { names: [], listed: false },
      to: [{ tag: ["v1"] }],
    });
  });

  it("reads windows, over midnight and on some days", () => {
    const windows = '[{ since: "22:30", until: "06:00", days: [sat, sun], bytesPerSecond: 1.5 GiB }]';
    const { file } = parse(
      `version: 1\nhosts: { a.b: { windows: ${windows} } }\nmirrors: [{ from: a.b/c, to: d.e/f }]`,
    );
    expect(file.hosts.get("a.b")?.windows).toEqual([
      { since: 1350, until: 360, days: new Set([6, 0]), limits: { bytesPerSecond: 1.5 * 2 ** 30 } },
    ]);
  });

  it("warns of a mirror that reads what another one writes", () => {
    const { warnings } = parse(mirror("{ from: a.b/c, to: d.e/f }\n  - { from: d.e/f, to: g.h/i }"));
    expect(warnings).toEqual([
      'm.yaml:4:13: mirrors[1]: it reads what mirrors[0] writes ("d.e/f"): what is new there may arrive here one run later',
    ]);
  });

  it("warns of rules for a host that nothing asks", () => {
    const hosts = 'a.b: { mirrors: [m.n] }, m.n: {}, "d.e:5000": { requestsPerSecond: 5 }, d.e: {}';
    const { warnings } = parse(`version: 1\nhosts: { ${hosts} }\nmirrors: [{ from: a.b/c, to: d.e/f }]`);
    expect(warnings).toEqual([
      'm.yaml:2:44: hosts["d.e:5000"]: nothing in mirrors names this host, so what is said here counts for none',
    ]);
  });

  it("takes for no loop what only shares a repository", () => {
    expect(problemsOf(mirror("{ from: a.b/c:v1, to: a.b/c:stable }"))).toEqual([]);
    expect(problemsOf(mirror('{ from: a.b/c, to: "a.b/c:stable", tags: v1 }'))).toEqual([]);
    expect(problemsOf(mirror('{ from: "a.b/x/*", to: "a.b/y/{match}" }'))).toEqual([]);
  });

  it("finds loops through several mirrors and names", () => {
    expect(
      problemsOf(mirror('{ from: localhost:5000/c, to: a.b/c }\n  - { from: a.b/c, to: "127.0.0.1:5000/c" }')),
    ).toEqual([
      'm.yaml:3:35: mirrors[0]: a loop: "a.b/c" feeds its own source in the end, through mirrors[1] (line 4)',
    ]);
    expect(problemsOf(mirror('{ from: "a.b/*", to: "a.b/backup/{match}" }'))).toEqual([
      'm.yaml:3:26: mirrors[0]: a loop: "a.b/backup/{match}" feeds its own source',
    ]);
  });
});
