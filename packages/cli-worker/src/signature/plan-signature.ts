import { quoted } from "@tranship/core";
import { UsageError } from "../errors/usage-error.ts";
import { readLimited } from "../files/read-limited.ts";
import { readableFile } from "../files/single-file.ts";
import { parsePrivateKey, type SshPrivateKey } from "./ssh-keys.ts";
import { signSsh, verifySsh } from "./ssh-signature.ts";
import { parseTrustedKeys } from "./trusted-keys.ts";

/** What a signature is for, so that one that was made of the same bytes for another purpose is none of a plan. */
export const PLAN_NAMESPACE = "tranship-plan";

/** The longest key or signature that is read, in bytes. */
const MAX_KEY_BYTES = 1024 * 1024;

/** Where a plan's signature is. */
export function signaturePath(plan: string): string {
  return `${plan}.sig`;
}

/** Reads the key of `--sign-key`. @throws {UsageError} where it cannot be used. */
export async function readSigningKey(path: string, signal: AbortSignal): Promise<SshPrivateKey> {
  const text = await readText(path, "--sign-key", signal);
  return reading(`Cannot use the key ${quoted(path)} of --sign-key`, () => parsePrivateKey(text));
}

/** The signature of a plan's text, for the file beside it. */
export function signPlan(plan: string, key: SshPrivateKey): string {
  return signSsh(Buffer.from(plan), key, PLAN_NAMESPACE);
}

/**
 * Checks a plan against the signature beside it.
 * @param keysPath The file of `--verify-key`.
 * @throws {UsageError} where the signature is missing, of other bytes, by another key, or for another purpose.
 */
export async function verifyPlan(
  path: string,
  bytes: Uint8Array,
  { keysPath, signal }: { readonly keysPath: string; readonly signal: AbortSignal },
): Promise<void> {
  const trusted = await readText(keysPath, "--verify-key", signal);
  const keys = reading(`Cannot use the keys ${quoted(keysPath)} of --verify-key`, () =>
    parseTrustedKeys(trusted, PLAN_NAMESPACE),
  );
  const signature = await readText(signaturePath(path), "--verify-key", signal);
  reading(`Cannot accept the plan ${quoted(path)} with the signature ${quoted(signaturePath(path))}`, () =>
    verifySsh(bytes, signature, { keys, namespace: PLAN_NAMESPACE }),
  );
}

async function readText(path: string, option: string, signal: AbortSignal): Promise<string> {
  if (path === "-" || path === "-.sig") throw new UsageError(`${option} needs files: the signature is beside the plan`);
  const bytes = await readLimited(await readableFile(path), { limit: MAX_KEY_BYTES, signal });
  return new TextDecoder().decode(bytes);
}

/** Whatever Node.js says of a key that is broken may quote it. */
function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const detail = error instanceof SyntaxError ? error.message : "it is damaged";
    throw new UsageError(`${what}: ${detail}`);
  }
}
