import { describe, expect, it } from "vitest";
import { parseMirrorFile } from "../file/parse-mirror-file.ts";
import { RepositoryWriters } from "./repository-writers.ts";
import { type ListCatalogue, resolveRepositories } from "./resolve-repositories.ts";

const catalogue: ListCatalogue = async function* (host) {
  if (host === "broken.example") throw new Error("no route");
  yield* ["acme/app", "acme/app/sub"];
};

/** Who else writes to the first target of the first repository. */
async function besides(...mirrors: readonly string[]): Promise<string | undefined> {
  const text = `version: 1\nmirrors:\n${mirrors.map((mirror) => `  - ${mirror}\n`).join("")}`;
  const { file } = parseMirrorFile({ text, name: "m.yaml", folder: "/", variables: {} });
  const resolved = await resolveRepositories(file, { list: catalogue, signal: new AbortController().signal });
  const [first] = resolved.repositories;
  const [target] = first?.targets ?? [];
  if (first === undefined || target === undefined) throw new Error("No repository");
  return new RepositoryWriters(resolved).besides(first, target);
}

describe("RepositoryWriters", () => {
  it("finds nobody else, whatever is written beside it", async () => {
    expect(
      await besides("{ from: a.example/app, to: t.example/app }", "{ from: a.example/web, to: t.example/web }"),
    ).toBeUndefined();
    expect(
      await besides(
        "{ from: a.example/app, to: [t.example/app, u.example/app] }",
        "{ from: a.example/app, to: v.example/app }",
      ),
    ).toBeUndefined();
  });

  it("finds another mirror, also under another name of the registry", async () => {
    const own = "{ from: a.example/app, to: localhost:5000/app }";
    expect(await besides(own, "{ from: a.example/b:v1, to: 127.0.0.1:5000/app:v1 }")).toBe(
      "mirrors[1] (line 4, from a.example/b:v1) is written there too",
    );
  });

  it("finds another repository of the same mirror, where tags are told apart by it", async () => {
    expect(
      await besides('{ from: h.example/acme/*, to: "t.example/all:{match}-{tag}", repositories: [app, web] }'),
    ).toBe("h.example/acme/web is written there too");
  });

  it("counts a mirror whose repositories are not known where it may write", async () => {
    const own = "{ from: a.example/app, to: t.example/x/app }";
    expect(await besides(own, '{ from: broken.example/acme/*, to: "t.example/x/{match}" }')).toBe(
      "mirrors[1] (line 4, from broken.example/acme/*) may be written there too, and its repositories could not be listed",
    );
    expect(await besides(own, '{ from: broken.example/acme/*, to: "t.example/y/{match}" }')).toBeUndefined();
  });
});
