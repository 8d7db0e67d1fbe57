import type { Descriptor } from "../../content/descriptor.ts";
import { DigestMismatchError, isRetryable, RegistryError } from "../../errors/errors.ts";
import { retrying } from "../../pace/retry.ts";
import type { CallOptions, Open } from "../../store/store.ts";
import { seesBlob } from "../blobs/head-blob.ts";
import { statusOf } from "../explain.ts";
import { readBack } from "../manifests/read-back.ts";
import { labelOf, type RemoteRepository } from "../remote-repository.ts";
import { retriesOf } from "../transport/retries.ts";
import { KnownContent } from "./content/known-content.ts";
import type { Outgoing, OutgoingPart } from "./content/outgoing.ts";
import type { EarlierUpload } from "./earlier-upload.ts";
import { AdaptedBody } from "./probe/adapted-body.ts";
import { planUpload, type UploadPlan } from "./probe/upload-plan.ts";
import type { PushBlobOptions } from "./push-blob-options.ts";
import { goesOnAfter, refuseLateBytes, triesAfterBreaks, WORTH_ASKING_BYTES } from "./recovery/after-break.ts";
import { cancelRecorded } from "./recovery/cancel-recorded.ts";
import { UploadPosition } from "./recovery/upload-position.ts";
import type { UploadRecord } from "./recovery/upload-record.ts";
import { commitUpload } from "./steps/commit-upload.ts";
import { withGrace } from "./steps/grace.ts";
import { sendParts } from "./steps/send-parts.ts";
import { startUpload } from "./steps/start-upload.ts";
import type { UploadSession } from "./steps/upload-session.ts";
import { uploadStatus } from "./steps/upload-status.ts";

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
  readonly #position = new UploadPosition();
  readonly #mayWorkAnew = triesAfterBreaks(this.#position);
  #failure: { readonly error: unknown } | undefined;
  #sending = false;

  constructor(repository: RemoteRepository, descriptor: Descriptor, open: Open, options: BlobUploadOptions) {
    this.#repository = repository;
    this.#descriptor = descriptor;
    this.#open = open;
    this.#options = options;
    this.#adapted = new AdaptedBody(repository.profile, options.maxBody);
  }

  /** Goes on with what an earlier process has begun, to its commit. @throws as `run`. */
  async resume({ session, arrived }: EarlierUpload): Promise<void> {
    this.#position.resume(arrived, this.#descriptor.size);
    await this.run(session);
  }

  /**
   * Sends and commits the blob. Where that ends otherwise, the session is cancelled, or left in the record where it may pass.
   * @param session is in the record already.
   * @throws {ContentFailure} @throws {RegistryError} what the registry refused; the signal's reason.
   */
  async run(session: UploadSession): Promise<void> {
    const { signal } = this.#options;
    this.#position.session = session;
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
        isRetryable: (error) => this.#sending && this.#mayWorkAnew(error),
        progress: () => this.#position.furthest,
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
    const position = this.#position;
    this.#sending = false;
    this.#options.signal?.throwIfAborted();
    if (this.#failure !== undefined) {
      const { anew = false } = this.#options;
      if (!anew && (await seesBlob(this.#repository, this.#descriptor, call))) {
        // Another process may have sent the blob: only the registry knows whether our session is
        // over.
        await this.#cancel();
        return;
      }
      await this.#recover(this.#failure.error, call);
    }
    const isWritten = position.session !== undefined && !position.resumed;
    position.session ??= await startUpload(this.#repository, call);
    this.#options.signal?.throwIfAborted();
    if (!isWritten) await this.#save(position.session);
    this.#sending = true;
    try {
      await this.#send(position.session, content, call);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    await this.#over();
    if (position.resumed) await this.#checkStored(call);
    this.#adapted.succeeded();
  }

  /**
   * Of an upload that went on after a break, the registry said how much it had. Where it is not known to check the
   * digest, what it made of that is read back. Requests: 1 GET, unless it is known.
   * @throws {DigestMismatchError} where it stored other bytes: no tag may stand for them.
   */
  async #checkStored(call: CallOptions): Promise<void> {
    if (this.#repository.profile.get("checksDigest") === true) return;
    const found = await readBack(this.#repository, this.#descriptor, call);
    const { digest } = this.#descriptor;
    if (found.digest === digest) return;
    const message = `Cannot push blob "${digest}" to "${labelOf(this.#repository)}": the registry took an upload that went on after a break, and stored ${found.size} bytes that hash to "${found.digest}"`;
    throw new DigestMismatchError(message, { expected: digest, actual: found.digest });
  }

  /** Sends what lacks, in the way that the host takes; where it refuses one, in another. */
  async #send(session: UploadSession, content: Outgoing, call: CallOptions): Promise<void> {
    const position = this.#position;
    const { digest, size } = this.#descriptor;
    for (;;) {
      const plan = this.#plan(session);
      position.committing = false;
      try {
        if (plan.kind === "put" && position.confirmed === 0) {
          position.part = await content.part(0, size);
          position.committing = true;
          await commitUpload(this.#repository, session, { digest, part: position.part }, call);
          this.#repository.profile.putWorked = true;
          return;
        }
        await this.#sendParts(session, content, call);
        position.committing = true;
        await commitUpload(this.#repository, session, { digest }, call);
        return;
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        if (position.part === undefined || !(await this.#adapts(error, session, position.part, call))) throw error;
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
      this.#position.part = part;
    };
    const onTaken = async (part: OutgoingPart, arrived: number | undefined): Promise<void> => {
      refuseLateBytes(this.#repository, this.#position, part, arrived);
      this.#position.confirm(part.offset + part.length);
      // After the last one too: distribution 2.8 knows its session by the newest Location alone.
      await this.#save(session);
    };
    // What a request that broke off has sent may still be on its way there.
    const asksFirst = this.#position.resumed;
    const place = { offset: this.#position.confirmed, length, asksFirst, onPart, onTaken };
    await sendParts(this.#repository, session, content, place, call);
  }

  #plan(session: UploadSession): UploadPlan {
    const { profile, uploads } = this.#repository;
    const { size } = this.#descriptor;
    return planUpload(profile, { session, size, chunkSize: uploads.chunkSize, ...this.#adapted.plan });
  }

  async #adapts(error: unknown, session: UploadSession, part: OutgoingPart, call: CallOptions): Promise<boolean> {
    const isPatch = error instanceof RegistryError && error.method === "PATCH";
    // A 416 says that the place was wrong; if it was right, it was the chunk. A place that the registry named after a break may be wrong whatever it says.
    const misplaced =
      isPatch &&
      statusOf(error) === 416 &&
      (this.#position.isUnproven || (await uploadStatus(this.#repository, session, call)) !== part.offset);
    return !misplaced && this.#adapted.adapts(error, part);
  }

  /** Finds out where the upload goes on after a failure; else it is cancelled, to be begun anew. */
  async #recover(error: unknown, call: CallOptions): Promise<void> {
    if (this.#position.session === undefined) return;
    if (await goesOnAfter(error, this.#repository, this.#position, call)) return;
    this.#adapted.broke(error, this.#position.part);
    await this.#cancel();
    this.#position.beginAnew();
  }

  #keepsWholeChunks(): boolean {
    return this.#options.record?.mayGoOn === true && this.#repository.profile.get("resume") === "whole-chunks";
  }

  /** Writes down where the upload stands, for another process to go on with it, or to cancel it. */
  async #save(session: UploadSession): Promise<void> {
    await this.#options.record?.save(session, this.#position.confirmed);
  }

  /** What is left of the session is cancelled, or left for another process where the upload may go on. */
  async #settle(failure: { readonly error: unknown } | undefined): Promise<void> {
    const { record, signal } = this.#options;
    const { session } = this.#position;
    if (session === undefined) return;
    const mayPass = signal?.aborted === true || (failure !== undefined && isRetryable(failure.error));
    if (record === undefined || !this.#isWorthKeeping() || !mayPass) {
      await this.#cancel();
      return;
    }
    await this.#save(session);
    await record.released();
    this.#position.session = undefined;
  }

  /** What a host keeps that was not probed shows when it is asked, which costs more than a little that was sent. */
  #isWorthKeeping(): boolean {
    if (this.#options.record?.mayGoOn !== true) return false;
    const kind = this.#repository.profile.get("resume");
    return kind === undefined ? this.#position.sent >= WORTH_ASKING_BYTES : kind !== "none";
  }

  async #cancel(): Promise<void> {
    const { session } = this.#position;
    this.#position.session = undefined;
    if (session === undefined) return;
    await cancelRecorded(this.#repository, session, this.#options.record, this.#options);
  }

  async #over(): Promise<void> {
    this.#position.session = undefined;
    await this.#options.record?.ended();
  }
}
