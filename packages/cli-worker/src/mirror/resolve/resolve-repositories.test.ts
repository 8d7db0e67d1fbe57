import { IncompleteListError, StoreError } from "@tranship/core";
import { describe, expect, it } from "vitest";
import { parseMirrorFile } from "../file/parse-mirror-file.ts";
import type { MirrorFile } from "../mirror-file.ts";
import { type ListCatalogue, resolveRepositories } from "./resolve-repositories.ts";

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

  it("refuses a * where the host turns out to have no catalogue, and says what to write", async () => {
    const none: ListCatalogue = async function* (host) {
      yield* [];
      throw new StoreError("UNSUPPORTED", `no catalogue at ${host}`);
    };
    await expect(resolve('  - { from: "h.example/*", to: "a.example/{match}" }', none)).rejects.toThrow(
      /^m\.yaml:3:13: .*repositories: \[NAME, …\]/,
    );
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

  it("refuses names that the target can't have", async () => {
    await expect(resolve('  - { from: "h.example/acme/*", to: "a.example/x-{match}-" }')).rejects.toThrow(/^m\.yaml:3/);
  });
});
