import { neededStatePath, readState, type StateContents } from "../../state/read-state.ts";
import type { StateFlags } from "../../state/state-path.ts";
import { oneLine } from "../../terminal/one-line.ts";
import { print, printJson } from "../../terminal/output.ts";
import { alignColumns } from "../../terminal/table.ts";
import { counted, formatAge, formatBytes } from "../../terminal/units.ts";

export interface StateShowFlags extends StateFlags {
  readonly json?: boolean | undefined;
}

/** Prints what the state folder holds; never the Location of an upload. @throws {UsageError} where the folder can't be used. */
export async function stateShowAction(flags: StateShowFlags): Promise<void> {
  const state = await readState(neededStatePath(flags));
  if (flags.json === true) printJson(stateJson(state));
  else renderState(state, Date.now()).forEach(print);
}

function stateJson({ folder, size, spool, uploads, ...counts }: StateContents): unknown {
  return {
    folder,
    bytes: size.bytes,
    ...counts,
    spool,
    uploads: uploads.map(({ host, repository, digest, size: bytes, confirmed, opened, changed, owned }) => ({
      repository: `${host}/${repository}`,
      digest,
      size: bytes,
      confirmed,
      opened: new Date(opened).toISOString(),
      changed: new Date(changed).toISOString(),
      owned,
    })),
  };
}

function renderState(state: StateContents, now: number): readonly string[] {
  const { folder, size, spool, uploads, hosts, blobs, refusedMounts, tags, rewrites, buildTimes, ownedTags } = state;
  const { unfinishedRepairs } = state;
  const rows = [
    ["Folder", `${oneLine(folder)} (${formatBytes(size.bytes)})`],
    ["Open uploads", String(uploads.length)],
    ["Blobs seen", String(blobs)],
    ["Mounts refused", String(refusedMounts)],
    ["Hosts known", String(hosts)],
    ["Tags seen", String(tags)],
    ["Indexes rewritten", String(rewrites)],
    ["Build times", String(buildTimes)],
    ["Tags owned", String(ownedTags)],
    ["Unfinished repairs", String(unfinishedRepairs)],
    ["Spool", `${formatBytes(spool.bytes)} in ${counted(spool.files, "file")}`],
  ];
  const open = uploads.map(({ host, repository, digest, size: bytes, confirmed, changed, owned }) => [
    oneLine(`${host}/${repository}`),
    digest,
    `${formatBytes(confirmed)} of ${formatBytes(bytes)}`,
    owned ? "under way" : `${formatAge(now - changed)} ago`,
  ]);
  return [...alignColumns(rows), ...(open.length === 0 ? [] : ["", ...alignColumns(open)])];
}
