// Works on uploads for ever, until it is killed: `node upload-worker.ts FOLDER WITNESSES NAME`. Each line on stdout is something that was recorded.
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openJournal } from "../../packages/copy/src/index.ts";
import { digestOf, type OpenUpload, type UploadKey } from "../../packages/core/src/index.ts";

const [folder, witnesses, name] = process.argv.slice(2);
if (folder === undefined || witnesses === undefined || name === undefined) {
  throw new TypeError("Expected: upload-worker.ts FOLDER WITNESSES NAME");
}
const { uploads, blobs } = await openJournal(folder);

/** Tells the test, before anything else happens. */
function say(session: string, event: string, confirmed: number): void {
  writeSync(1, `${JSON.stringify({ session, event, confirmed })}\n`);
}

/** What a file that the journal knows nothing of says about who has the session: a process, or nobody. */
function witness(session: string): string {
  return join(witnesses ?? "", session);
}

function checkNobodyElse(session: string): void {
  const holder = readFileSync(witness(session), "utf8");
  if (holder !== "" && isRunning(holder))
    throw new Error(`${session} is given to ${process.pid}, and ${holder} has it`);
}

/** A process that was killed has no locks from a moment on in which it is still there: it is exiting then, or a zombie. */
function isRunning(pid: string): boolean {
  const stat = readStat(pid);
  if (stat === undefined) return false;
  const [state = "", , , , , , flags = "0"] = stat.replace(/^.*\) /s, "").split(" ");
  const PF_EXITING = 0x4;
  return state !== "Z" && state !== "X" && (Number(flags) & PF_EXITING) === 0;
}

/**
 * The kernel's line about a process; undefined when it is gone. It can go between the opening of
 * the file (ENOENT) and the reading (ESRCH).
 */
function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return;
    throw error;
  }
}

async function work(key: UploadKey, sequence: number): Promise<void> {
  const claimed = await uploads.claim(key);
  let upload: OpenUpload = claimed ?? {
    size: 1_000_000,
    location: `https://r.example/${name}-${sequence}`,
    confirmed: 0,
  };
  const session = new URL(upload.location).pathname.slice(1);
  if (claimed !== undefined) checkNobodyElse(session);
  writeFileSync(witness(session), String(process.pid));
  if (claimed === undefined) await uploads.opened(key, upload);
  say(session, "has", upload.confirmed);
  for (let step = 0; step < 3; step += 1) {
    upload = { ...upload, confirmed: upload.confirmed + 1 };
    await uploads.advanced(key, upload);
    say(session, "has", upload.confirmed);
    await blobs.seen(key, digestOf(Buffer.from(`${name} ${sequence} ${step}`)));
  }
  if (Math.random() < 0.3) {
    say(session, "ends", upload.confirmed);
    await uploads.ended(key);
  } else {
    writeFileSync(witness(session), "");
    await uploads.released(key);
  }
}

for (let sequence = 0; ; sequence += 1) {
  const digest = digestOf(Buffer.from(`blob ${Math.floor(Math.random() * 4)}`));
  await work({ host: "r.example", access: "me", repository: "app", digest }, sequence);
}
