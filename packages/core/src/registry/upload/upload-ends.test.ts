import { describe, expect, it } from "vitest";
import { blobOf, opening } from "../../../../../test/support/scripted-blobs.ts";
import {
  failed,
  type ScriptedAnswer,
  type ScriptedRequest,
  sha256,
} from "../../../../../test/support/scripted-registry.ts";
import { scriptedSetup } from "../../../../../test/support/scripted-setup.ts";
import { MemoryJournal } from "../../journal/memory/memory-journal.ts";
import { Registry } from "../registry.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const UPLOADS = { probeFrom: 1024 * MIB, graceMs: 0 };
const RETRY = { attempts: 3, baseDelayMs: 1 };

/** What a request to a session meets. */
type Meets = (
  request: ScriptedRequest,
  commit: () => Promise<void>,
) => ScriptedAnswer | "dropped" | undefined | Promise<ScriptedAnswer | "dropped" | undefined>;

/** As a registry that was cut off from the middle of a request. */
async function dropAfter(request: ScriptedRequest, bytes: number): Promise<"dropped"> {
  await request.breakAfter(bytes);
  return "dropped";
}

/** Each way in which the request that sends or commits a blob ends badly. */
const FAULTS: Readonly<Record<string, Meets>> = {
  "breaks before its body": (request) => dropAfter(request, 0),
  "breaks within its body": (request) => dropAfter(request, 1000),
  "breaks after its body": async (request) => {
    await request.body();
    return dropAfter(request, 0);
  },
  "is done, and its answer lost": async (request, commit) => {
    await commit();
    return dropAfter(request, 0);
  },
  "is done, and answered 500": async (request, commit) => {
    await commit();
    return answered(request, 500);
  },
  "is answered 404": (request) => answered(request, 404),
  "is answered 405": (request) => answered(request, 405),
  "is answered 413": (request) => answered(request, 413),
  "is answered 416": (request) => answered(request, 416),
  "is answered 400 DIGEST_INVALID": (request) => answered(request, 400),
  "is answered 403": (request) => answered(request, 403),
  "is answered 503": (request) => answered(request, 503),
};

const CODES: Readonly<Record<number, string>> = { 400: "DIGEST_INVALID", 403: "DENIED", 404: "BLOB_UPLOAD_UNKNOWN" };

async function answered(request: ScriptedRequest, status: number): Promise<ScriptedAnswer> {
  await request.body();
  return failed(status, CODES[status] ?? "UNAVAILABLE");
}

/** What the DELETEs of sessions meet, by how many came before. */
const CANCELS: Readonly<Record<string, (request: ScriptedRequest, before: number) => ReturnType<Meets>>> = {
  "is taken": () => undefined,
  "is stale once (416)": (_, before) => (before === 0 ? failed(416, "RANGE_INVALID") : undefined),
  "is stale each time (416)": () => failed(416, "RANGE_INVALID"),
  "breaks each time": (request) => dropAfter(request, 0),
  "is told to come back in an hour": () => ({ ...failed(429, "TOOMANYREQUESTS"), headers: { "retry-after": "3600" } }),
};

/** More often than it is tried. */
const ALWAYS = 9;
const CANCELLING = ["is taken", "is stale once (416)"];

interface Case {
  readonly fault: string;
  /**
   * The request that it is about: the one that brings the bytes, or the one that commits what
   * PATCHes brought.
   */
  readonly at: "PUT" | "PATCH" | "commit";
  readonly times: number;
  readonly size: number;
  /** Whether another process has sent the blob by the time of the fault. */
  readonly rival: boolean;
  readonly cancel: string;
  readonly aborts: boolean;
}

/** What is left of sessions: at the registry, and in the journal as free to be taken over. */
interface Left {
  readonly outcome: string;
  readonly server: readonly string[];
  readonly journal: readonly string[];
  readonly owned: number;
  readonly afterNext: { readonly server: readonly string[]; readonly journal: readonly string[] };
}

async function leftAfter({ fault, at, times, size, rival, cancel, aborts }: Case): Promise<Left> {
  const bytes = Buffer.alloc(size, `${fault} ${at} `);
  const journal = new MemoryJournal();
  const abort = new AbortController();
  let [left, cancels] = [times, 0];
  let isOver = false;
  const key = `app@${sha256(bytes)}`;
  await using setup = await scriptedSetup(
    async (request) => {
      if (isOver) return undefined;
      if (request.method === "DELETE") {
        cancels += 1;
        return CANCELS[cancel]?.(request, cancels - 1);
      }
      const length = Number(request.headers["content-length"] ?? 0);
      const step = request.method === "PUT" && at === "commit" && length === 0 ? "commit" : request.method;
      if (step !== at || !request.path.includes("/uploads/") || left === 0) return undefined;
      left -= 1;
      const session = /upload-\d+/.exec(request.path)?.[0] ?? "";
      const commit = async (): Promise<void> => {
        await request.body();
        if (at !== "PATCH") {
          server.blobs.set(key, bytes);
          server.uploads.delete(session);
        } else server.uploads.set(session, bytes);
      };
      if (rival) server.blobs.set(key, bytes);
      if (aborts) abort.abort(new Error("stop"));
      return FAULTS[fault]?.(request, commit);
    },
    { journal: journal.peer(), uploads: UPLOADS, retry: RETRY },
  );
  const { server, registry } = setup;
  if (at !== "PUT") await journal.profiles.set(server.host, "upload", "patch");
  const pushed = await registry
    .repository("app")
    .push(blobOf(bytes), opening(bytes), { signal: abort.signal })
    .catch(() => "failed");
  const free = await freeSessions(journal);
  const owned = (await Array.fromAsync(journal.uploads.list())).filter((upload) => upload.owned).length;
  const open = [...server.uploads.keys()];
  isOver = true;
  await using next = new Registry({ host: server.host, plainHttp: true, journal: journal.peer(), uploads: UPLOADS });
  await next.repository("app").push(blobOf(bytes), opening(bytes));
  const afterNext = { server: [...server.uploads.keys()], journal: await freeSessions(journal) };
  return { outcome: pushed, server: open, journal: free, owned, afterNext };
}

async function freeSessions(journal: MemoryJournal): Promise<string[]> {
  const free = await Array.fromAsync(journal.peer().uploads.abandoned());
  return free.map(({ upload }) => /upload-\d+/.exec(upload.location)?.[0] ?? "");
}

/** What is wrong with what is left, a line for each. */
async function wrongAfter(one: Case): Promise<readonly string[]> {
  const { fault, at, times, size, rival, cancel, aborts } = one;
  const { outcome, server, journal, owned, afterNext } = await leftAfter(one);
  const wrong: string[] = [];
  if (!server.every((session) => journal.includes(session))) wrong.push("a session is open and not in the journal");
  if (owned > 0) wrong.push("a row belongs to a process that does nothing with it");
  if (outcome !== "failed" && CANCELLING.includes(cancel) && server.length + journal.length > 0) {
    wrong.push("the blob has arrived, and something of it is open");
  }
  if (afterNext.server.length + afterNext.journal.length > 0) wrong.push("something is open after the next process");
  const about = `${size / KIB} KiB, ${times === 1 ? "once" : "always"}${rival ? ", sent by another process" : ""}${aborts ? ", aborted" : ""}`;
  return wrong.map((line) => `${at} ${fault} (${about}), DELETE ${cancel}: ${line}`);
}

async function wrongAfterAll(cases: Iterable<Case>): Promise<readonly string[]> {
  const wrong = await Promise.all([...cases].map(wrongAfter));
  return wrong.flat();
}

function* casesOf(fault: string, at: Case["at"]): Generator<Case> {
  for (const rival of [false, true]) {
    const shared = { fault, at, rival, cancel: "is taken" };
    yield { ...shared, times: 1, size: 10 * KIB, aborts: false };
    yield { ...shared, times: 1, size: 2 * MIB, aborts: false };
    yield { ...shared, times: ALWAYS, size: 2 * MIB, aborts: false };
    yield { ...shared, times: 1, size: 2 * MIB, aborts: true };
  }
}

function* cancelCases(fault: string): Generator<Case> {
  for (const cancel of Object.keys(CANCELS)) {
    for (const size of [10 * KIB, 2 * MIB]) {
      for (const [times, rival] of [
        [1, true],
        [1, false],
        [ALWAYS, false],
      ] as const) {
        yield { fault, at: "PUT", times, size, rival, cancel, aborts: false };
      }
    }
  }
}

describe("push() leaves each session committed, cancelled or in the journal, and none of a blob that has arrived", () => {
  const requests = ["PUT", "PATCH", "commit"] as const;
  it.each(requests.flatMap((at) => Object.keys(FAULTS).map((fault) => [at, fault] as const)))(
    "where a %s %s",
    async (at, fault) => {
      expect(await wrongAfterAll(casesOf(fault, at))).toEqual([]);
    },
    30_000,
  );
});

describe("push() leaves a session that it cannot cancel to the next process", () => {
  it.each(["breaks within its body", "is done, and its answer lost", "is answered 416", "is answered 403"])(
    "where a PUT %s",
    async (fault) => {
      expect(await wrongAfterAll(cancelCases(fault))).toEqual([]);
    },
    30_000,
  );
});
