import { IncompleteListError, StoreError } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { parseMirrorFile } from "../file/parse-mirror-file.ts";
import type { MirrorFile } from "../mirror-file.ts";
import { type ListCatalogue, RepositoryResolution, resolveRepositories } from "./resolve-repositories.ts";

const CATALOGUE = ["acme/app", "acme/team/db", "acme/web", "other/app"];

function fileWith(mirrors: string): MirrorFile {
  return parseMirrorFile({ text: `version: 1\nmirrors:\n${mirrors}`, name: "m.yaml", folder: "/", variables: {} }).file;
}

/** A catalogue that says who asked it. */
function catalogue(asked: string[] = [], names: readonly string[] = CATALOGUE): ListCatalogue {
  return async function* (host) {
    asked.push(host);
    yield* names;
  };
}

async function resolve(mirrors: string, list: ListCatalogue = catalogue()) {
  const file = fileWith(mirrors);
  const resolved = await resolveRepositories(file, { list, signal: new AbortController().signal });
  return {
    ...resolved,
    pairs: resolved.repositories.map(({ source, targets }) => [
      source.repository,
      targets.map(({ host, repository }) => `${host}/${repository}`),
    ]),
  };
}

describe("resolveRepositories()", () => {
  it("finds every repository below a namespace, and names their targets", async () => {
    const { pairs } = await resolve(
      '  - { from: "h.example/acme/*", to: ["a.example/x/{match}", "b.example/{host}/{repository}"] }',
    );

    expect(pairs).toEqual([
      ["acme/app", ["a.example/x/app", "b.example/h.example/acme/app"]],
      ["acme/team/db", ["a.example/x/team/db", "b.example/h.example/acme/team/db"]],
      ["acme/web", ["a.example/x/web", "b.example/h.example/acme/web"]],
    ]);
  });

  it("takes what came of a catalogue whose end is not proven, and says that the mirror may mean more", async () => {
    const doubt = new IncompleteListError("cut short", { method: "GET", url: "http://h.example/v2/_catalog" });
    const cut: ListCatalogue = async function* () {
      yield* ["acme/app", "other/app"];
      throw doubt;
    };
    const { pairs, failures, warnings } = await resolve(
      `  - { from: "h.example/acme/*", to: "a.example/x/{match}" }
  - { from: "h.example/none/*", to: "a.example/y/{match}" }
  - { from: "h.example/named", to: "a.example/named" }`,
      cut,
    );

    expect(pairs.map(([from]) => from)).toEqual(["acme/app", "named"]);
    expect(failures.map(({ mirror, error }) => [mirror.index, error])).toEqual([
      [0, doubt],
      [1, doubt],
    ]);
    expect(warnings).toEqual([]);
  });

  it("asks a catalogue once for all mirrors, and not at all for what is named", async () => {
    const asked: string[] = [];
    const { pairs } = await resolve(
      `  - { from: "h.example/acme/*", to: "a.example/1/{match}" }
  - { from: "h.example/*", to: "a.example/2/{match}", repositories: ["other/*"] }
  - { from: "n.example/*", to: "a.example/3/{match}", repositories: [one, two/three] }
  - { from: n.example/four, to: a.example/4 }`,
      catalogue(asked),
    );

    expect(asked).toEqual(["h.example"]);
    expect(pairs.map(([name]) => name)).toEqual([
      "acme/app",
      "acme/team/db",
      "acme/web",
      "other/app",
      "one",
      "two/three",
      "four",
    ]);
  });

  it("leaves out what is excluded", async () => {
    const { pairs } = await resolve(
      '  - { from: "h.example/acme/*", to: "a.example/{match}", excludeRepositories: [w*, "team/**"] }',
    );
    expect(pairs.map(([name]) => name)).toEqual(["acme/app"]);
  });

  it("takes one name or glob without a list around it", async () => {
    const { pairs } = await resolve(
      '  - { from: "h.example/acme/*", to: "a.example/{match}", repositories: "*p", excludeRepositories: "team/**" }\n' +
        '  - { from: "h.example/acme/*", to: "b.example/{match}", repositories: web }',
    );
    expect(pairs).toEqual([
      ["acme/app", ["a.example/app"]],
      ["acme/web", ["b.example/web"]],
    ]);
  });

  it("warns of a * that stands for nothing", async () => {
    const { warnings } = await resolve('  - { from: "h.example/none/*", to: "a.example/{match}" }');
    expect(warnings).toEqual([
      'm.yaml:3:13: mirrors[0].from: "h.example/none/*" means no repository: none of the catalogue fits',
    ]);
  });

  it("fails a * where the host turns out to have no catalogue, and says what to write", async () => {
    const none: ListCatalogue = async function* (host) {
      yield* [];
      throw new StoreError("UNSUPPORTED", `no catalogue at ${host}`);
    };
    const { failures } = await resolve('  - { from: "h.example/*", to: "a.example/{match}" }', none);
    expect(failures.map(({ error }) => String(error))).toEqual([
      expect.stringMatching(/m\.yaml:3:13: .*repositories: \[NAME, …\]/),
    ]);
  });

  it("goes on without a mirror whose catalogue fails", async () => {
    const broken: ListCatalogue = async function* () {
      yield* [];
      throw new StoreError("NETWORK", "down");
    };
    const { repositories, failures } = await resolve(
      '  - { from: "h.example/*", to: "a.example/{match}" }\n  - { from: n.example/app, to: a.example/app }',
      broken,
    );
    expect(repositories.map(({ source }) => source.repository)).toEqual(["app"]);
    expect(failures.map(({ mirror }) => mirror.index)).toEqual([0]);
  });

  it("refuses names that the target can't have where the file names the repositories", async () => {
    const mirror = '  - { from: "h.example/acme/*", to: "a.example/x-{match}-", repositories: [a] }';
    await expect(resolve(mirror)).rejects.toThrow(/^m\.yaml:3/);
  });

  it("fails a name of a catalogue that the target can't have, and takes the rest", async () => {
    const list: ListCatalogue = async function* () {
      yield* ["acme/a", `acme/${"b".repeat(240)}`, "acme/c"];
    };
    const mirror = '  - { from: "h.example/acme/*", to: "a.example/a-prefix-of-some-length/{match}" }';
    const { repositories, failures } = await resolve(mirror, list);
    expect(repositories.map(({ source }) => source.repository)).toEqual(["acme/a", "acme/c"]);
    expect(failures.map(({ error }) => String(error))).toEqual([
      expect.stringMatching(/for h\.example\/acme\/bbb.*at most 255 are allowed/),
    ]);
  });

  it("gives the repositories of one catalogue while another one goes on", async () => {
    const never = Promise.withResolvers<void>();
    const list: ListCatalogue = async function* (host) {
      if (host === "bad.example") await never.promise;
      yield "a";
    };
    const file = fileWith(
      '  - { from: "bad.example/*", to: "a.example/bad/{match}" }\n  - { from: "h.example/*", to: "a.example/{match}" }\n  - { from: n.example/app, to: a.example/app }',
    );
    const stream = new RepositoryResolution(file).stream({ list, signal: new AbortController().signal });
    const [first, second] = [await stream.next(), await stream.next()];
    expect([first, second].map(({ value }) => value?.source.host)).toEqual(["n.example", "h.example"]);
    never.resolve();
    expect((await stream.next()).value?.source.host).toBe("bad.example");
    expect((await stream.next()).done).toBe(true);
  });
});
