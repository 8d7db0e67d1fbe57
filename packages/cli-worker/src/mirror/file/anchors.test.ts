import { describe, expect, it } from "vitest";
import { MirrorFileError } from "../problem.ts";
import { parseMirrorFile } from "./parse-mirror-file.ts";
import type { Variables } from "./variables.ts";

function parse(text: string, variables: Variables = {}) {
  return parseMirrorFile({ text, name: "m.yaml", folder: "/", variables });
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

describe("parseMirrorFile() of a file with anchors, merge keys and x-… keys", () => {
  it("reads it as if everything was written out", () => {
    const short = `version: 1
x-login: &login { credentials: { username: me, password: "\${P}" } }
x-versions: &versions { semver: ">=1", exclude: &rc ["*-rc*"] }
x-kept: &kept
  tags: { <<: *versions, newest: 5 }
  platforms: &platforms [linux/amd64]
  prune: true
hosts:
  a.example: { <<: *login, concurrency: 4, x-owner: team-a }
  b.example: *login
defaults: { platforms: *platforms, x-why: "we have these" }
mirrors:
  - { <<: *kept, from: a.example/c, to: b.example/c }
  - <<: [*kept, { referrers: true, prune: false }]
    from: a.example/d
    to: b.example/d
    tags: { glob: "1.*", exclude: *rc }
    x-note: { of: anything }
`;
    const long = `version: 1
hosts:
  a.example: { credentials: { username: me, password: "\${P}" }, concurrency: 4 }
  b.example: { credentials: { username: me, password: "\${P}" } }
defaults: { platforms: [linux/amd64] }
mirrors:
  - { from: a.example/c, to: b.example/c, tags: { semver: ">=1", exclude: ["*-rc*"], newest: 5 }, platforms: [linux/amd64], prune: true }
  - { from: a.example/d, to: b.example/d, tags: { glob: "1.*", exclude: ["*-rc*"] }, platforms: [linux/amd64], prune: true, referrers: true }
`;
    const withoutPlaces = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (key, inner) => (key === "at" || key === "line" || key === "column" ? undefined : inner)),
      );
    const [one, other] = [short, long].map((text) => parse(text, { P: "secret" }));
    expect(withoutPlaces(one?.file.mirrors)).toEqual(withoutPlaces(other?.file.mirrors));
    expect(withoutPlaces([...(one?.file.hosts ?? [])])).toEqual(withoutPlaces([...(other?.file.hosts ?? [])]));
    expect(one?.warnings).toEqual([]);
  });

  it("lets a map's own key win over a merged one, wherever << stands", () => {
    const own = (entry: string): unknown =>
      parse(`version: 1\nx-a: &a { referrers: true }\nmirrors: [{ ${entry} }]`).file.mirrors[0]?.referrers;
    expect(own("<<: *a, from: a.b/c, to: d.e/f, referrers: false")).toBe(false);
    expect(own("referrers: false, <<: *a, from: a.b/c, to: d.e/f")).toBe(false);
    expect(own("<<: [{ referrers: false }, *a], from: a.b/c, to: d.e/f")).toBe(false);
  });

  it("substitutes a variable once, however many places share it, and none that nothing uses", () => {
    const text = `version: 1
x-unused: { password: "\${UNSET}" }
x-a: &a { from: "\${H}/c" }
mirrors:
  - { <<: *a, to: d.e/f }
  - { <<: *a, to: d.e/g }
`;
    const { file } = parse(text, { H: "a.b" });
    expect(file.mirrors.map(({ from }) => from.host)).toEqual(["a.b", "a.b"]);
    // What a variable holds is no variable, the second time either.
    expect(problemsOf(text, { H: "${Y}", Y: "other.example" })).toHaveLength(2);
  });

  it("takes a host whose name begins with x- for a host", () => {
    const text =
      'version: 1\nhosts: { "x-files:5000": { plainHttp: true } }\nmirrors: [{ from: "x-files:5000/a", to: b.c/d }]';
    expect([...parse(text).file.hosts.keys()]).toEqual(["x-files:5000"]);
  });

  it("names what is wrong where it stands: in what is merged, or at the <<", () => {
    const mirror = (entry: string, before = ""): string =>
      `version: 1\n${before}\nmirrors: [{ from: a.b/c, to: d.e/f, ${entry} }]`;
    expect(problemsOf(mirror("<<: *a", "x-a: &a { refferers: true, platforms: 5 }"))).toEqual([
      'm.yaml:2:11: mirrors[0]: unknown key "refferers"; did you mean "referrers"?',
      expect.stringMatching(/^m\.yaml:2:39: mirrors\[0\]\.platforms: expected a platform/),
    ]);
    expect(problemsOf(mirror("<<: 5"))).toEqual([
      'm.yaml:3:37: no YAML that can be used: "<<" merges a map or a list of maps',
    ]);
    expect(problemsOf(mirror("<<: *a", "x-a: &a [1]"))).toEqual([
      'm.yaml:3:37: no YAML that can be used: "<<" merges a map or a list of maps',
    ]);
    expect(problemsOf(mirror('"<<": {}'))).toEqual([expect.stringMatching(/^m\.yaml:3:37: .*unknown key "<<"/)]);
    expect(problemsOf(mirror("X-a: 1"))).toEqual([expect.stringMatching(/unknown key "X-a"/)]);
    expect(problemsOf(mirror("tags: &t { <<: *t }"))).toEqual([
      'm.yaml:3:52: no YAML that can be used: the alias "t" stands inside what it stands for',
    ]);
    expect(problemsOf(mirror("tags: *none"))).toEqual([expect.stringMatching(/^m\.yaml:3:43: /)]);
  });

  it.each([
    ["aliases", (of: string) => `{ p: *${of}, q: *${of}, r: *${of} }`],
    ["merges", (of: string) => `{ p: { <<: *${of} }, q: { <<: *${of} }, r: { <<: *${of} } }`],
  ])("refuses a text that would grow without end by %s", (_, grown) => {
    const names = Array.from({ length: 24 }, (__, at) => `n${at}`);
    const lines = names.map((name, at) => `x-${name}: &${name} ${at === 0 ? "{ a: 1 }" : grown(`n${at - 1}`)}`);
    expect(problemsOf(lines.join("\n"))).toEqual([
      "m.yaml:1:1: no YAML that can be used: aliases and merges make too much of it",
    ]);
  });
});
