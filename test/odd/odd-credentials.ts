import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ScriptedAnswer, type ScriptedRequest, scriptedRegistry, sha256 } from "../support/scripted-registry.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Observation, type OddCase, type Program, readManifest, runProgram } from "./run-program.ts";

const USER = "anna";
const PASSWORD = "correct horse";
const PAIR = pair(USER, PASSWORD);

const MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json";
const MANIFEST = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE,
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: sha256(Buffer.from("{}")), size: 2 },
    layers: [],
  }),
);

/** What an input is made from. `HOST` in texts is the registry's. */
export interface Input {
  /** docker's `config.json`: JSON, or its text. Default: there is none. */
  readonly file?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  /** Shell scripts on PATH by the name of the credential helper. */
  readonly helpers?: Readonly<Record<string, string>>;
  /** The values of WWW-Authenticate. Default: basic. None: anybody may read. `REALM` is a token endpoint. */
  readonly challenges?: readonly string[];
  /** Whom the registry lets in, `USER:PASSWORD`. */
  readonly user?: string;
}

/**
 * A row's outcome says how the manifest was read: "anna" with the user's password, "identity token" and
 * "registry token" with such a token, "anonymous" without any; "fails" where it was not read.
 */
export interface CredentialCase extends OddCase, Input {}

function row(title: string, input: Input, usual: string, others: Partial<Omit<OddCase, "title">> = {}): CredentialCase {
  return { title, ...input, tranship: usual, crane: usual, skopeo: usual, regctl: usual, oras: usual, ...others };
}

function pair(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString("base64");
}

const ENTRY = { auths: { HOST: { auth: PAIR } } };
const ANSWERS = `echo '{"ServerURL":"HOST","Username":"${USER}","Secret":"${PASSWORD}"}'`;
const ANYBODY: readonly string[] = [];
const TOKENS = ['Bearer realm="REALM",service="registry",scope="repository:app:pull"'];

export const ODD_CREDENTIALS: readonly CredentialCase[] = [
  // Entries of docker, podman, Kubernetes and GitLab.
  row("auth of docker login", { file: ENTRY }, "anna"),
  row("username and password", { file: { auths: { HOST: { username: USER, password: PASSWORD } } } }, "anna", {
    skopeo: "fails",
  }),
  row(
    "Kubernetes' .dockerconfigjson",
    { file: { auths: { HOST: { username: USER, password: PASSWORD, email: "anna@example.com", auth: PAIR } } } },
    "anna",
  ),
  row("Kubernetes' old .dockercfg, without auths", { file: { HOST: { auth: PAIR } } }, "fails", {
    says: "no credentials for",
  }),
  row("GitLab's DOCKER_AUTH_CONFIG", { env: { DOCKER_AUTH_CONFIG: JSON.stringify(ENTRY) } }, "fails", {
    tranship: "anna",
    regctl: "anna",
  }),
  row(
    "DOCKER_AUTH_CONFIG before a file",
    { file: { auths: { HOST: { auth: pair(USER, "old") } } }, env: { DOCKER_AUTH_CONFIG: JSON.stringify(ENTRY) } },
    "anna",
    { skopeo: "fails", oras: "fails" },
  ),
  row(
    "identitytoken",
    { file: { auths: { HOST: { identitytoken: "identity-1" } } }, challenges: TOKENS },
    "identity token",
    { skopeo: "fails" },
  ),
  row(
    "identitytoken beside an auth of zeros, as az acr login writes",
    {
      file: {
        auths: { HOST: { auth: pair("00000000-0000-0000-0000-000000000000", ""), identitytoken: "identity-1" } },
      },
      challenges: TOKENS,
    },
    "identity token",
  ),
  row(
    "registrytoken",
    { file: { auths: { HOST: { registrytoken: "registry-1" } } }, challenges: TOKENS },
    "registry token",
    { skopeo: "fails", regctl: "fails" },
  ),
  row("auth for a token endpoint", { file: ENTRY, challenges: TOKENS }, "anna"),
  row(
    "other members",
    {
      file: {
        ...ENTRY,
        HttpHeaders: { "User-Agent": "x" },
        psFormat: "t",
        stackOrchestrator: "swarm",
        plugins: {},
        currentContext: "x",
      },
    },
    "anna",
  ),
  // Keys.
  row("key https://HOST", { file: { auths: { "https://HOST": { auth: PAIR } } } }, "anna"),
  row("key https://HOST/", { file: { auths: { "https://HOST/": { auth: PAIR } } } }, "anna"),
  row("key https://HOST/v1/", { file: { auths: { "https://HOST/v1/": { auth: PAIR } } } }, "anna", { regctl: "fails" }),
  row("key https://HOST/v2/", { file: { auths: { "https://HOST/v2/": { auth: PAIR } } } }, "anna", { regctl: "fails" }),
  row("key http://HOST", { file: { auths: { "http://HOST": { auth: PAIR } } } }, "anna"),
  row("key HOST/", { file: { auths: { "HOST/": { auth: PAIR } } } }, "anna", { skopeo: "fails" }),
  row("key HOST/v2", { file: { auths: { "HOST/v2": { auth: PAIR } } } }, "anna", { skopeo: "fails", regctl: "fails" }),
  row("key of podman for the repository", { file: { auths: { "HOST/app": { auth: PAIR } } } }, "anna", {
    regctl: "fails",
  }),
  row("key of podman for another repository", { file: { auths: { "HOST/apple": { auth: PAIR } } } }, "fails", {
    crane: "anna",
    oras: "anna",
    says: "no credentials for",
  }),
  row(
    "key of podman before the host's",
    { file: { auths: { HOST: { auth: pair(USER, "old") }, "HOST/app": { auth: PAIR } } } },
    "anna",
    { regctl: "fails", oras: "fails" },
  ),
  // Texts of entries.
  row(
    "auth without padding",
    { file: { auths: { HOST: { auth: pair(USER, "ab").replace(/=+$/, "") } } }, user: `${USER}:ab` },
    "fails",
    { tranship: "anna" },
  ),
  row(
    "auth with line breaks",
    { file: { auths: { HOST: { auth: `${PAIR.slice(0, 8)}\n${PAIR.slice(8)}\n` } } } },
    "anna",
  ),
  row(
    "password with colons",
    { file: { auths: { HOST: { auth: pair(USER, "a:b:c") } } }, user: `${USER}:a:b:c` },
    "anna",
  ),
  row(
    "password that is not ASCII",
    { file: { auths: { HOST: { auth: pair(USER, "pässwörd€") } } }, user: `${USER}:pässwörd€` },
    "anna",
  ),
  row("empty password", { file: { auths: { HOST: { auth: pair(USER, "") } } }, user: `${USER}:` }, "fails", {
    tranship: "anna",
    skopeo: "anna",
  }),
  row(
    "auth in base64url",
    { file: { auths: { HOST: { auth: Buffer.from(`${USER}:ÿÿþ~~`).toString("base64url") } } }, user: `${USER}:ÿÿþ~~` },
    "fails",
    { says: '"auth" is not base64' },
  ),
  row(
    "auth of only a token",
    { file: { auths: { HOST: { auth: Buffer.from("token").toString("base64") } } } },
    "fails",
    { says: '"auth" is not the base64 of user:password' },
  ),
  row(
    "another host's auth is not base64",
    { file: { auths: { "other.example": { auth: "%%%" }, HOST: { auth: PAIR } } } },
    "anna",
    { crane: "fails" },
  ),
  row(
    "another host's auth has no colon",
    { file: { auths: { "other.example": { auth: "dG9rZW4=" }, HOST: { auth: PAIR } } } },
    "anna",
    { crane: "fails" },
  ),
  row("another host's entry is a text", { file: { auths: { "other.example": "x", HOST: { auth: PAIR } } } }, "anna", {
    crane: "fails",
    skopeo: "fails",
    regctl: "fails",
  }),
  row(
    "another repository's auth is not base64",
    { file: { auths: { "HOST/apple": { auth: "%%%" }, HOST: { auth: PAIR } } } },
    "anna",
    { crane: "fails" },
  ),
  row(
    "the host's auth is not base64, where its helper answers",
    { file: { auths: { HOST: { auth: "%%%" } }, credHelpers: { HOST: "fake" } }, helpers: { fake: ANSWERS } },
    "anna",
    { crane: "fails", regctl: "fails" },
  ),
  row(
    "the host's auth is not base64, where anybody may read",
    { file: { auths: { HOST: { auth: "%%%" } } }, challenges: ANYBODY },
    "fails",
    { regctl: "anonymous", oras: "anonymous", says: '"auth" is not base64' },
  ),
  row("another host's entry is null", { file: { auths: { "other.example": null, HOST: { auth: PAIR } } } }, "anna"),
  // Whole files.
  row("an empty file, where anybody may read", { file: "", challenges: ANYBODY }, "anonymous", { skopeo: "fails" }),
  row("a file of white space, where anybody may read", { file: " \n", challenges: ANYBODY }, "anonymous", {
    skopeo: "fails",
  }),
  row("{} where anybody may read", { file: {}, challenges: ANYBODY }, "anonymous"),
  row(
    "auths is null, where anybody may read",
    { file: { auths: null, credHelpers: null }, challenges: ANYBODY },
    "anonymous",
  ),
  row("a byte order mark", { file: `\ufeff${JSON.stringify(ENTRY)}` }, "fails", { tranship: "anna" }),
  row("a file that is cut short, where anybody may read", { file: '{"auths": {', challenges: ANYBODY }, "fails", {
    regctl: "anonymous",
    says: "it is not JSON at line 1, column 12",
  }),
  row("auths is a list, where anybody may read", { file: { auths: [] }, challenges: ANYBODY }, "fails", {
    regctl: "anonymous",
    says: '"auths" is not an object',
  }),
  // Helpers.
  row("credHelpers of the host", { file: { credHelpers: { HOST: "fake" } }, helpers: { fake: ANSWERS } }, "anna"),
  row(
    "credHelpers of the host is empty, beside a store",
    { file: { ...ENTRY, credHelpers: { HOST: "" }, credsStore: "absent" } },
    "fails",
    { tranship: "anna", regctl: "anna" },
  ),
  row("credsStore", { file: { auths: { HOST: {} }, credsStore: "fake" }, helpers: { fake: ANSWERS } }, "anna", {
    skopeo: "fails",
    regctl: "fails",
  }),
  row("credsStore without a program, beside an entry", { file: { ...ENTRY, credsStore: "absent" } }, "anna", {
    crane: "fails",
    oras: "fails",
    says: "it is skipped",
  }),
  row(
    "credsStore without a program, where anybody may read",
    { file: { credsStore: "absent" }, challenges: ANYBODY },
    "anonymous",
    { crane: "fails" },
  ),
  row(
    "credHelpers of the host without a program, where anybody may read",
    { file: { credHelpers: { HOST: "absent" } }, challenges: ANYBODY },
    "fails",
    { regctl: "anonymous", oras: "anonymous", says: '"docker-credential-absent" (named by credHelpers' },
  ),
  row(
    "credHelpers of another host without a program",
    { file: { ...ENTRY, credHelpers: { "other.example": "absent" } } },
    "anna",
  ),
  row(
    "a helper with an identity token",
    {
      file: { credHelpers: { HOST: "fake" } },
      helpers: { fake: `echo '{"Username":"<token>","Secret":"identity-1"}'` },
      challenges: TOKENS,
    },
    "identity token",
  ),
  row(
    "a helper that has nothing, where anybody may read",
    {
      file: { credHelpers: { HOST: "fake" } },
      helpers: { fake: "echo 'credentials not found in native keychain'; exit 1" },
      challenges: ANYBODY,
    },
    "anonymous",
  ),
  row(
    "a helper that gives nothing, where anybody may read",
    {
      file: { credHelpers: { HOST: "fake" } },
      helpers: { fake: `echo '{"ServerURL":"","Username":"","Secret":""}'` },
      challenges: ANYBODY,
    },
    "anonymous",
  ),
  row(
    "a helper that prints nothing, where anybody may read",
    { file: { credHelpers: { HOST: "fake" } }, helpers: { fake: "exit 0" }, challenges: ANYBODY },
    "anonymous",
    { crane: "fails", skopeo: "fails" },
  ),
  row(
    "a helper that fails, where anybody may read",
    { file: { credHelpers: { HOST: "fake" } }, helpers: { fake: "echo locked >&2; exit 1" }, challenges: ANYBODY },
    "anonymous",
    { crane: "fails", skopeo: "fails" },
  ),
  row(
    "a store that has nothing, beside an entry",
    {
      file: { ...ENTRY, credsStore: "fake" },
      helpers: { fake: "echo 'credentials not found in native keychain'; exit 1" },
    },
    "anna",
    { crane: "fails", oras: "fails" },
  ),
  // Challenges.
  row("challenges: Negotiate, then Basic", { file: ENTRY, challenges: ["Negotiate", 'Basic realm="r"'] }, "anna", {
    oras: "fails",
  }),
  row("challenges: NTLM and Basic in one line", { file: ENTRY, challenges: ['NTLM, Basic realm="r"'] }, "anna", {
    skopeo: "fails",
    oras: "fails",
  }),
  row(
    "challenges: Digest with commas, then Basic",
    { file: ENTRY, challenges: ['Digest realm="r", nonce="x,y", qop="auth"', 'Basic realm="r"'] },
    "anna",
    { oras: "fails" },
  ),
  row("challenge: basic in lower case", { file: ENTRY, challenges: ['basic realm="r"'] }, "anna"),
  row(
    "challenge: BASIC in upper case",
    { file: ENTRY, challenges: ['BASIC realm="Sonatype Nexus Repository Manager"'] },
    "anna",
  ),
  row("challenge: Basic without a realm", { file: ENTRY, challenges: ["Basic"] }, "anna", { regctl: "fails" }),
  row("challenge: Basic with a bare realm", { file: ENTRY, challenges: ["Basic realm=r"] }, "anna"),
  row(
    "challenges: Bearer without a realm, then Basic",
    { file: ENTRY, challenges: ["Bearer", 'Basic realm="r"'] },
    "fails",
    { tranship: "anna" },
  ),
  row("challenge: Bearer without a service", { file: ENTRY, challenges: ['Bearer realm="REALM"'] }, "anna"),
  row(
    "challenge: bearer in lower case, blanks around =",
    { file: ENTRY, challenges: ['bearer realm = "REALM" , service = "registry"'] },
    "fails",
    { tranship: "anna", oras: "anna" },
  ),
];

/** Reads a manifest of a registry that asks for credentials, with the row's file as docker's own. */
export async function readWithCredentials(program: Program, input: CredentialCase): Promise<Observation> {
  const { file, env = {}, helpers = {}, challenges = ['Basic realm="r"'], user = `${USER}:${PASSWORD}` } = input;
  let outcome = "fails";
  const names = new Map([
    [`Basic ${Buffer.from(user).toString("base64")}`, USER],
    ["Bearer identity-1", "identity token"],
    ["Bearer registry-1", "registry token"],
    [`Bearer ${USER}`, USER],
  ]);
  await using registry = await scriptedRegistry(async (request) => {
    const { path, headers } = request;
    if (path.startsWith("/token")) return await issueToken(request, user);
    const known = challenges.length === 0 ? "anonymous" : names.get(headers.authorization ?? "");
    if (known === undefined) return refusal(challenges, `http://${headers.host}/token`);
    if (!path.startsWith("/v2/app/manifests/")) return { status: 200, body: "{}" };
    outcome = known;
    const about = { "content-type": MEDIA_TYPE, "docker-content-digest": sha256(MANIFEST) };
    return { status: 200, headers: { ...about, "content-length": MANIFEST.length }, body: MANIFEST };
  });
  await using folder = await temporaryFolder("tranship-odd-credentials-");
  const named = (text: string): string => text.replaceAll("HOST", registry.host);
  if (file !== undefined) {
    const text = typeof file === "string" ? file : JSON.stringify(file);
    await writeFile(join(folder.path, "config.json"), named(text));
  }
  await mkdir(join(folder.path, "bin"));
  for (const [name, script] of Object.entries(helpers)) {
    const path = join(folder.path, "bin", `docker-credential-${name}`);
    await writeFile(path, `#!/bin/sh\n${named(script)}\n`, { mode: 0o755 });
  }
  const variables = Object.entries(env).map(([name, value]) => [name, named(value)] as const);
  const { code, stdout, stderr } = await runProgram(program, readManifest(program, `${registry.host}/app:v1`), {
    env: {
      ...Object.fromEntries(variables),
      DOCKER_CONFIG: folder.path,
      PATH: `${join(folder.path, "bin")}:${process.env["PATH"]}`,
    },
  });
  const output = `exit code ${code}: ${stderr}${stdout}`;
  return { outcome: code === 0 ? outcome : "fails", output };
}

function refusal(challenges: readonly string[], realm: string): ScriptedAnswer {
  // Node writes a list of values as lines of their own.
  const lines = challenges.map((challenge) => challenge.replace("REALM", realm));
  const headers = { "www-authenticate": lines as unknown as string };
  return { status: 401, headers, body: '{"errors":[{"code":"UNAUTHORIZED"}]}' };
}

/** A token that tells how it was got: with the user's password, or with an identity token. */
async function issueToken({ method, headers, body }: ScriptedRequest, user: string): Promise<ScriptedAnswer> {
  const form = new URLSearchParams(method === "POST" ? (await body()).toString() : "");
  const byPassword =
    headers.authorization === `Basic ${Buffer.from(user).toString("base64")}` ||
    `${form.get("username")}:${form.get("password")}` === user;
  const token = byPassword ? USER : form.get("refresh_token");
  if (token === null) return { status: 401, body: "{}" };
  const answer = { token, access_token: token, expires_in: 300 };
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(answer) };
}
