import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { openLayout, StoreError } from "@tranship/core";
import { ApiError, systemCode } from "../api-error.ts";
import { isRepositoryPart, repositoryNameOf } from "../names.ts";
import { isLayout, Repository } from "./repository.ts";

/** The folder for uploads under way, beside the repositories; it also marks a folder as a registry whose repositories are all gone. */
export const WORK_FOLDER = ".tranship";

/** A folder as a registry: one OCI layout under one name, or a layout for each repository, in folders that are called like it. */
export class RegistryFolder {
  /** Absolute, without links. */
  readonly dir: string;
  /** The name of the one repository, where the folder is a layout itself. */
  readonly single: string | undefined;
  /** Held weakly: a name that somebody makes up costs no memory for ever. */
  readonly #known = new Map<string, WeakRef<Repository>>();
  readonly #collected = new FinalizationRegistry<string>((name) => {
    if (this.#known.get(name)?.deref() === undefined) this.#known.delete(name);
  });

  /** `openRegistryFolder` checks the folder. */
  constructor(dir: string, single: string | undefined) {
    this.dir = dir;
    this.single = single;
  }

  /**
   * The repository of a name that was checked, whether it exists or not. All who use one at a time
   * get the same object, which puts the writes to it in order.
   * @throws {ApiError} NAME_UNKNOWN where the folder holds another one only.
   */
  async repository(name: string): Promise<Repository> {
    const known = this.#known.get(name)?.deref();
    if (known !== undefined) return known;
    if (this.single !== undefined && name !== this.single) {
      throw new ApiError(404, "NAME_UNKNOWN", `Cannot find repository "${name}": only "${this.single}" is served`);
    }
    const dir = this.single === undefined ? join(this.dir, name) : this.dir;
    if ((await withoutLinks(dir)) === false) {
      throw new ApiError(404, "NAME_UNKNOWN", `Cannot find repository "${name}": its folder is a link`);
    }
    return this.#remember(new Repository(name, { root: this.dir, dir }));
  }

  /** Every repository that exists. Walks the folders, so that what another program put there is found. */
  async names(): Promise<readonly string[]> {
    if (this.single !== undefined) return [this.single];
    return Array.fromAsync(layoutsBelow(this.dir));
  }

  #remember(repository: Repository): Repository {
    const known = this.#known.get(repository.name)?.deref();
    if (known !== undefined) return known;
    this.#known.set(repository.name, new WeakRef(repository));
    this.#collected.register(repository, repository.name);
    return repository;
  }
}

/**
 * Opens a folder: an OCI layout, a folder of layouts, or an empty one.
 * @throws {StoreError} LAYOUT_INVALID for any other, so that no folder is served by mistake.
 */
export async function openRegistryFolder(dir: string): Promise<RegistryFolder> {
  const names = await entriesOf(dir);
  const root = await realpath(dir);
  if (names.includes("oci-layout") || names.includes("index.json")) {
    await openLayout(dir);
    return new RegistryFolder(root, repositoryNameOf(basename(root)));
  }
  if (names.length === 0 || names.includes(WORK_FOLDER)) return new RegistryFolder(root, undefined);
  for await (const _ of layoutsBelow(root)) return new RegistryFolder(root, undefined);
  throw new StoreError(
    "LAYOUT_INVALID",
    `Cannot serve "${dir}": it is neither an OCI layout, nor a folder of OCI layouts, nor empty`,
  );
}

async function entriesOf(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const code = systemCode(error);
    const details: Readonly<Record<string, string>> = {
      ENOENT: "there is no such folder",
      ENOTDIR: "it is not a folder",
      EACCES: "it may not be read",
    };
    throw new StoreError("LAYOUT_INVALID", `Cannot serve "${dir}": ${details[code ?? ""] ?? code}`, { cause: error });
  }
}

/** The repositories in a folder, by name. One may be nested in another one's folder; links are not followed. */
async function* layoutsBelow(root: string, prefix = ""): AsyncGenerator<string, void, void> {
  for (const entry of await readdir(join(root, prefix), { withFileTypes: true })) {
    if (!entry.isDirectory() || !isRepositoryPart(entry.name)) continue;
    const name = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (await isLayout(join(root, name))) yield name;
    yield* layoutsBelow(root, name);
  }
}

/** Whether the path holds no link; undefined where it is not there. */
async function withoutLinks(path: string): Promise<boolean | undefined> {
  try {
    await stat(path);
    return (await realpath(path)) === path;
  } catch {
    return undefined;
  }
}
