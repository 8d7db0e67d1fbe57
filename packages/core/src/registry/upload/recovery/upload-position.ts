import type { OutgoingPart } from "../content/outgoing.ts";
import type { UploadSession } from "../steps/upload-session.ts";

/** Where an upload stands. */
export class UploadPosition {
  session: UploadSession | undefined;
  /** What was sent last, and whether it was all. */
  part: OutgoingPart | undefined;
  /** Whether the last request commits it. */
  committing = false;
  /** Whether an earlier request than the present ones sent the beginning. */
  resumed = false;
  #confirmed = 0;
  #resumedAt: number | undefined;
  /** Bytes that an earlier process may have sent. */
  #earlier = 0;
  #furthest = 0;

  /** Bytes that the registry said it has. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** The most that it ever said. */
  get furthest(): number {
    return this.#furthest;
  }

  /** Bytes that it may have. */
  get sent(): number {
    return Math.max(this.#confirmed, this.#earlier, this.part?.sent ?? 0);
  }

  /**
   * Goes on with what another process has begun, of a blob of that size: what it sent last may
   * still arrive.
   */
  resume(offset: number, size: number): void {
    this.goOnAt(offset);
    this.#earlier = size;
  }

  /** Goes on after a break where the registry says that it stands. */
  goOnAt(offset: number): void {
    this.confirm(offset);
    this.resumed = true;
    this.#resumedAt = offset;
  }

  /** Whether the registry has taken nothing yet where it said that the upload goes on. */
  get isUnproven(): boolean {
    return this.#confirmed === this.#resumedAt;
  }

  confirm(offset: number): void {
    this.#confirmed = offset;
    this.#furthest = Math.max(this.#furthest, offset);
  }

  /** The next session begins with the first byte. */
  beginAnew(): void {
    this.session = undefined;
    this.part = undefined;
    this.resumed = false;
    this.#confirmed = 0;
    this.#resumedAt = undefined;
    this.#earlier = 0;
  }
}
