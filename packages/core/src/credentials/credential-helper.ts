import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { parseJson } from "../content/parse-json.ts";
import { StoreError } from "../errors/errors.ts";
import { type HelperChoice, isObject } from "./auth-file.ts";
import type { Environment } from "./auth-file-paths.ts";
import type { Credential } from "./credential.ts";
import { dockerServerName, registryName } from "./registry-key.ts";
import { type ProgramEnd, runProgram } from "./run-program.ts";

const NOT_INSTALLED = "there is no such program on PATH";

/** How a `docker-credential-*` program is run. */
export interface HelperOptions {
  /** Default: the process's. `PATH` of it is where the program is looked for. */
  readonly env?: Environment | undefined;
  /** How long a helper may take, in ms. Default 30 000: a password store may ask for its pass phrase meanwhile. */
  readonly helperTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** With this user name, the secret is an identity token (docker-credential-helpers, "Credentials"). */
const TOKEN_USER = "<token>";

/**
 * Asks a helper for a registry's credential; undefined where it has none.
 * Protocol: docker-credential-helpers v0.9, `get`: the server on stdin, a JSON object on stdout.
 * @throws {StoreError} CREDENTIALS for a helper that is missing, fails, hangs or answers something else; without a word of what it printed.
 */
export async function getFromHelper(
  helper: HelperChoice,
  host: string,
  options: HelperOptions = {},
): Promise<Credential | undefined> {
  const task = `get the credential for "${registryName(host)}"`;
  const end = await run(helper, "get", dockerServerName(host), options);
  if (saysNotFound(end)) return undefined;
  const answer = parseAnswer(outputOf(end, helper, task));
  if (answer === undefined) throw failure(helper, task, "its answer is not the JSON of a credential");
  if (answer.secret === "") return undefined;
  if (answer.username === TOKEN_USER) return { kind: "identity", token: answer.secret };
  return { kind: "basic", username: answer.username, password: answer.secret };
}

/** Gives a helper a registry's user and password to keep. @throws {StoreError} CREDENTIALS. */
export async function storeInHelper(
  helper: HelperChoice,
  { host, username, password }: { readonly host: string; readonly username: string; readonly password: string },
  options: HelperOptions = {},
): Promise<void> {
  const input = JSON.stringify({ ServerURL: dockerServerName(host), Username: username, Secret: password });
  const end = await run(helper, "store", input, options);
  outputOf(end, helper, `store the credential for "${registryName(host)}"`);
}

/** Makes a helper forget a registry; false where it knew none. @throws {StoreError} CREDENTIALS. */
export async function eraseFromHelper(
  helper: HelperChoice,
  host: string,
  options: HelperOptions = {},
): Promise<boolean> {
  // Many helpers erase what they never had without a word, so they are asked first.
  if ((await getFromHelper(helper, host, options)) === undefined) return false;
  const end = await run(helper, "erase", dockerServerName(host), options);
  if (!saysNotFound(end)) outputOf(end, helper, `erase the credential for "${registryName(host)}"`);
  return true;
}

/** Looks for the helper's program without running it. @throws {StoreError} CREDENTIALS if it is not on PATH. */
export async function checkHelper(helper: HelperChoice, options: HelperOptions = {}): Promise<void> {
  if (!(await isInstalled(helper, options))) throw failure(helper, "get credentials", NOT_INSTALLED);
}

/** Whether the helper's program is on PATH. On Windows always true: only the system's search knows the extension. */
export async function isInstalled(helper: HelperChoice, { env = process.env }: HelperOptions = {}): Promise<boolean> {
  if (process.platform === "win32") return true;
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const found = await access(join(folder, programOf(helper)), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

function run(
  helper: HelperChoice,
  action: "get" | "store" | "erase",
  input: string,
  { env = process.env, helperTimeoutMs = 30_000, signal }: HelperOptions,
): Promise<ProgramEnd> {
  return runProgram({ program: programOf(helper), args: [action], input, env, timeoutMs: helperTimeoutMs, signal });
}

/** What the helper printed, if it succeeded. */
function outputOf(end: ProgramEnd, helper: HelperChoice, task: string): string {
  switch (end.kind) {
    case "not started":
      throw failure(helper, task, end.code === "ENOENT" ? NOT_INSTALLED : end.code);
    case "timed out":
      throw failure(helper, task, "it did not answer in time and was stopped");
    case "too long":
      throw failure(helper, task, "it printed more than 1 MiB and was stopped");
    case "exited":
      if (end.exitCode === 0) return end.output;
      // By the protocol stdout is a message now, but a broken helper may print the secret all the same.
      throw failure(helper, task, `it failed with exit code ${end.exitCode ?? "unknown"}; run it by hand to see why`);
  }
}

/** docker-credential-helpers prints "credentials not found in native keychain" to stdout; some print it to stderr. */
function saysNotFound(end: ProgramEnd): boolean {
  if (end.kind !== "exited" || end.exitCode === 0) return false;
  return /credentials not found/i.test(end.output) || /credentials not found/i.test(end.errorOutput);
}

function parseAnswer(output: string): { readonly username: string; readonly secret: string } | undefined {
  let answer: unknown;
  try {
    answer = parseJson(output);
  } catch {
    return undefined;
  }
  if (!isObject(answer)) return undefined;
  const { Username: username = "", Secret: secret = "" } = answer;
  if (typeof username !== "string" || typeof secret !== "string") return undefined;
  // An object without either is an answer of some other kind; both empty is how some helpers say "none".
  if (!("Username" in answer) && !("Secret" in answer)) return undefined;
  return { username, secret };
}

function programOf(helper: HelperChoice): string {
  return `docker-credential-${helper.name}`;
}

function failure(helper: HelperChoice, task: string, detail: string): StoreError {
  return new StoreError(
    "CREDENTIALS",
    `Cannot ${task} with "${programOf(helper)}" (named by ${helper.namedBy}): ${detail}`,
  );
}
