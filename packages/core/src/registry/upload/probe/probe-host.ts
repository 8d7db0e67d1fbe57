import { pause } from "../../../concurrency/pause.ts";
import { digestOf } from "../../../digest/digest.ts";
import { RegistryError } from "../../../errors/errors.ts";
import { SMALL_BODY_BYTES } from "../../../http/message/big-body.ts";
import type { CallOptions } from "../../../store/store.ts";
import { statusOf } from "../../explain.ts";
import type { HostProfile } from "../../profile/host-profile.ts";
import { pushScope, type RemoteRepository } from "../../remote-repository.ts";
import type { OutgoingPart } from "../content/outgoing.ts";
import { PROBE_DIGEST } from "../recovery/cancel-abandoned.ts";
import { cancelRecorded } from "../recovery/cancel-recorded.ts";
import { UploadRecord } from "../recovery/upload-record.ts";
import { NO_LEASE } from "../renewed-lease.ts";
import { commitUpload } from "../steps/commit-upload.ts";
import { patchUpload } from "../steps/patch-upload.ts";
import { postUpload, sessionOf, startUpload } from "../steps/start-upload.ts";
import type { UploadSession } from "../steps/upload-session.ts";
import { uploadStatus } from "../steps/upload-status.ts";

const MIB = 1024 * 1024;
/** A body that breaks, and what is sent of it. */
const BROKEN_BYTES = 2 * MIB;
const SENT_BYTES = MIB;
const CHUNK = Buffer.alloc(1024);
/** How long a host may read what was sent before the connection breaks, in ms. */
const READING_MS = 100;
/** How long it may take to notice that, in ms: it is asked after each of these, until it has all that was sent, or says the same twice. */
const LATENESS_MS = [25, 75, 200, 400, 800] as const;
const BYTE = Buffer.from([0]);
const WRONG_DIGEST = digestOf(Buffer.from("tranship asks whether a wrong digest is refused"));
/** A probe that takes longer is given up, in ms. */
const TIMEOUT_MS = 30_000;

/**
 * Finds out what the host keeps of an upload that breaks off, and whether it refuses a wrong digest, where that isn't known: before the first big blob. It
 * fails nothing, and leaves no session open. What it could not find out stays unknown, and isn't asked again by this process.
 * Of several processes that share a journal one asks, and the others wait for what it learns.
 * Requests: 9 where any byte is kept, 6 to 15 otherwise; 2 to 4 for the digest. Bytes: 1 MiB, or
 * 2 KiB where a session is known by its newest Location alone, since a broken one could not be cancelled.
 * Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-4a, end-5, end-13), "Single POST" (end-4b).
 */
export async function probeHost(repository: RemoteRepository, options: CallOptions = {}): Promise<void> {
  const { profile } = repository;
  await profile.once("probe", options.signal, async (signal) => {
    const call = probeCall(options, signal);
    if (knowsAll(profile)) return;
    const lease = await repository.leases.wait(`probe ${repository.client.host}`, call.signal).catch(() => NO_LEASE);
    try {
      await profile.refresh();
      const refusesChunks = profile.get("upload") === "put";
      if (profile.get("resume") === undefined && !refusesChunks) await findKind(repository, call).catch(() => {});
      if (profile.get("checksDigest") === undefined) await findDigestCheck(repository, call).catch(() => {});
    } finally {
      lease.release();
    }
    signal.throwIfAborted();
  });
}

function knowsAll(profile: HostProfile): boolean {
  const knowsKind = profile.get("resume") !== undefined || profile.get("upload") === "put";
  return knowsKind && profile.get("checksDigest") !== undefined;
}

/**
 * Whether the host is known to refuse a wrong digest, so that bytes in an upload which nobody here has hashed do no harm. Where that isn't known it is found out.
 * Requests: none where it is known; else 2 to 4, once in a process.
 * @throws the signal's reason.
 */
async function provesDigestCheck(repository: RemoteRepository, options: CallOptions = {}): Promise<boolean> {
  const { profile } = repository;
  if (profile.get("checksDigest") === undefined) {
    await profile.once("digest check", options.signal, async (signal) => {
      await findDigestCheck(repository, probeCall(options, signal)).catch(() => {});
      signal.throwIfAborted();
    });
  }
  return profile.get("checksDigest") === true;
}

/**
 * The same, for an upload of which so many bytes have arrived: of a little, sending it again costs less than to
 * find it out, and the answer is no where it is not known. @throws as `provesDigestCheck`.
 */
export async function isDigestChecked(
  repository: RemoteRepository,
  arrived: number,
  call: CallOptions,
): Promise<boolean> {
  const known = repository.profile.get("checksDigest");
  if (known !== undefined || arrived < SMALL_BODY_BYTES) return known === true;
  return provesDigestCheck(repository, call);
}

/** The options of a probe's requests, which end after some time. */
interface ProbeCall extends CallOptions {
  readonly signal: AbortSignal;
}

/** What a probe meets is not reported to the caller of the copy. */
function probeCall({ onExchange, onRequest, onResponse }: CallOptions, signal: AbortSignal): ProbeCall {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  return { onExchange, onRequest, onResponse, retry: { attempts: 2 }, signal: limit };
}

async function findKind(repository: RemoteRepository, call: CallOptions): Promise<void> {
  const { profile } = repository;
  const byNewest = await chunksByNewestLocation(repository, call);
  if (byNewest !== undefined) profile.learn({ resume: byNewest });
  else if (await keepsAnyByte(repository, call)) profile.learn({ resume: "any-byte" });
  else profile.learn({ resume: (await keepsChunks(repository, call)) ? "whole-chunks" : "none" });
}

/**
 * What the host keeps, where it knows a session by its newest Location alone; undefined elsewhere.
 * Such a host (distribution 2.8) answers 404 to every request for a session whose PATCH broke off,
 * since the Location that counts what arrived never came: nothing resumes or cancels that session.
 * It is therefore found by a whole chunk and the Location before it, and no request is broken.
 * Requests: 3 to 6.
 */
async function chunksByNewestLocation(
  repository: RemoteRepository,
  call: CallOptions,
): Promise<"whole-chunks" | "none" | undefined> {
  return inSession(repository, await startUpload(repository, call), call, async (session, moved) => {
    const before: UploadSession = { ...session };
    try {
      await patchUpload(repository, session, partOf(CHUNK, 0), call);
      await moved();
    } catch (error) {
      if (statusOf(error) !== undefined) return undefined;
      throw error;
    }
    if (session.location.href === before.location.href) return undefined;
    if ((await uploadStatus(repository, before, call)) !== undefined) return undefined;
    // Without an answer for the newest one either, the host has no status of uploads at all.
    if ((await uploadStatus(repository, session, call)) === undefined) return undefined;
    await moved();
    return (await takesChunk(repository, session, CHUNK.length, call, moved)) ? "whole-chunks" : "none";
  });
}

/** Breaks a PATCH in its middle, and asks what arrived. */
async function keepsAnyByte(repository: RemoteRepository, call: CallOptions): Promise<boolean> {
  return inSession(repository, await startUpload(repository, call), call, async (session) => {
    try {
      await patchUpload(repository, session, brokenPart(call.signal), call);
      return false;
    } catch (error) {
      call.signal?.throwIfAborted();
      // An answer came before the break: it takes no chunks, or not such ones.
      if (error instanceof RegistryError && error.status !== undefined) return false;
    }
    let before = 0;
    for (const ms of LATENESS_MS) {
      await pause(ms, call.signal);
      const arrived = await uploadStatus(repository, session, call);
      if (arrived === undefined || arrived > BROKEN_BYTES) return false;
      if (arrived === SENT_BYTES || (arrived > 0 && arrived === before)) return true;
      before = arrived;
    }
    return false;
  });
}

/** Sends two chunks, and asks after each of them what arrived: at Amazon's the answer sticks at the first one. */
async function keepsChunks(repository: RemoteRepository, call: CallOptions): Promise<boolean> {
  return inSession(repository, await startUpload(repository, call), call, async (session, moved) => {
    for (let offset = 0; offset < 2 * CHUNK.length; offset += CHUNK.length) {
      if (!(await takesChunk(repository, session, offset, call, moved))) return false;
    }
    return true;
  });
}

/** Sends a chunk to an offset, and asks whether it arrived. Requests: 1 or 2. */
async function takesChunk(
  repository: RemoteRepository,
  session: UploadSession,
  offset: number,
  call: CallOptions,
  moved: () => Promise<void>,
): Promise<boolean> {
  try {
    await patchUpload(repository, session, partOf(CHUNK, offset), call);
    await moved();
  } catch (error) {
    if (error instanceof RegistryError && error.status !== undefined && error.status < 500) return false;
    throw error;
  }
  const arrived = await uploadStatus(repository, session, call);
  await moved();
  return arrived === offset + CHUNK.length;
}

/** Commits one byte under a wrong digest. What takes a POST for it shows that it takes blobs that way. */
async function findDigestCheck(repository: RemoteRepository, call: CallOptions): Promise<void> {
  const { profile } = repository;
  const session = await postWrong(repository, call);
  if (session === undefined) return;
  const isChecked = await inSession(repository, session, call, async (_, moved) => {
    const part = partOf(BYTE, 0);
    // With its byte in a PATCH: after a PUT that brought it, distribution 2.8 lets nobody cancel the session.
    const inPut = profile.get("upload") === "put";
    if (!inPut) {
      await patchUpload(repository, session, part, call);
      await moved();
    }
    try {
      await commitUpload(repository, session, { digest: WRONG_DIGEST, ...(inPut ? { part } : {}) }, call);
      return false;
    } catch (error) {
      if (error instanceof RegistryError && error.status === 400) return true;
      throw error;
    }
  });
  profile.learn({ checksDigest: isChecked });
}

/** The session that is there where a POST isn't the upload itself; undefined where it was, and all is known. */
async function postWrong(repository: RemoteRepository, call: CallOptions): Promise<UploadSession | undefined> {
  const { profile, name } = repository;
  if (profile.get("singlePost") === false) return startUpload(repository, call);
  const post = {
    query: `?digest=${encodeURIComponent(WRONG_DIGEST)}`,
    scopes: [pushScope(name)],
    headers: { "content-type": "application/octet-stream" },
    body: () => BYTE,
    contentLength: BYTE.length,
    accept: [201, 202],
  };
  try {
    const response = await postUpload(repository, post, call);
    profile.learn({ singlePost: response.status === 201 });
    if (response.status === 202) return sessionOf(repository, response);
    profile.learn({ checksDigest: false });
    return undefined;
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== "DIGEST_INVALID") return startUpload(repository, call);
    profile.learn({ singlePost: true, checksDigest: true });
    return undefined;
  }
}

/**
 * Whatever becomes of the work, the session is cancelled: by whoever comes, where this process is killed. The work tells when the session has moved on: distribution 2.8
 * knows it by the newest Location alone.
 */
async function inSession<T>(
  repository: RemoteRepository,
  session: UploadSession,
  call: CallOptions,
  work: (session: UploadSession, moved: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const record = await UploadRecord.of(repository, { digest: PROBE_DIGEST, size: BROKEN_BYTES }, call.signal);
  const moved = async (): Promise<void> => record?.save(session, 0);
  await moved();
  try {
    return await work(session, moved);
  } finally {
    await cancelRecorded(repository, session, record, call);
  }
}

function partOf(bytes: Uint8Array, offset: number): OutgoingPart {
  const { length } = bytes;
  async function* body(): AsyncGenerator<Uint8Array, void, void> {
    yield bytes;
  }
  // Never the last one, so that it says where it belongs.
  return { offset, length, isLast: false, body, failure: undefined, sent: offset + length };
}

/** A part whose connection is closed when half of it was sent. */
function brokenPart(signal: AbortSignal | undefined): OutgoingPart {
  async function* body(): AsyncGenerator<Uint8Array, void, void> {
    const piece = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < SENT_BYTES; sent += piece.length) yield piece;
    await pause(READING_MS, signal);
    throw new Error("broken off on purpose");
  }
  return { offset: 0, length: BROKEN_BYTES, isLast: false, body, failure: undefined, sent: BROKEN_BYTES };
}
