import process from "node:process";
import { parseHost, RegistryError, StoreError, saveCredential } from "@tranship/core";
import type { RegistryFlags } from "../../arguments/options.ts";
import { readingInput, UsageError } from "../../errors/usage-error.ts";
import { Registries } from "../../registries/registries.ts";
import { print } from "../../terminal/output.ts";
import { prompt, readStdin } from "../../terminal/prompt.ts";

export interface LoginFlags extends RegistryFlags {
  readonly username?: string | undefined;
  readonly passwordStdin?: boolean | undefined;
}

/** Checks user and password against the registry, then keeps them as `docker login` does. @throws {RegistryError} UNAUTHORIZED: nothing is kept. */
export async function loginAction(text: string, flags: LoginFlags, signal: AbortSignal): Promise<void> {
  const host = await readingInput(() => parseHost(text));
  await using registries = await Registries.create(flags, { hosts: [] });
  const { username, password } = await askFor(host, flags, signal);
  const registry = await registries.registry(host, `${username}:${password}`);
  try {
    await registry.ping({ signal });
  } catch (error) {
    signal.throwIfAborted();
    throw loginFailure(host, error);
  }
  const saved = await saveCredential({ host, username, password, authFile: flags.authfile, signal });
  if (saved.kind === "file") process.stderr.write(`tranship: warning: ${saved.warning}\n`);
  print(`Logged in to ${host} as ${username}`);
}

/** What the credentials were refused for is no reason to log in again; all else keeps its detail. */
function loginFailure(host: string, error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  const status = error instanceof RegistryError ? error.status : undefined;
  const detail =
    error.code === "UNAUTHORIZED" || status === 401
      ? `the registry refused the user name or password (${status ?? 401})`
      : error.message.replace(/^Cannot ping "[^"]*": /, "");
  return new StoreError(error.code, `Cannot log in to "${host}": ${detail}`, { cause: error });
}

async function askFor(
  host: string,
  { username: given, passwordStdin = false }: LoginFlags,
  signal: AbortSignal,
): Promise<{ readonly username: string; readonly password: string }> {
  if (passwordStdin && given === undefined) throw new UsageError("--password-stdin needs --username");
  const username = given ?? (await prompt(`Username for ${host}: `, { signal }));
  if (username === "" || username.includes(":")) throw new UsageError("A username is not empty and has no colon");
  const password = passwordStdin ? await readStdin() : await prompt("Password: ", { hidden: true, signal });
  if (password === "") throw new UsageError("The password is empty");
  return { username, password };
}
