import process from "node:process";
import { type CopyOptions, CopyRun, type CopyTagsOptions, FanOut, type OnEvent, Spool } from "@tranship/copy";
import type { TrafficFlags, TwoSideFlags } from "../../arguments/options.ts";
import { type ChosenPlatforms, type PlatformFlags, readPlatforms } from "../../arguments/read-platforms.ts";
import { SomeFailed } from "../../errors/some-failed.ts";
import { UsageError } from "../../errors/usage-error.ts";
import { checkDigestFile, writeDigestFile } from "../../files/digest-file.ts";
import { formatLocation, type Location } from "../../locations/location.ts";
import { hostsOf, openDestination, openSource, openStore, readLocation } from "../../locations/open-location.ts";
import { refuseReferences } from "../../locations/refuse-references.ts";
import { Registries } from "../../registries/registries.ts";
import { CopiedImages } from "../../report/copied-images.ts";
import { reportFiles, writeReports } from "../../report/report-file.ts";
import { type CopyReport, reportJson } from "../../results/copy-report.ts";
import { renderReport } from "../../results/summary.ts";
import { openRunState } from "../../state/open-state.ts";
import type { RunStateFlags } from "../../state/state-path.ts";
import { printJsonFailure } from "../../terminal/json-failure.ts";
import { print, printJson } from "../../terminal/output.ts";
import { openProgress } from "../../terminal/progress/open-progress.ts";
import { copyImage } from "./copy-image.ts";
import { copyRepository } from "./copy-repository.ts";

export interface CopyFlags extends TwoSideFlags, TrafficFlags, RunStateFlags, PlatformFlags {
  readonly allTags?: boolean | undefined;
  readonly referrers?: boolean | undefined;
  readonly cosignTags?: boolean | undefined;
  readonly clobber?: boolean | undefined;
  readonly digestfile?: string | undefined;
  /** Files that a report is written to. */
  readonly report?: readonly string[] | undefined;
  /** Big blobs in flight. */
  readonly blobs?: number | undefined;
  /** How long an image may take, in ms. */
  readonly imageDeadline?: number | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

interface Job {
  readonly source: Location;
  readonly targets: readonly Location[];
  readonly chosen: ChosenPlatforms;
}

/**
 * Copies an image, or with `allTags` a repository, to one or several targets; one target's failure leaves the others alone.
 * @throws {UsageError} before anything starts. @throws {SomeFailed} where not all was copied; an abort rejects with `signal.reason`.
 */
export async function copyAction(
  sourceText: string,
  targetTexts: readonly string[],
  flags: CopyFlags,
  signal: AbortSignal,
): Promise<void> {
  const job = await readJob(sourceText, targetTexts, flags);
  if (flags.digestfile !== undefined) await checkDigestFile(flags.digestfile);
  const written = { command: "copy", of: formatLocation(job.source), files: await reportFiles(flags.report) };
  const hosts = hostsOf([job.source, ...job.targets]);
  await using state = openRunState(flags);
  await using registries = await Registries.create(flags, { hosts, journal: state.journal });
  const progress = openProgress({ ...flags, stdout: process.stdout, stderr: process.stderr, env: process.env });
  const { concurrency, blobs, imageDeadline: imageDeadlineMs } = flags;
  const run = new CopyRun({ concurrency, blobs, spool: state.spool, journal: state.journal, imageDeadlineMs });
  const copied = new CopiedImages(run);
  const isWritten = written.files.length > 0;
  const onExchange = isWritten ? copied.onExchange : undefined;
  const onEvent: OnEvent = (event) => {
    if (isWritten) copied.onEvent(event);
    progress.onEvent(event);
  };
  const startedAtMs = performance.now();
  let reports: readonly CopyReport[];
  try {
    reports = await copyToAll(job, flags, registries, { run, signal, onEvent, onExchange });
  } catch (error) {
    if (flags.json === true) printJsonFailure(error);
    await writeReports(written.files, { ...written, result: copied.result([], { error }) });
    throw error;
  } finally {
    progress.close();
  }
  const tookMs = performance.now() - startedAtMs;
  if (flags.json === true) printJson(reportJson(reports, tookMs));
  else if (flags.quiet !== true) reports.flatMap((report) => renderReport(report, tookMs)).forEach(print);
  const failed = reports.flatMap(({ scope, failures }) =>
    failures.map(({ error, from }) => ({ error, of: scope === "repository" ? from : undefined })),
  );
  const [root] = reports.flatMap((report) => report.copies.map(({ result }) => result.root));
  if (flags.digestfile !== undefined && root !== undefined && failed.length === 0) {
    await writeDigestFile(flags.digestfile, root.digest);
  }
  await writeReports(written.files, { ...written, result: copied.result(reports) });
  if (failed.length > 0) throw new SomeFailed(failed);
}

async function readJob(sourceText: string, targetTexts: readonly string[], flags: CopyFlags): Promise<Job> {
  const source = await readLocation(sourceText);
  const targets = await Promise.all(targetTexts.map(readLocation));
  const chosen = await readPlatforms(flags);
  if (flags.allTags === true) refuseReferences("copies", [source, ...targets]);
  if (flags.allTags === true && flags.digestfile !== undefined) {
    throw new UsageError("--digestfile is for one image, --all-tags copies many");
  }
  const names = targets.map(formatLocation);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`The target "${twice}" is named twice`);
  const pinned = source.kind === "registry" ? source.digest : undefined;
  for (const target of targets) {
    if (target.kind !== "registry" || target.digest === undefined || chosen.platforms.length > 0) continue;
    if (pinned === undefined || pinned === target.digest) continue;
    throw new UsageError(`Cannot copy to "${formatLocation(target)}": the source has another digest; name a tag`);
  }
  return { source, targets, chosen };
}

interface RunOf {
  readonly run: CopyRun;
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
  readonly onExchange: CopyOptions["onExchange"];
}

/** All targets at once: what several registries get is fetched once, and what another repository of a registry is being sent is waited for, and mounted. */
async function copyToAll(
  { source, targets, chosen }: Job,
  flags: CopyFlags,
  registries: Registries,
  { run, signal, onEvent, onExchange }: RunOf,
): Promise<readonly CopyReport[]> {
  const { srcCreds, destCreds, referrers, cosignTags, clobber } = flags;
  const options: CopyTagsOptions = { ...chosen, referrers, cosignTags, clobber, run, signal, onEvent, onExchange };
  const from = flags.allTags === true ? undefined : await openSource(source, registries, srcCreds);
  const store = from?.store ?? (await openStore(source, registries, srcCreds));
  const destinations = await Promise.all(targets.map((target) => openDestination(target, registries, destCreds)));
  await using fetched = new Spool();
  const { feeds } = new FanOut(fetched, store, destinations.length);
  const copying = destinations.map(async (to, at) => {
    const feed = feeds[at];
    try {
      const fed: CopyTagsOptions = destinations.length < 2 ? options : { ...options, feed };
      return from === undefined ? await copyRepository(store, to.store, fed) : await copyImage(from, to, fed);
    } finally {
      await feed?.end();
    }
  });
  const settled = await Promise.allSettled(copying);
  signal.throwIfAborted();
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
