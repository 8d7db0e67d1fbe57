import { randomUUID } from "node:crypto";
import { mkdir, open, readlink, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StoreError } from "../errors/errors.ts";
import { type AuthFile, parseAuthFile, readAuthText } from "./auth-file.ts";

/** The entries of `auths` by key, as they stand in the file. */
export type RawAuths = Map<string, unknown>;

/** A file of credentials that is going to be changed. */
export interface EditableAuthFile {
  /** The file itself, where the path given is a symbolic link. */
  readonly target: string;
  /** What it holds; "" where it is absent. */
  readonly text: string;
  /** One that is absent or empty counts as `{}`. */
  readonly file: AuthFile;
}

/**
 * Reads a file of credentials for a change. Only a regular file or an absent one will do: renaming a temp file over a device such as
 * /dev/null would take it from the whole system.
 * @throws {StoreError} CREDENTIALS if it is malformed, unreadable, or no regular file.
 */
export async function readForEdit(path: string): Promise<EditableAuthFile> {
  const target = await followLinks(path);
  const before = await stat(target).catch(() => undefined);
  if (before !== undefined && !before.isFile()) throw unwritable(path, "it is not a regular file");
  const text = (await readAuthText(target)) ?? "";
  return { target, text, file: parseAuthFile(text.trim() === "" ? "{}" : text, path) };
}

/**
 * Changes `auths` of a file and leaves the rest of it as it is, its indent too (docker's tab in a new file). `edit` says whether it changed
 * anything; only then is the file written: temp file, flushed, renamed over it, mode 0600, a missing folder made with 0700. A symbolic link
 * stays, and what it points to is replaced, as docker does.
 * @throws {StoreError} CREDENTIALS if the file is malformed, which leaves it as it is, or cannot be written.
 */
export async function editAuthFile(path: string, edit: (auths: RawAuths) => boolean): Promise<void> {
  const { target, text, file } = await readForEdit(path);
  const auths: RawAuths = new Map(Object.entries(file.document["auths"] ?? {}));
  if (!edit(auths)) return;
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? "\t";
  const json = JSON.stringify({ ...file.document, auths: Object.fromEntries(auths) }, undefined, indent);
  try {
    await replaceFile(target, text.endsWith("\n") ? `${json}\n` : json);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw unwritable(path, error.message.replace(/, .*/s, ""), error);
  }
}

async function replaceFile(target: string, content: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const before = await stat(target).catch(() => undefined);
  const temp = `${target}.${randomUUID()}.tmp`;
  try {
    const file = await open(temp, "wx", 0o600);
    try {
      await file.writeFile(content);
      // Under sudo with the user's HOME, the file stays the user's.
      if (before !== undefined && before.uid !== process.getuid?.()) {
        await file.chown(before.uid, before.gid).catch(() => {});
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temp, target);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}

/** Where a symbolic link leads in the end, also where nothing is there yet. */
async function followLinks(path: string): Promise<string> {
  let at = resolve(path);
  for (let hops = 0; hops < 40; hops += 1) {
    const link = await readlink(at).catch(() => undefined);
    if (link === undefined) return at;
    at = resolve(dirname(at), link);
  }
  throw unwritable(path, "too many symbolic links");
}

function unwritable(path: string, detail: string, cause?: unknown): StoreError {
  return new StoreError("CREDENTIALS", `Cannot write credentials to "${path}": ${detail}`, { cause });
}
