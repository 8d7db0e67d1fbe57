import process from "node:process";
import type { SyncRepository, SyncStores, Unresolved, VerifyStores } from "@tranship/copy";
import { CreatedTimes, failureRecord } from "@tranship/copy";
import type { CallOptions, RequestRecord } from "@tranship/core";
import { UsageError } from "../errors/usage-error.ts";
import type { ParsedMirrorFile } from "../mirror/file/parse-mirror-file.ts";
import { readMirrorFile } from "../mirror/file/read-mirror-file.ts";
import type { Mirror, MirrorFile } from "../mirror/mirror-file.ts";
import {
  inOrder,
  type ListCatalogue,
  RepositoryResolution,
  type ResolvedRepositories,
} from "../mirror/resolve/resolve-repositories.ts";
import { MirroredSources } from "../registries/mirrored-sources.ts";
import { Registries } from "../registries/registries.ts";
import { openRunState, type RunState } from "../state/open-state.ts";
import { printWarning } from "../terminal/warning.ts";
import type { MirrorFlags } from "./mirror-flags.ts";
import { MirrorPrunes } from "./mirror-prunes.ts";
import { ReadableStores, RegistryStores } from "./registry-stores.ts";
import { mirrorName, syncRepository } from "./sync-repositories.ts";

export type OpenMirrorsOptions = Omit<MirrorFlags, "file">;

/** The mirrors of a file, ready to be planned. Declare it with `await using`. */
export interface OpenMirrors extends AsyncDisposable {
  readonly file: MirrorFile;
  /** Read once, as they are found. */
  readonly repositories: AsyncIterable<SyncRepository>;
  readonly stores: SyncStores;
  /** For comparing. */
  readonly readable: VerifyStores;
  /** It ends with the mirrors. */
  readonly state: RunState;
  /** All repositories, in the order of the file, in the place of `repositories`. */
  all(): Promise<readonly SyncRepository[]>;
  /** Mirrors whose catalogue could not be read, and names that are not valid; complete when the repositories have ended. */
  readonly unresolved: readonly Unresolved[];
  /** The requests for catalogues, as far. */
  readonly asked: readonly RequestRecord[];
}

/**
 * Reads a mirror file and finds the repositories that it means. Warnings go to stderr.
 * Requests: the pages of a catalogue for each host that a `*` needs it for.
 * @throws {UsageError} for what is wrong with the file, before the first request where no request is needed to see it.
 */
export async function openMirrors(path: string, flags: OpenMirrorsOptions, signal: AbortSignal): Promise<OpenMirrors> {
  const parsed = await readMirrorFile(path, { signal, variables: process.env });
  warnOf(parsed);
  return resolveMirrors(parsed.file, flags, signal);
}

/** Says what the writer of a mirror file should know. */
export function warnOf({ warnings }: ParsedMirrorFile): void {
  warnings.forEach(printWarning);
}

/** The same for a file that was read. */
export async function resolveMirrors(
  file: MirrorFile,
  flags: OpenMirrorsOptions,
  signal: AbortSignal,
): Promise<OpenMirrors> {
  if (flags.trustJournal !== undefined && flags.state === false)
    throw new UsageError(
      "--no-state and --trust-journal exclude each other: nothing is remembered that could be trusted",
    );
  await using stack = new AsyncDisposableStack();
  const state = stack.use(openRunState(flags));
  const { journal } = state;
  const registries = stack.use(await Registries.create(flags, { hosts: hostsIn(file), rules: file.hosts, journal }));
  const asked: RequestRecord[] = [];
  const onExchange = (request: RequestRecord): void => void asked.push(request);
  const resolution = new RepositoryResolution(file);
  const stores = new RegistryStores(registries, file.hosts);
  const how = {
    prunes: new MirrorPrunes(resolution.found, flags),
    created: new CreatedTimes({ journal, trustMs: flags.trustJournal }),
  };
  const unresolved: Unresolved[] = [];
  const list: ListCatalogue = (host, options) => catalogue(registries, host, { ...options, onExchange });
  const found = async function* (): AsyncGenerator<FoundRepository, void, void> {
    for await (const repository of resolution.stream({ list, signal })) {
      yield { mirror: repository.mirror, repository: syncRepository(repository, how) };
    }
    resolution.found.warnings.forEach(printWarning);
    unresolved.push(...unresolvedOf(resolution.found));
  };
  const kept = stack.move();
  return {
    file,
    repositories: { [Symbol.asyncIterator]: () => onlyRepositories(found()) },
    all: async () => inOrder(await Array.fromAsync(found())).map(({ repository }) => repository),
    stores,
    readable: new ReadableStores(stores, registries),
    state,
    unresolved,
    asked,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A repository with the mirror that it is of. */
interface FoundRepository {
  readonly mirror: Mirror;
  readonly repository: SyncRepository;
}

async function* onlyRepositories(found: AsyncIterable<FoundRepository>): AsyncGenerator<SyncRepository, void, void> {
  for await (const { repository } of found) yield repository;
}

function hostsIn({ hosts, mirrors }: MirrorFile): readonly string[] {
  const targets = mirrors.flatMap(({ to }) => to.map(({ host }) => host));
  const sources = MirroredSources.hostsOf(
    mirrors.map(({ from }) => from.host),
    hosts,
  );
  return [...new Set([...sources, ...targets])];
}

async function* catalogue(
  registries: Registries,
  host: string,
  options: Pick<CallOptions, "signal" | "onExchange">,
): AsyncGenerator<string, void, void> {
  yield* (await registries.registry(host)).catalog(options);
}

function unresolvedOf({ failures }: ResolvedRepositories): readonly Unresolved[] {
  return failures.map(({ mirror, error }) => ({
    mirror: mirrorName({ mirror }),
    from: mirror.from.text,
    error: failureRecord(error),
  }));
}
