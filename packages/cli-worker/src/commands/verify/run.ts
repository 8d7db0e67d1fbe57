import process from "node:process";
import {
  CopyRun,
  type SyncRepository,
  type VerifyOptions,
  type VerifyResult,
  type VerifyStores,
  verifyMirrors,
} from "@tranship/copy";
import type { TrafficFlags } from "../../arguments/options.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { hostsOf, readLocation } from "../../locations/open-location.ts";
import { Registries } from "../../registries/registries.ts";
import { openRunState } from "../../state/open-state.ts";
import type { RunStateFlags } from "../../state/state-path.ts";
import { openMirrors } from "../../sync/open-mirrors.ts";
import { printJsonFailure } from "../../terminal/json-failure.ts";
import { print, printJson } from "../../terminal/output.ts";
import { openProgress } from "../../terminal/progress/open-progress.ts";
import { renderVerification, throwDifferences } from "./render-verification.ts";
import { type ComparedPlaces, openPlaces } from "./verify-places.ts";

export interface VerifyFlags extends ComparedPlaces, TrafficFlags, RunStateFlags {
  readonly file?: string | undefined;
  readonly deep?: boolean | undefined;
  readonly repair?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

export interface VerifyArguments {
  readonly source: string | undefined;
  readonly target: string | undefined;
}

/**
 * Compares copies with their sources, and mends them where that is wanted.
 * @throws {UsageError} before anything starts. @throws {FoundDifferent} where something differs. @throws {SomeFailed} where something could not be compared.
 */
export async function verifyAction(
  { source, target }: VerifyArguments,
  flags: VerifyFlags,
  signal: AbortSignal,
): Promise<void> {
  if (flags.file === undefined) await verifyPlaces(source, target, flags, signal);
  else await verifyFile(flags.file, source, flags, signal);
}

async function verifyFile(
  file: string,
  source: string | undefined,
  flags: VerifyFlags,
  signal: AbortSignal,
): Promise<void> {
  if (source !== undefined) throw new UsageError("-f says what is compared: leave SRC and DST out");
  const alone = (
    [
      "allTags",
      "platform",
      "skipMissingPlatforms",
      "sparse",
      "referrers",
      "cosignTags",
      "srcCreds",
      "destCreds",
    ] as const
  ).find((flag) => flags[flag] !== undefined);
  if (alone !== undefined) {
    throw new UsageError(`${OPTIONS[alone]} is for SRC and DST: the mirror file says it for its mirrors`);
  }
  await using mirrors = await openMirrors(file, flags, signal);
  const repositories = await mirrors.all();
  const { readable, unresolved, asked, state } = mirrors;
  const run = new CopyRun({ concurrency: flags.concurrency, spool: state.spool });
  await verify(repositories, readable, flags, { run, unresolved, asked, signal });
}

async function verifyPlaces(
  sourceText: string | undefined,
  targetText: string | undefined,
  flags: VerifyFlags,
  signal: AbortSignal,
): Promise<void> {
  if (sourceText === undefined || targetText === undefined)
    throw new UsageError("Name SRC and DST, or a mirror file with -f");
  const [source, target] = [await readLocation(sourceText), await readLocation(targetText)];
  await using state = openRunState(flags);
  const hosts = hostsOf([source, target]);
  await using registries = await Registries.create(flags, { hosts, journal: state.journal });
  const { repository, stores } = await openPlaces(source, target, registries, flags);
  const run = new CopyRun({ concurrency: flags.concurrency, spool: state.spool });
  await verify([repository], stores, flags, { run, signal, extraTags: flags.allTags });
}

async function verify(
  repositories: readonly SyncRepository[],
  stores: VerifyStores,
  flags: VerifyFlags,
  options: VerifyOptions,
): Promise<void> {
  const { deep, repair } = flags;
  const progress = openProgress({ ...flags, stdout: process.stdout, stderr: process.stderr, env: process.env });
  let result: VerifyResult;
  try {
    result = await verifyMirrors(repositories, stores, { ...options, deep, repair, onEvent: progress.onEvent });
  } catch (error) {
    if (flags.json === true) printJsonFailure(error);
    throw error;
  } finally {
    progress.close();
  }
  if (flags.json === true) printJson({ type: "result", ...result });
  else if (flags.quiet !== true) renderVerification(result).forEach(print);
  throwDifferences(result);
}

const OPTIONS = {
  allTags: "--all-tags",
  platform: "--platform",
  skipMissingPlatforms: "--skip-missing-platforms",
  sparse: "--sparse",
  referrers: "--referrers",
  cosignTags: "--cosign-tags",
  srcCreds: "--src-creds",
  destCreds: "--dest-creds",
} as const;
