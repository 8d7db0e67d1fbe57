import { parseHost } from "@tranship/core";
import type { OneSideFlags } from "../../arguments/options.ts";
import { readingInput } from "../../errors/usage-error.ts";
import { Registries } from "../../registries/registries.ts";
import { printNames } from "../../terminal/print-list.ts";

export interface ListFlags extends OneSideFlags {
  readonly json?: boolean | undefined;
}

/**
 * Prints the repositories of a registry, or of a folder as `serve` would offer it.
 * @throws {RegistryError} UNSUPPORTED where there is no catalogue. @throws {IncompleteListError} after all that came, where there may be more.
 */
export async function listRepositoriesAction(text: string, flags: ListFlags, signal: AbortSignal): Promise<void> {
  await using registries = await Registries.create(flags, { hosts: await hostsIn(text) });
  const names = text.startsWith("oci:") ? await foldersIn(text) : await catalogOf(text, registries, flags, signal);
  await printNames(names, { json: flags.json === true, name: "repositories", of: {}, signal });
}

async function hostsIn(text: string): Promise<readonly string[]> {
  return text.startsWith("oci:") ? [] : [await readHost(text)];
}

function readHost(text: string): Promise<string> {
  const place = text.replace(/^docker:\/\//, "").replace(/\/$/, "");
  const slash = place.indexOf("/");
  return readingInput(() => {
    if (slash < 0 || place.includes("://")) return parseHost(place);
    const host = parseHost(place.slice(0, slash));
    throw new SyntaxError(`repos takes a host: write ${JSON.stringify(host)} for ${JSON.stringify(text)}`);
  });
}

async function foldersIn(text: string): Promise<readonly string[]> {
  const { openRegistryFolder } = await import("../../serve/storage/registry-folder.ts");
  return readingInput(async () => (await openRegistryFolder(text.slice("oci:".length))).names());
}

async function catalogOf(
  text: string,
  registries: Registries,
  flags: ListFlags,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  return (await registries.registry(await readHost(text), flags.creds)).catalog({ signal });
}
