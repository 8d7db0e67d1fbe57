import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { describe, expect, it } from "vitest";
import type { ServeOptions } from "../../packages/cli-worker/src/serve/serve.ts";
import { copy } from "../../packages/copy/src/index.ts";
import { Registry } from "../../packages/core/src/index.ts";
import { runPeer } from "../peers/run-peer.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { codesOf, pushBlob, send } from "./client.ts";
import { type FolderServer, serveFolder } from "./folder-server.ts";
import { artifact, pushEmptyBlob, putManifest, someBytes } from "./sample-content.ts";

const COST = 4;

interface Protected extends FolderServer {
  readonly file: string;
  readonly failures: readonly string[];
}

/** Writes an htpasswd file. */
async function writeUsers(file: string, users: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(users).map(async ([user, password]) => `${user}:${await hash(password, COST)}`);
  await writeFile(file, `${(await Promise.all(lines)).join("\n")}\n`);
}

/** A writable server for anna, whose password is `right:one`. */
async function serveProtected(options: Omit<ServeOptions, "dir"> = {}): Promise<Protected> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryFolder("tranship-users-"));
  const file = join(path, "users");
  await writeUsers(file, { anna: "right:one" });
  const failures: string[] = [];
  const onFailure = (error: unknown): void => void failures.push(String(error));
  const { dir, server, url } = stack.use(await serveFolder({ htpasswd: file, onFailure, ...options }));
  const kept = stack.move();
  return { dir, server, url, file, failures, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const basic = (credentials: string): Readonly<Record<string, string>> => ({
  authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
});

describe("serve() with htpasswd", () => {
  it("asks for credentials on every path, and takes nothing without", async () => {
    await using folder = await serveProtected();
    const { digest } = someBytes(1);
    for (const [method, path] of [
      ["GET", "/v2/"],
      ["GET", "/v2/_catalog"],
      ["GET", "/v2/a/tags/list"],
      ["HEAD", "/v2/a/manifests/v1"],
      ["GET", `/v2/a/blobs/${digest}`],
      ["POST", "/v2/a/blobs/uploads/"],
      ["PUT", "/v2/a/manifests/v1"],
      ["DELETE", "/v2/a/manifests/v1"],
      ["GET", "/"],
    ] as const) {
      const reply = await send(folder.url + path, { method });
      expect([path, reply.status, reply.headers["www-authenticate"]]).toEqual([
        path,
        401,
        'Basic realm="tranship", charset="UTF-8"',
      ]);
      if (method !== "HEAD") expect(codesOf(reply)).toEqual(["UNAUTHORIZED"]);
    }
  });

  it.each([
    ["the right password", basic("anna:right:one"), 200],
    [
      "the scheme in another case",
      { authorization: basic("anna:right:one")["authorization"]?.replace("Basic", "bASIC") },
      200,
    ],
    ["a wrong one", basic("anna:right"), 401],
    ["an empty one", basic("anna:"), 401],
    ["a user who is not there", basic("bert:right:one"), 401],
    ["a user of an object's own members", basic("__proto__:right:one"), 401],
    ["no colon", basic("anna"), 401],
    ["no base64", { authorization: "Basic ***" }, 401],
    ["a token", { authorization: "Bearer right:one" }, 401],
    ["nothing after the scheme", { authorization: "Basic" }, 401],
  ])("%s", async (_, headers, status) => {
    await using folder = await serveProtected();
    // Twice: a password that was right is remembered.
    for (const _again of [1, 2]) {
      expect((await send(`${folder.url}/v2/`, { headers: headers as Record<string, string> })).status).toBe(status);
    }
  });

  it("goes by the file as it is now: a password that changed, a user who is gone, a file that is broken", async () => {
    await using folder = await serveProtected();
    const statusOf = async (credentials: string): Promise<number> =>
      (await send(`${folder.url}/v2/`, { headers: basic(credentials) })).status;
    expect(await statusOf("anna:right:one")).toBe(200);
    await writeUsers(folder.file, { anna: "another", bert: "his" });
    expect([await statusOf("anna:right:one"), await statusOf("anna:another"), await statusOf("bert:his")]).toEqual([
      401, 200, 200,
    ]);
    await writeUsers(folder.file, { bert: "his" });
    expect([await statusOf("anna:another"), await statusOf("bert:his")]).toEqual([401, 200]);
    await writeFile(folder.file, "bert:his\n");
    expect(await statusOf("bert:his")).toBe(500);
    await rm(folder.file);
    expect(await statusOf("bert:his")).toBe(500);
    expect(folder.failures.map((text) => text.replace(/".*"/, "FILE"))).toEqual([
      expect.stringMatching(/Cannot use the htpasswd file FILE/),
      expect.stringMatching(/Cannot use the htpasswd file FILE: .*ENOENT|no such file/),
    ]);
    expect(folder.failures.join()).not.toContain("his");
  });

  it("many wrong passwords at once are refused, and keep nobody out who was let in before", async () => {
    await using folder = await serveProtected();
    const statusOf = async (credentials: string): Promise<number> =>
      (await send(`${folder.url}/v2/`, { headers: basic(credentials) })).status;
    expect(await statusOf("anna:right:one")).toBe(200);
    const wrong = Array.from({ length: 300 }, (_, index) => statusOf(`anna:${index}`));
    expect(await statusOf("anna:right:one")).toBe(200);
    const statuses = new Set(await Promise.all(wrong));
    expect([...statuses].every((status) => status === 401 || status === 429)).toBe(true);
    expect(statuses.has(401)).toBe(true);
  });

  it("lets our own client copy with the credentials, and with no others", async () => {
    await using folder = await serveProtected();
    const clientFor = (password: string): Registry =>
      new Registry({
        host: folder.server.address,
        plainHttp: true,
        credentials: { kind: "basic", username: "anna", password },
      });
    await using open = await serveFolder();
    const image = artifact();
    await pushEmptyBlob(open.url, "a");
    await putManifest(open.url, "a", "v1", image.bytes);
    await using source = new Registry({ host: open.server.address, plainHttp: true });
    await using right = clientFor("right:one");
    await using wrong = clientFor("wrong");
    const from = { store: source.repository("a"), reference: "v1" };
    await expect(copy(from, { store: wrong.repository("b"), reference: "v1" })).rejects.toThrow(/401|UNAUTHORIZED/);
    await copy(from, { store: right.repository("b"), reference: "v1" });
    expect((await right.repository("b").resolve("v1")).digest).toBe(image.digest);
  });

  it("takes a push at another address than a loopback one with credentials alone", async () => {
    await expect(serveFolder({ host: "0.0.0.0" })).rejects.toThrow(/--htpasswd FILE/);
    await using folder = await serveProtected({ host: "0.0.0.0" });
    const { bytes, digest } = someBytes(10);
    expect((await pushBlob(folder.url, "a", digest, bytes)).status).toBe(401);
  });

  it("refuses a FIFO, and goes on with the file when it is back", async () => {
    await using folder = await serveProtected();
    const users = await readFile(folder.file);
    await rm(folder.file);
    await runPeer("mkfifo", [folder.file]);
    const statusOf = async (): Promise<number> =>
      (await send(`${folder.url}/v2/`, { headers: basic("anna:right:one") })).status;
    expect(await Promise.all(Array.from({ length: 8 }, statusOf))).toEqual(Array(8).fill(500));
    await rm(folder.file);
    await writeFile(folder.file, users);
    expect(await statusOf()).toBe(200);
  });

  it("refuses a file that is not there, or no htpasswd file, before it listens", async () => {
    await expect(serveFolder({ htpasswd: "/nowhere/users" })).rejects.toThrow(
      /Cannot use the htpasswd file "\/nowhere/,
    );
  });
});
