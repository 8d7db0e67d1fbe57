import { mkdir, readdir, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseJson } from "../../content/parse-json.ts";
import { StoreError } from "../../errors/errors.ts";
import { quoted } from "../../text/quoted.ts";
import { reading, writing } from "../storage-failure.ts";
import { IndexFile } from "./index-file.ts";
import type { LayoutPlace } from "./layout-place.ts";
import { LayoutStore } from "./layout-store.ts";
import { readLinkRoots, realPathInside } from "./link-roots.ts";
import { readRegularFile } from "./regular-file.ts";
import { isSystemError } from "./system-error.ts";
import { WORKSPACE_NAME, Workspace } from "./workspace.ts";

const MARKER = "oci-layout";
const VERSION = "1.0.0";
const MAX_MARKER_BYTES = 64 * 1024;
/** What a folder may hold that is still made into a layout: what is left where making one was cut off. */
const PARTS: ReadonlySet<string> = new Set(["blobs", "index.json", MARKER, WORKSPACE_NAME]);

/** How a layout is opened. */
export interface OpenLayoutOptions {
  /** Makes a missing or empty folder a layout. Default false: a mistyped path is an error. */
  readonly create?: boolean | undefined;
  /**
   * Folders that links in the layout may lead into, such as the store of Bazel or Nix. What is there is
   * read and never changed. Default none: a link that leads out of the layout is refused.
   */
  readonly linkRoots?: readonly string[] | undefined;
}

/**
 * Opens an OCI image layout directory; nothing in it is changed unless it is made.
 * @param dir absolute, or relative to the working directory.
 * @throws {StoreError} LAYOUT_INVALID saying what is missing and what to do; LINK_REFUSED; STORAGE where it cannot be made or read.
 */
export async function openLayout(
  dir: string,
  { create = false, linkRoots: folders = [] }: OpenLayoutOptions = {},
): Promise<LayoutStore> {
  const path = resolve(dir);
  const name = `oci:${dir}`;
  const linkRoots = await readLinkRoots(folders);
  if (create) await writing(name, () => makeLayout(path, name));
  const names = await list(path);
  if (names === undefined) {
    throw invalid(
      path,
      "there is no such directory",
      "check the path, or make a layout there by copying an image to it",
    );
  }
  if (!names.includes(MARKER)) {
    throw invalid(
      path,
      `it has no "${MARKER}" file`,
      "check the path: it should lead to the folder that holds that file",
    );
  }
  const root = await reading(name, () => realpath(path));
  const place: LayoutPlace = { root, name, linkRoots };
  await checkMarker(path, await realFile(place, MARKER));
  if (!names.includes("index.json")) {
    throw invalid(path, 'it has no "index.json"', "the layout was not copied whole: copy it again");
  }
  await realFile(place, "index.json");
  return new LayoutStore(place);
}

/** Without link roots, a link is refused even inside the layout: what is written would go to another file. */
async function realFile({ root, name, linkRoots = [] }: LayoutPlace, file: string): Promise<string> {
  const path = join(root, file);
  const real = await realPathInside(path, { allowed: [root, ...linkRoots], name });
  if (real === path || (real !== undefined && linkRoots.length > 0)) return real;
  const detail = real === undefined ? "a link to a file that is not there" : "a link; put the file itself there";
  throw new StoreError("LINK_REFUSED", `Cannot open ${quoted(name)}: "${file}" is ${detail}`);
}

async function makeLayout(path: string, name: string): Promise<void> {
  const names = await list(path);
  if (names?.includes(MARKER) && names.includes("index.json")) return;
  const foreign = names?.find((entry) => !PARTS.has(entry));
  if (foreign !== undefined && !names?.includes(MARKER)) {
    throw invalid(path, `it is no layout and holds other files (${quoted(foreign)})`, "name an empty or a new folder");
  }
  await makeFolder(join(path, "blobs"));
  const workspace = new Workspace(await realpath(path));
  await new IndexFile({ root: await realpath(path), name }, workspace).create();
  // Last: a folder with the marker is whole.
  const { path: partial, handle } = await workspace.create();
  try {
    await handle.writeFile(JSON.stringify({ imageLayoutVersion: VERSION }));
    await handle.close();
    await rename(partial, join(path, MARKER));
  } catch (error) {
    await handle.close();
    await unlink(partial);
    throw error;
  } finally {
    await workspace.leave();
  }
}

/** Level by level: on a read-only disk Node's recursive mkdir says that there is no such folder, and in /proc it never ends. */
async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = path; (await stat(at).catch(() => undefined)) === undefined && at !== dirname(at); at = dirname(at)) {
    missing.unshift(at);
  }
  for (const level of missing) {
    await mkdir(level).catch((error: unknown) => {
      if (!isSystemError(error, "EEXIST")) throw error;
    });
  }
  await mkdir(path, { recursive: true });
}

/** Spec: image-spec v1.1.1, "OCI Image Layout Specification", "oci-layout file". */
async function checkMarker(path: string, marker: string): Promise<void> {
  let version: unknown;
  try {
    const value: unknown = parseJson(await readRegularFile(marker, MAX_MARKER_BYTES));
    version = typeof value === "object" && value !== null && "imageLayoutVersion" in value && value.imageLayoutVersion;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw invalid(path, `its "${MARKER}" file can't be read as JSON`, "copy the layout again", error);
  }
  if (typeof version === "string" && /^1\.\d+\.\d+$/.test(version)) return;
  const shown = typeof version === "string" ? quoted(version) : "none";
  throw invalid(path, `the version in its "${MARKER}" file is ${shown}`, `expected ${VERSION}`);
}

/** The names in the folder; undefined where there is none. */
async function list(path: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    if (isSystemError(error, "ENOTDIR")) {
      throw invalid(
        path,
        "it is a file",
        'a layout is a directory; unpack an archive first ("tar -xf FILE -C DIR")',
        error,
      );
    }
    throw invalid(path, "it can't be read", "check its permissions", error);
  }
}

function invalid(path: string, detail: string, advice: string, cause?: unknown): StoreError {
  return new StoreError("LAYOUT_INVALID", `Cannot open ${quoted(path)} as an OCI layout: ${detail}; ${advice}`, {
    cause,
  });
}
