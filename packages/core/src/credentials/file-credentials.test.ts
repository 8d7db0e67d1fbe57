import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../errors/errors.ts";
import { authFilePaths } from "./auth-file-paths.ts";
import type { Credential, CredentialRequest } from "./credential.ts";
import { checkCredentialFiles, type FileCredentialsOptions, fileCredentials } from "./file-credentials.ts";

const SECRET = "hunter2-secret";
let home: string;
let env: Record<string, string>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tranship-creds-"));
  env = { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, XDG_RUNTIME_DIR: join(home, "run"), OUT: home };
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function write(path: string, content: unknown): Promise<string> {
  const file = join(home, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

async function helper(name: string, body: string): Promise<void> {
  await chmod(await write(`bin/docker-credential-${name}`, `#!/bin/sh\n${body}\n`), 0o755);
}

function entry(username: string): { readonly auth: string } {
  return { auth: Buffer.from(`${username}:${SECRET}`).toString("base64") };
}

function auths(byKey: Readonly<Record<string, string>>): unknown {
  return { auths: Object.fromEntries(Object.entries(byKey).map(([key, user]) => [key, entry(user)])) };
}

function find(request: CredentialRequest | string, options?: FileCredentialsOptions): Promise<Credential | undefined> {
  const asked = typeof request === "string" ? { host: request } : request;
  return fileCredentials({ env, ...options })(asked);
}

async function user(
  request: CredentialRequest | string,
  options?: FileCredentialsOptions,
): Promise<string | undefined> {
  const credential = await find(request, options);
  return credential?.kind === "basic" ? credential.username : credential?.kind;
}

/** The failure of both the look-up and the check, which must agree. */
async function failure(options: FileCredentialsOptions = {}): Promise<string> {
  const errors = await Promise.all(
    [find("r.example", options), checkCredentialFiles({ env, ...options })].map((promise) =>
      promise.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  const messages = errors.map((error) => {
    if (!(error instanceof StoreError)) throw new TypeError(`expected a StoreError, got ${inspect(error)}`);
    expect(error.code).toBe("CREDENTIALS");
    expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
    expect(inspect(error, { depth: 9 })).not.toContain(entry("me").auth.slice(6, 16));
    expect(error.message).not.toContain("\n");
    return error.message;
  });
  expect(messages[1]).toBe(messages[0]);
  return messages[0] ?? "";
}

describe("fileCredentials(): the files", () => {
  it("fileCredentials() is anonymous without any file", async () => {
    await expect(find("r.example")).resolves.toBeUndefined();
    await expect(checkCredentialFiles({ env })).resolves.toBeUndefined();
  });

  it("fileCredentials() reads docker's file, then podman's two, each for what the one before lacks", async () => {
    await write(".docker/config.json", auths({ "a.example": "docker" }));
    await write("run/containers/auth.json", auths({ "a.example": "run", "b.example": "run" }));
    await write(".config/containers/auth.json", auths({ "a.example": "cfg", "b.example": "cfg", "c.example": "cfg" }));
    const users = await Promise.all(["a", "b", "c", "d"].map((name) => user(`${name}.example`)));
    expect(users).toEqual(["docker", "run", "cfg", undefined]);
  });

  it("fileCredentials() uses a named file, or DOCKER_CONFIG's, alone", async () => {
    await write(".docker/config.json", auths({ "a.example": "docker" }));
    const named = await write("named.json", auths({ "b.example": "named" }));
    const fromEnv = await write("env.json", auths({ "b.example": "env" }));
    await write("dc/config.json", auths({ "b.example": "DOCKER_CONFIG" }));
    env["DOCKER_CONFIG"] = join(home, "dc");
    expect([await user("a.example"), await user("b.example")]).toEqual([undefined, "DOCKER_CONFIG"]);
    env["REGISTRY_AUTH_FILE"] = fromEnv;
    expect([await user("a.example"), await user("b.example")]).toEqual([undefined, "env"]);
    expect(await user("b.example", { authFile: named })).toBe("named");
    expect(await user("a.example", { authFile: named })).toBeUndefined();
  });

  it("fileCredentials() takes DOCKER_AUTH_CONFIG before the files, and not beside a file that is named", async () => {
    await write(".docker/config.json", auths({ "a.example": "docker", "b.example": "docker" }));
    env["DOCKER_AUTH_CONFIG"] = JSON.stringify(auths({ "a.example": "ci" }));
    expect([await user("a.example"), await user("b.example")]).toEqual(["ci", "docker"]);
    env["DOCKER_CONFIG"] = join(home, "dc");
    expect([await user("a.example"), await user("b.example")]).toEqual(["ci", undefined]);
    expect(await user("a.example", { authFile: await write("named.json", auths({})) })).toBeUndefined();
  });

  it("fileCredentials() names DOCKER_AUTH_CONFIG where it cannot be read, and shows nothing of it", async () => {
    env["DOCKER_AUTH_CONFIG"] = `{"auths": {"r.example": {"auth": "${SECRET}"`;
    expect(await failure()).toMatch(/^Cannot read credentials from "DOCKER_AUTH_CONFIG": it is not JSON at line 1/);
  });

  it("authFilePaths() follows XDG_CONFIG_HOME, and podman's folder of the user without XDG_RUNTIME_DIR", () => {
    const paths = authFilePaths({
      env: { HOME: "/h", XDG_CONFIG_HOME: "/x", REGISTRY_AUTH_FILE: "", DOCKER_CONFIG: "" },
    });
    expect(paths.map(({ path }) => path)).toEqual([
      "/h/.docker/config.json",
      `/run/containers/${process.getuid?.() ?? 0}/auth.json`,
      "/x/containers/auth.json",
    ]);
  });

  it("fileCredentials() sees a login that comes later, and an empty default file as none", async () => {
    const provider = fileCredentials({ env });
    await write(".docker/config.json", "");
    await expect(provider({ host: "a.example" })).resolves.toBeUndefined();
    await write(".docker/config.json", auths({ "a.example": "late" }));
    await expect(provider({ host: "a.example" })).resolves.toMatchObject({ username: "late" });
  });

  it("fileCredentials() rejects with the signal's reason", async () => {
    const reason = new Error("stop");
    const asked = fileCredentials({ env })({ host: "h" }, { signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toBe(reason);
  });
});

describe("fileCredentials(): unreadable files", () => {
  it("fileCredentials() refuses a named file that is absent or empty", async () => {
    const authFile = join(home, "none.json");
    expect(await failure({ authFile })).toBe(`Cannot read credentials from "${authFile}": there is no such file`);
    env["REGISTRY_AUTH_FILE"] = await write("empty.json", " \n");
    expect(await failure()).toBe(`Cannot read credentials from "${env["REGISTRY_AUTH_FILE"]}": it is empty`);
  });

  const secretAuth = entry("me").auth;
  it.each([
    [`{"auths": {"r.example": {"auth": ${secretAuth}}}}`, "it is not JSON at line 1, column 34"],
    [`{\n\t"auths": {\n\t\t"r.example": {"auth": "${secretAuth}"\n`, "it is not JSON at line 4, column 1"],
    [[], "the document is not an object"],
    [{ auths: [] }, '"auths" is not an object'],
    [{ auths: { "r.example": SECRET } }, '"auths"["r.example"] is not an object'],
    [{ auths: { "r.example": { auth: 1 } } }, 'in "auths"["r.example"], "auth" is not a string'],
    [{ auths: { "r.example": { auth: `${SECRET}!` } } }, 'in "auths"["r.example"], "auth" is not base64'],
    [
      { auths: { [`https://me:${SECRET}@r.example`]: { auth: btoa(SECRET) } } },
      'in "auths"["r.example"], "auth" is not the base64 of user:password',
    ],
    [{ auths: { "r.example": { auth: btoa(`:${SECRET}`) } } }, '"auth" is not the base64 of user:password'],
    [{ credHelpers: "x" }, '"credHelpers" is not an object'],
    [
      { credHelpers: { "r.example": "../../bin/sh" } },
      'credHelpers["r.example"] is not the name of a credential helper',
    ],
    [{ credsStore: "a/b" }, "credsStore is not the name of a credential helper"],
    [{ credsStore: 7 }, "credsStore is not a string"],
  ])("fileCredentials() refuses %j: %s", async (content, message) => {
    const path = await write(".docker/config.json", content);
    const text = await failure();
    expect(text.startsWith(`Cannot read credentials from "${path}": `)).toBe(true);
    expect(text).toContain(message);
  });

  it("fileCredentials() refuses a folder in a file's place, and bytes that are no text", async () => {
    const path = join(home, ".docker/config.json");
    await mkdir(path, { recursive: true });
    expect(await failure()).toMatch(/": EISDIR/);
    await rm(path, { recursive: true });
    await writeFile(path, Buffer.from([0x7b, 0xff, 0x7d]));
    expect(await failure()).toContain("it is not UTF-8");
  });
});

describe("fileCredentials(): entries", () => {
  it.each([
    [{ auth: btoa("me:pa:ss") }, { kind: "basic", username: "me", password: "pa:ss" }],
    [{ auth: btoa("me:pass\0\0") }, { kind: "basic", username: "me", password: "pass" }],
    [{ auth: btoa("me:p").replaceAll("=", "") }, { kind: "basic", username: "me", password: "p" }],
    [{ auth: Buffer.from("mé:ß").toString("base64") }, { kind: "basic", username: "mé", password: "ß" }],
    [
      { username: "me", password: "pass" },
      { kind: "basic", username: "me", password: "pass" },
    ],
    [
      { auth: btoa("0000:"), identitytoken: "id" },
      { kind: "identity", token: "id" },
    ],
    [
      { registrytoken: "rt", identitytoken: "id" },
      { kind: "bearer", token: "rt" },
    ],
    [{ auth: null, email: "me@h" }, undefined],
    [{}, undefined],
  ])("fileCredentials() reads %j", async (content, credential) => {
    await write(".docker/config.json", { auths: { "r.example": content } });
    await expect(find("r.example")).resolves.toEqual(credential);
  });

  it.each([
    ["https://index.docker.io/v1/", "docker.io"],
    ["docker.io", "index.docker.io"],
    ["https://r.example:5000/v1/", "r.example:5000"],
    ["http://r.example/v2/", "r.example"],
    ["R.Example", "r.example"],
  ])("fileCredentials() finds the key %s for %s", async (key, host) => {
    await write(".docker/config.json", auths({ [key]: "me", "else.example": "other" }));
    expect(await user(host)).toBe("me");
  });

  it("fileCredentials() takes the exact key before another spelling, and passes over an empty entry", async () => {
    await write(".docker/config.json", auths({ "https://r.example/v1/": "old", "r.example": "new" }));
    expect(await user("r.example")).toBe("new");
    await write(".docker/config.json", { auths: { "docker.io": {}, "https://index.docker.io/v1/": entry("hub") } });
    expect(await user("docker.io")).toBe("hub");
  });

  it("fileCredentials() takes podman's longest namespace, by whole path segments, and none for the host alone", async () => {
    const keys = { "r.example/a/b": "ab", "r.example/a": "a", "r.example": "all", "q.example/a": "q" };
    await write(".docker/config.json", auths(keys));
    const asked = ["a/b/c", "a/b", "a/bc", "ab", "x"].map((repository) => user({ host: "r.example", repository }));
    expect(await Promise.all(asked)).toEqual(["ab", "ab", "a", "all", "all"]);
    expect(await user("r.example")).toBe("all");
    expect(await user("q.example")).toBeUndefined();
    expect(await user({ host: "q.example", repository: "b" })).toBeUndefined();
  });
});

describe("fileCredentials(): helpers", () => {
  const answer = (name: string): string => `cat >/dev/null; echo '{"Username":"${name}","Secret":"${SECRET}"}'`;
  const nothing = "cat >/dev/null; echo 'credentials not found in native keychain'; exit 1";

  it("fileCredentials() asks the host's helper, else credsStore, before the host's entry, but after a namespace's", async () => {
    await helper("own", answer("own"));
    await helper("all", answer("all"));
    await write(".docker/config.json", {
      auths: { "a.example": entry("file"), "b.example": entry("file"), "b.example/ns": entry("ns") },
      credHelpers: { "a.example": "own", "https://index.docker.io/v1/": "own" },
      credsStore: "all",
    });
    expect(await user({ host: "a.example", repository: "ns" })).toBe("own");
    expect(await user({ host: "b.example", repository: "x" })).toBe("all");
    expect(await user({ host: "b.example", repository: "ns/x" })).toBe("ns");
    expect(await user("docker.io")).toBe("own");
  });

  it("fileCredentials() goes on where a helper has nothing: credsStore to the entry, a host's own helper to the next file", async () => {
    await helper("none", nothing);
    await write(".docker/config.json", {
      auths: { "a.example": entry("file"), "b.example": entry("file") },
      credHelpers: { "b.example": "none" },
      credsStore: "none",
    });
    await write("run/containers/auth.json", auths({ "b.example": "podman" }));
    expect(await user("a.example")).toBe("file");
    expect(await user("b.example")).toBe("podman");
  });

  it("fileCredentials() runs a helper once for all repositories of a host", async () => {
    await helper("own", `echo x >> $OUT/runs; ${answer("own")}`);
    await write(".docker/config.json", { credsStore: "own" });
    const provider = fileCredentials({ env });
    await Promise.all(["a", "b", "c"].map((repository) => provider({ host: "r.example", repository })));
    await provider({ host: "r.example", repository: "d" });
    expect(await readFile(join(home, "runs"), "utf8")).toBe("x\n");
    await provider({ host: "q.example" });
    expect(await readFile(join(home, "runs"), "utf8")).toBe("x\nx\n");
  });

  it("fileCredentials() uses no helper for a host whose entry in credHelpers is empty", async () => {
    await helper("all", answer("all"));
    await write(".docker/config.json", {
      auths: { "a.example": entry("file") },
      credHelpers: { "a.example": "", "b.example": null, "https://c.example/v1/": "" },
      credsStore: "all",
    });
    const users = await Promise.all(["a", "b", "c", "d"].map((name) => user(`${name}.example`)));
    expect(users).toEqual(["file", undefined, undefined, "all"]);
  });

  it("fileCredentials() skips a credsStore whose program is missing, and warns once", async () => {
    const path = await write(".docker/config.json", {
      auths: { "a.example": entry("file") },
      credsStore: "desktop.exe",
    });
    await write("run/containers/auth.json", auths({ "b.example": "podman" }));
    const warnings: string[] = [];
    const provider = fileCredentials({ env, onWarning: (warning) => void warnings.push(warning) });
    expect(await provider({ host: "a.example" })).toMatchObject({ username: "file" });
    expect(await provider({ host: "b.example" })).toMatchObject({ username: "podman" });
    expect(await provider({ host: "c.example" })).toBeUndefined();
    expect(warnings).toEqual([
      `no program "docker-credential-desktop.exe" on PATH (named by credsStore in "${path}"): it is skipped`,
    ]);
    await expect(checkCredentialFiles({ env, hosts: ["a.example"] })).resolves.toBeUndefined();
  });

  it.each([
    "https://r.example",
    "https://r.example/",
    "http://r.example/v1/",
    "https://r.example/v2/",
    "r.example/",
    "r.example/v1",
    "r.example/v2",
    "r.example/v2/",
    "R.Example",
    "r.example.",
  ])("fileCredentials() takes the key %j for the registry", async (key) => {
    await write(".docker/config.json", auths({ [key]: "me" }));
    expect(await user({ host: "r.example", repository: "app" })).toBe("me");
    expect(await user({ host: "r.example.", repository: "app" })).toBe("me");
  });

  it.each(["r.example/team/app", "r.example/team", "r.example/team/"])(
    "fileCredentials() takes the key %j for that namespace alone",
    async (key) => {
      await write(".docker/config.json", auths({ [key]: "me" }));
      expect(await user({ host: "r.example", repository: "team/app" })).toBe("me");
      expect(await user({ host: "r.example", repository: "other/app" })).toBeUndefined();
    },
  );

  it("fileCredentials() and checkCredentialFiles() name a missing helper and the file that asks for it", async () => {
    const path = await write(".docker/config.json", { credHelpers: { "r.example": "gone" } });
    const message = `"docker-credential-gone" (named by credHelpers["r.example"] in "${path}"): there is no such program on PATH`;
    await expect(find("r.example")).rejects.toThrow(message);
    await expect(checkCredentialFiles({ env, hosts: ["q.example"] })).resolves.toBeUndefined();
    await expect(checkCredentialFiles({ env, hosts: ["q.example", "r.example"] })).rejects.toThrow(message);
  });
});
