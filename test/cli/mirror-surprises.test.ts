import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hook } from "tranship";
import { describe, expect, it } from "vitest";
import { tableRows } from "../project/markdown.ts";
import { WORKSPACE } from "../project/packages.ts";
import { sampleImage, seed } from "../support/sample-image.ts";
import { Workbench } from "./workbench.ts";

const PAGE = await readFile(join(WORKSPACE, "docs/mirror-file.md"), "utf8");
const ROWS = tableRows(PAGE, ["what happens", "said", "and then"]);

/** The hosts of a scene. */
interface Hosts {
  readonly from: string;
  readonly to: string;
  /** Asks for a user and a password. */
  readonly locked: string;
  /** Has no catalogue; or it fails. */
  readonly unlisted: string;
  readonly failing: string;
}

/** What the file says, in JSON, and what is copied all the same. */
interface Scene {
  readonly mirrors: (hosts: Hosts) => readonly object[];
  readonly hosts?: (hosts: Hosts) => object;
  readonly copied?: readonly string[];
}

/** A mirror that nothing is wrong with. */
const GOOD = ({ from, to }: Hosts): object => ({ from: `${from}/team/app`, to: `${to}/good` });
const GOOD_TAGS = ["good:v1", "good:v2"];
const ofApp = (more: object) => ({
  mirrors: ({ from, to }: Hosts) => [{ from: `${from}/team/app`, to: `${to}/app`, ...more }],
});
const besideGood = (entry: (hosts: Hosts) => object): Scene => ({
  mirrors: (hosts) => [entry(hosts), GOOD(hosts)],
  copied: GOOD_TAGS,
});

const SCENES: Readonly<Record<string, Scene>> = {
  "a filter that matches nothing": ofApp({ tags: { glob: "x*" } }),
  "no tag is a version": ofApp({ tags: { semver: ">=1" } }),
  "a `*` that no repository fits": { mirrors: ({ from, to }) => [{ from: `${from}/none/*`, to: `${to}/{match}` }] },
  "a catalogue where there is none": besideGood(({ unlisted, to }) => ({
    from: `${unlisted}/team/*`,
    to: `${to}/{match}`,
  })),
  "a catalogue that fails": besideGood(({ failing, to }) => ({ from: `${failing}/team/*`, to: `${to}/{match}` })),
  "a repository that vanished": besideGood(({ from, to }) => ({ from: `${from}/team/gone`, to: `${to}/gone` })),
  "a tag, given by name, that is not there": { ...ofApp({ tags: ["v1", "v9"] }), copied: ["app:v1"] },
  "two mirrors that write one tag, as their lists show": {
    mirrors: ({ from, to }) => [
      { from: `${from}/team/app`, to: `${to}/app`, tags: { glob: "v*" } },
      { from: `${from}/team/web`, to: `${to}/app`, tags: { glob: "*1" } },
    ],
    copied: ["app:v1", "app:v2"],
  },
  "a template that gives two sources one tag": {
    mirrors: ({ from, to }) => [
      { from: `${from}/x/*`, to: `${to}/all:{match}-{tag}`, repositories: ["a", "a-b"], tags: { glob: "*" } },
    ],
    copied: ["all:a-b-1"],
  },
  "a template that gives no tag": besideGood(({ from, to }) => ({
    from: `${from}/*`,
    to: `${to}/all:{match}-{tag}`,
    repositories: ["team/app"],
  })),
  "signatures that the mirror does not take": {
    mirrors: ({ from, to }) => [{ from: `${from}/signed`, to: `${to}/signed`, referrers: true }],
    copied: ["signed:v1"],
  },
  "times that the registry does not list": besideGood(({ from, to }) => ({
    from: `${from}/team/app`,
    to: `${to}/app`,
    tags: { newest: 1 },
  })),
  "credentials that are missing": besideGood(({ locked, to }) => ({ from: `${locked}/team/app`, to: `${to}/app` })),
  "credentials that are refused": {
    ...besideGood(({ locked, to }) => ({ from: `${locked}/team/app`, to: `${to}/app` })),
    hosts: ({ locked }) => ({ [locked]: { credentials: { username: "anna", password: "wrong" } } }),
  },
  "a target that can't be reached": {
    mirrors: ({ from, to }) => [{ from: `${from}/team/app`, to: ["127.0.0.1:1/app", `${to}/app`] }],
    copied: ["app:v1", "app:v2"],
  },
};

const wantsUser: Hook = async ({ headers }, next) => {
  if (headers["authorization"] === `Basic ${Buffer.from("anna:right").toString("base64")}`) return next();
  return { status: 401, headers: { "www-authenticate": 'Basic realm="test"' }, body: "{}" };
};

const answersCatalogue =
  (status: number): Hook =>
  async ({ path }, next) =>
    path === "/v2/_catalog" ? { status, body: "{}" } : next();

async function setup(bench: Workbench): Promise<Hosts> {
  const from = await bench.serve();
  for (const [name, tags] of [
    ["team/app", ["v1", "v2"]],
    ["team/web", ["v1", "w2"]],
    ["x/a", ["b-1"]],
    ["x/a-b", ["1"]],
  ] as const) {
    for (const tag of tags) await seed(bench.repository(from, name), sampleImage({ seed: `${name} ${tag}` }), tag);
  }
  const signed = await seed(bench.repository(from, "signed"), sampleImage({ seed: "signed" }), "v1");
  await seed(bench.repository(from, "signed"), sampleImage({ seed: "sig" }), `${signed.digest.replace(":", "-")}.sig`);
  const [to, locked] = [await bench.serve(), await bench.serve(wantsUser)];
  const [unlisted, failing] = [await bench.serve(answersCatalogue(404)), await bench.serve(answersCatalogue(500))];
  return {
    from: from.address,
    to: to.address,
    locked: locked.address,
    unlisted: unlisted.address,
    failing: failing.address,
  };
}

describe("docs/mirror-file.md, what is found out later", () => {
  it("has a scene for each row", () => {
    expect(ROWS.map(([what]) => what).toSorted()).toEqual(Object.keys(SCENES).toSorted());
  });

  it.each(ROWS)("%s", async (what, said = "", then = "") => {
    await using bench = await Workbench.open();
    const hosts = await setup(bench);
    const scene = SCENES[what ?? ""];
    if (scene === undefined) throw new Error(`No scene for ${what}`);
    const file = { version: 1, hosts: scene.hosts?.(hosts) ?? {}, mirrors: scene.mirrors(hosts) };
    await writeFile(bench.path("mirror.yaml"), JSON.stringify(file));
    const run = await bench.run(["sync", "-f", "mirror.yaml", "--retries", "0"]);
    expect(run.stderr).toContain(said);
    expect(run.code).toBe(Number(/^exit code (\d)/.exec(then)?.[1]));
    const repositories = await bench.run(["repos", hosts.to]);
    const copied: string[] = [];
    for (const name of repositories.stdout.split("\n").filter(Boolean)) {
      const repository = name.slice(name.indexOf("/") + 1);
      const tags = await bench.run(["ls", `${hosts.to}/${repository}`]);
      copied.push(
        ...tags.stdout
          .split("\n")
          .filter(Boolean)
          .map((tag) => `${repository}:${tag}`),
      );
    }
    expect(copied.toSorted()).toEqual((scene.copied ?? []).toSorted());
  });
});
