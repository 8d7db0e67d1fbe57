import type { Descriptor } from "../../content/descriptor.ts";
import { isRetryable, RegistryError } from "../../errors.ts";
import { retrying } from "../../http/retry.ts";
import type { CallOptions, Open } from "../../store/store.ts";
import { statusOf } from "../explain.ts";
import { seesBlob } from "../head-blob.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { retriesOf } from "../retries.ts";
import { AdaptedBody } from "./adapted-body.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { commitUpload } from "./commit-upload.ts";
import { withGrace } from "./grace.ts";
import { KnownContent } from "./known-content.ts";
import type { Outgoing, OutgoingPart } from "./outgoing.ts";
import type { PushBlobOptions } from "./push-blob-options.ts";
import { sendParts } from "./send-parts.ts";
import { startUpload } from "./start-upload.ts";
import { planUpload, type UploadPlan } from "./upload-plan.ts";
import type { UploadRecord } from "./upload-record.ts";
import type { UploadSession } from "./upload-session.ts";
import { uploadStatus } from "./upload-status.ts";

/** Where less was sent, asking how much of it arrived costs more than sending it again. */
const WORTH_ASKING_BYTES = 1024 * 1024;

export interface BlobUploadOptions extends PushBlobOptions {
  /** Where it is written down, so that another process can go on with it. */
  readonly record?: UploadRecord | undefined;
  /** What is sent, where it is in memory. Default: what `open` gives. */
  readonly content?: Outgoing | undefined;
}

/** One blob on its way into a session, until it is committed, whatever breaks on the way. */
export class BlobUpload {
  readonly #repository: RemoteRepository;
  readonly #descriptor: Descriptor;
  readonly #open: Open;
  readonly #options: BlobUploadOptions;
  readonly #adapted: AdaptedBody;
  #session: UploadSession | undefined;
  /** What was sent last, and whether it was all. */
  #part: OutgoingPart | undefined;
  #committing = false;
  /** Bytes that the registry said it has; the most that it ever said. */
  #confirmed = 0;
  #furthest = 0;
  /** Whether an earlier request than the present ones sent the beginning. */
  #resumed = false;
  #mismatched = false;
  #failure: { readonly error: unknown } | undefined;
  #sending = false;

  constructor(repository: RemoteRepository, descriptor: Descriptor, open: Open, options: BlobUploadOptions) {
    this.#repository = repository;
    this.#descriptor = descriptor;
    this.#open = open;
    this.#options = options;
    this.#adapted = new AdaptedBody(repository.profile, options.maxBody);
  }

  /** Cancels what an earlier process has begun: the blob is there. */
  async forget(record: UploadRecord): Promise<void> {
    const claimed = await record.claim(this.#options.signal);
    if (claimed === undefined) return;
    await record.cancelled(await cancelUpload(this.#repository, claimed.session, this.#options));
  }

  /**
   * Goes on with what an earlier process has begun, to its commit; false where there is nothing to go on with.
   * @throws as `run`.
   */
  async resume(record: UploadRecord): Promise<boolean> {
    const claimed = await record.claim(this.#options.signal);
    if (claimed === undefined) return false;
    const { session, confirmed } = claimed;
    const arrived = await this.#statusOf(session, record);
    const isBelievable = arrived !== undefined && arrived >= confirmed && arrived <= this.#descriptor.size;
    if (!isBelievable || arrived === 0 || this.#repository.profile.get("resume") === "none") {
      const isGone = arrived === undefined || (await cancelUpload(this.#repository, session, this.#options));
      await record.cancelled(isGone);
      return false;
    }
    this.#confirm(arrived);
    this.#resumed = true;
    await this.run(session);
    return true;
  }

  /**
   * Sends and commits the blob. Where that ends otherwise, the session is cancelled, or left in the record where it may pass.
   * @throws {ContentFailure} @throws {RegistryError} what the registry refused; the signal's reason.
   */
  async run(session: UploadSession): Promise<void> {
    const { signal } = this.#options;
    this.#session = session;
    let failure: { readonly error: unknown } | undefined;
    try {
      // The chunk that is on its way counts only as a whole.
      const { graceMs } = this.#repository.uploads;
      if (this.#keepsWholeChunks()) await withGrace(signal, graceMs, (late) => this.#sendAll(late));
      else await this.#sendAll(signal);
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      await this.#settle(failure);
    }
  }

  async #sendAll(signal: AbortSignal | undefined): Promise<void> {
    const { client, retry, profile } = this.#repository;
    const isChecked = (): boolean => profile.get("checksDigest") === true;
    const open: Open = (offset, aborted) => this.#source(offset, aborted);
    const content = this.#options.content ?? new KnownContent(this.#descriptor, open, { isChecked, signal });
    const retries = retriesOf(retry, this.#options, { method: "PUT", kind: "upload", host: client.host });
    try {
      await retrying(() => this.#attempt(content, { ...this.#options, signal }), {
        ...retries,
        isRetryable: (error) => this.#mayWorkAnew(error),
        progress: () => this.#furthest,
      });
    } finally {
      await content.close();
    }
  }

  /** Where an upload that breaks off may begin anew, or has to be read from its start, the source isn't asked twice. */
  get #source(): Open {
    const { profile, uploads } = this.#repository;
    const { spooled } = this.#options;
    const goesOn = profile.get("resume") === "any-byte" && profile.get("checksDigest") === true;
    return spooled === undefined || goesOn || this.#descriptor.size < uploads.probeFrom ? this.#open : spooled;
  }

  async #attempt(content: Outgoing, call: CallOptions): Promise<void> {
    this.#sending = false;
    this.#options.signal?.throwIfAborted();
    if (this.#failure !== undefined) {
      if (await seesBlob(this.#repository, this.#descriptor.digest, call)) {
        // What was committed is no session any more.
        if (this.#committing) await this.#over();
        return;
      }
      await this.#recover(this.#failure.error, call);
    }
    // Who gave us the session has written it down, unless it has moved on since.
    const isWritten = this.#session !== undefined && !this.#resumed;
    this.#session ??= await startUpload(this.#repository, call);
    this.#options.signal?.throwIfAborted();
    if (!isWritten) await this.#save(this.#session);
    this.#sending = true;
    try {
      await this.#send(this.#session, content, call);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    await this.#over();
    this.#adapted.succeeded();
  }

  /** Sends what lacks, in the way that the host takes; where it refuses one, in another. */
  async #send(session: UploadSession, content: Outgoing, call: CallOptions): Promise<void> {
    const { digest, size } = this.#descriptor;
    for (;;) {
      const plan = this.#plan(session);
      this.#committing = false;
      try {
        if (plan.kind === "put" && this.#confirmed === 0) {
          this.#part = await content.part(0, size);
          this.#committing = true;
          await commitUpload(this.#repository, session, { digest, part: this.#part }, call);
          this.#repository.profile.putWorked = true;
          return;
        }
        await this.#sendParts(session, content, call);
        this.#committing = true;
        await commitUpload(this.#repository, session, { digest }, call);
        return;
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        if (this.#part === undefined || !(await this.#adapts(error, session, this.#part, call))) throw error;
      }
    }
  }

  async #sendParts(session: UploadSession, content: Outgoing, call: CallOptions): Promise<void> {
    const length = (): number => {
      const plan = this.#plan(session);
      return plan.kind === "patch" ? plan.length : this.#descriptor.size;
    };
    const onPart = (part: OutgoingPart): void => {
      this.#options.signal?.throwIfAborted();
      this.#part = part;
    };
    const onTaken = async (part: OutgoingPart): Promise<void> => {
      this.#confirm(part.offset + part.length);
      if (!part.isLast) await this.#save(session);
    };
    const position = { offset: this.#confirmed, length, onPart, onTaken };
    await sendParts(this.#repository, session, content, position, call);
  }

  #plan(session: UploadSession): UploadPlan {
    const { profile, uploads } = this.#repository;
    const { size } = this.#descriptor;
    return planUpload(profile, { session, size, chunkSize: uploads.chunkSize, ...this.#adapted.plan });
  }

  async #adapts(error: unknown, session: UploadSession, part: OutgoingPart, call: CallOptions): Promise<boolean> {
    const isPatch = error instanceof RegistryError && error.method === "PATCH";
    // A 416 says that the place was wrong; if it was right, it was the chunk.
    const misplaced =
      isPatch && statusOf(error) === 416 && (await uploadStatus(this.#repository, session, call)) !== part.offset;
    return !misplaced && this.#adapted.adapts(error, part);
  }

  /** Finds out where the upload stands after a failure; without an answer that can be believed it is cancelled, to be begun anew. */
  async #recover(error: unknown, call: CallOptions): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const sent = Math.max(this.#confirmed, this.#part?.sent ?? 0);
    const isWrong = this.#committing && !isRetryable(error) && (this.#resumed || statusOf(error) === 400);
    if (!isWrong && sent >= WORTH_ASKING_BYTES && this.#repository.profile.get("resume") !== "none") {
      const arrived = await uploadStatus(this.#repository, session, call);
      if (arrived !== undefined && arrived > 0 && arrived >= this.#confirmed && arrived <= sent) {
        this.#learnKind(arrived);
        this.#confirm(arrived);
        this.#resumed = true;
        return;
      }
    }
    this.#adapted.broke(error, this.#part);
    await this.#cancel();
    this.#confirmed = 0;
    this.#part = undefined;
    this.#resumed = false;
  }

  #confirm(offset: number): void {
    this.#confirmed = offset;
    this.#furthest = Math.max(this.#furthest, offset);
  }

  /** The first break shows what the host keeps. */
  #learnKind(arrived: number): void {
    const { profile } = this.#repository;
    if (profile.get("resume") !== undefined) return;
    profile.learn({ resume: arrived > this.#confirmed ? "any-byte" : "whole-chunks" });
  }

  #mayWorkAnew(error: unknown): boolean {
    if (!this.#sending) return false;
    // 416: bytes of a broken request are in the session, so it is asked what it has.
    if (isRetryable(error) || statusOf(error) === 416 || isUnknownSession(error)) return true;
    // What we sent has the digest: pieces of several requests were put together wrongly, one of them perhaps by a kept connection that died and was replaced.
    if (!this.#committing || this.#mismatched || statusOf(error) !== 400) return false;
    if (!this.#resumed && !(error instanceof RegistryError && error.code === "DIGEST_INVALID")) return false;
    this.#mismatched = true;
    return true;
  }

  #keepsWholeChunks(): boolean {
    return this.#options.record?.mayGoOn === true && this.#repository.profile.get("resume") === "whole-chunks";
  }

  /** Writes down where the upload stands, for another process to go on with it, or to cancel it. */
  async #save(session: UploadSession): Promise<void> {
    await this.#options.record?.save(session, this.#confirmed);
  }

  /** An earlier process' session: how much of it is there. One that can't be asked now is left for later. */
  async #statusOf(session: UploadSession, record: UploadRecord): Promise<number | undefined> {
    try {
      return await uploadStatus(this.#repository, session, this.#options);
    } catch (error) {
      // A Location that must not be followed any more is none.
      if (error instanceof RegistryError && error.status === undefined && !isRetryable(error)) return undefined;
      await record.released();
      throw error;
    }
  }

  /** What is left of the session is cancelled, or left for another process where the upload may go on. */
  async #settle(failure: { readonly error: unknown } | undefined): Promise<void> {
    const { record, signal } = this.#options;
    const session = this.#session;
    if (session === undefined) return;
    const kind = this.#repository.profile.get("resume");
    const goesOn = record?.mayGoOn === true && (kind === "any-byte" || kind === "whole-chunks");
    const mayPass = signal?.aborted === true || (failure !== undefined && isRetryable(failure.error));
    if (record === undefined || !goesOn || !mayPass) {
      await this.#cancel();
      return;
    }
    await this.#save(session);
    await record.released();
    this.#session = undefined;
  }

  async #cancel(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    const isGone = await cancelUpload(this.#repository, session, this.#options);
    await this.#options.record?.cancelled(isGone);
  }

  async #over(): Promise<void> {
    this.#session = undefined;
    await this.#options.record?.ended();
  }
}

/** Repeating a PUT that was committed gets 404, as a session that was lost does; old Artifactory knows no PUT with a body (404, 405). */
function isUnknownSession(error: unknown): boolean {
  return statusOf(error) === 404 || statusOf(error) === 405;
}
