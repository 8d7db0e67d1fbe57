import { isRetryable, RegistryError } from "../../errors.ts";
import { retrying } from "../../http/retry.ts";
import { statusOf } from "../explain.ts";
import { seesBlob } from "../head-blob.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { retriesOf } from "../retries.ts";
import { AdaptedBody } from "./adapted-body.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { commitUpload } from "./commit-upload.ts";
import type { KnownContent } from "./known-content.ts";
import type { OutgoingPart } from "./outgoing.ts";
import type { PushBlobOptions } from "./push-blob-options.ts";
import { sendParts } from "./send-parts.ts";
import { startUpload } from "./start-upload.ts";
import { planUpload, type UploadPlan } from "./upload-plan.ts";
import type { UploadSession } from "./upload-session.ts";
import { uploadStatus } from "./upload-status.ts";

/** Where less was sent, asking how much of it arrived costs more than sending it again. */
const WORTH_ASKING_BYTES = 1024 * 1024;

/** One blob on its way into a session, until it is committed, whatever breaks on the way. */
export class BlobUpload {
  readonly #repository: RemoteRepository;
  readonly #content: KnownContent;
  readonly #options: PushBlobOptions;
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

  constructor(repository: RemoteRepository, content: KnownContent, session: UploadSession, options: PushBlobOptions) {
    this.#repository = repository;
    this.#content = content;
    this.#session = session;
    this.#options = options;
    this.#adapted = new AdaptedBody(repository.profile, options.maxBody);
  }

  /** Sends and commits the blob. @throws {ContentFailure} @throws {RegistryError} what the registry refused; the session is cancelled then. */
  async run(): Promise<void> {
    const { client, retry } = this.#repository;
    const retries = retriesOf(retry, this.#options, { method: "PUT", kind: "upload", host: client.host });
    try {
      await retrying(() => this.#attempt(), {
        ...retries,
        isRetryable: (error) => this.#mayWorkAnew(error),
        progress: () => this.#furthest,
      });
    } finally {
      await this.#cancel();
    }
  }

  async #attempt(): Promise<void> {
    this.#sending = false;
    this.#options.signal?.throwIfAborted();
    if (this.#failure !== undefined) {
      if (await seesBlob(this.#repository, this.#content.descriptor.digest, this.#options)) {
        // What was committed is no session any more.
        if (this.#committing) this.#session = undefined;
        return;
      }
      await this.#recover(this.#failure.error);
    }
    this.#session ??= await startUpload(this.#repository, this.#options);
    this.#options.signal?.throwIfAborted();
    this.#sending = true;
    try {
      await this.#send(this.#session);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    this.#session = undefined;
    this.#adapted.succeeded();
  }

  /** Sends what lacks, in the way that the host takes; where it refuses one, in another. */
  async #send(session: UploadSession): Promise<void> {
    const { descriptor } = this.#content;
    for (;;) {
      const plan = this.#plan(session);
      this.#committing = false;
      try {
        if (plan.kind === "put" && this.#confirmed === 0) {
          this.#part = this.#content.partAt(0, descriptor.size);
          this.#committing = true;
          await commitUpload(this.#repository, session, { digest: descriptor.digest, part: this.#part }, this.#options);
          this.#repository.profile.putWorked = true;
          return;
        }
        await this.#sendParts(session);
        this.#committing = true;
        await commitUpload(this.#repository, session, { digest: descriptor.digest }, this.#options);
        return;
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        if (this.#part === undefined || !(await this.#adapts(error, session, this.#part))) throw error;
      }
    }
  }

  async #sendParts(session: UploadSession): Promise<void> {
    const { size } = this.#content.descriptor;
    const length = (): number => {
      const plan = this.#plan(session);
      return plan.kind === "patch" ? plan.length : size;
    };
    const onPart = (part: OutgoingPart): void => {
      this.#part = part;
    };
    const onTaken = (part: OutgoingPart): void => this.#confirm(part.offset + part.length);
    const position = { offset: this.#confirmed, length, onPart, onTaken };
    await sendParts(this.#repository, session, this.#content, position, this.#options);
  }

  #plan(session: UploadSession): UploadPlan {
    const { size } = this.#content.descriptor;
    return planUpload(this.#repository.profile, { session, size, ...this.#adapted.plan });
  }

  async #adapts(error: unknown, session: UploadSession, part: OutgoingPart): Promise<boolean> {
    const isPatch = error instanceof RegistryError && error.method === "PATCH";
    // A 416 says that the place was wrong; if it was right, it was the chunk.
    const misplaced =
      isPatch &&
      statusOf(error) === 416 &&
      (await uploadStatus(this.#repository, session, this.#options)) !== part.offset;
    return !misplaced && this.#adapted.adapts(error, part);
  }

  /** Finds out where the upload stands after a failure; without an answer that can be believed it is cancelled, to be begun anew. */
  async #recover(error: unknown): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const sent = Math.max(this.#confirmed, this.#part?.sent ?? 0);
    const isWrong = this.#committing && this.#resumed && !isRetryable(error);
    if (!isWrong && sent >= WORTH_ASKING_BYTES && this.#repository.profile.get("resume") !== "none") {
      const arrived = await uploadStatus(this.#repository, session, this.#options);
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
    if (arrived > this.#confirmed) profile.learn({ resume: "any-byte" });
    else profile.learn({ resume: "whole-chunks" });
  }

  #mayWorkAnew(error: unknown): boolean {
    if (!this.#sending) return false;
    // 416: bytes of a broken request are in the session, so it is asked what it has.
    if (isRetryable(error) || statusOf(error) === 416 || isUnknownSession(error)) return true;
    // What was sent by several requests may have been put together wrongly; what was sent by one can't.
    if (!this.#committing || !this.#resumed || this.#mismatched || statusOf(error) !== 400) return false;
    this.#mismatched = true;
    return true;
  }

  async #cancel(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await cancelUpload(this.#repository, session, this.#options);
  }
}

/** Repeating a PUT that was committed gets 404, as a session that was lost does; old Artifactory knows no PUT with a body (404, 405). */
function isUnknownSession(error: unknown): boolean {
  return statusOf(error) === 404 || statusOf(error) === 405;
}
