import type { Descriptor } from "../../content/descriptor.ts";
import { OCI_LAYER } from "../../content/media-types.ts";
import { StoreError } from "../../errors/errors.ts";
import type { BlobPlace } from "../../journal/blob-journal.ts";
import type { RepairJournal } from "../../journal/repair-journal.ts";
import type { RemoteRepository } from "../remote-repository.ts";

/** What the journal knows of the replacement of one blob. Without a journal nothing outlives the process, which whoever gave none chose. */
export class RepairRecord {
  readonly #journal: RepairJournal | undefined;
  readonly #place: BlobPlace;
  readonly #blob: Descriptor;

  private constructor(journal: RepairJournal | undefined, place: BlobPlace, blob: Descriptor) {
    this.#journal = journal;
    this.#place = place;
    this.#blob = blob;
  }

  static async of(
    repository: RemoteRepository,
    blob: Descriptor,
    signal: AbortSignal | undefined,
  ): Promise<RepairRecord> {
    return new RepairRecord(repository.repairs, await placeOf(repository, signal), blob);
  }

  /** Records that the replacement begins. @throws {StoreError} STORAGE where it cannot be recorded: then nothing must be deleted. */
  async begin(action: string): Promise<void> {
    try {
      await this.#journal?.begun(this.#place, this.#blob);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const detail = `it cannot be recorded in the state directory, so nothing is deleted: ${reason}`;
      throw new StoreError("STORAGE", `${action}: ${detail}`, { cause });
    }
  }

  /** The right bytes are there, or nothing was deleted. A record that stays is looked at again by the next run, and does no harm. */
  async end(): Promise<void> {
    await this.#journal?.ended(this.#place, this.#blob.digest).catch(() => {});
  }
}

/** Blobs of the repository whose replacement was begun and has not ended. No request. */
export async function pendingReplacements(
  repository: RemoteRepository,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  if (repository.repairs === undefined) return [];
  const place = await placeOf(repository, signal);
  // A journal that fails is one that knows nothing.
  const pending = await repository.repairs.pending(place).catch(() => []);
  return pending.map(({ digest, size }) => ({ mediaType: OCI_LAYER, digest, size }));
}

async function placeOf(repository: RemoteRepository, signal: AbortSignal | undefined): Promise<BlobPlace> {
  const { client, name } = repository;
  return { host: client.host, access: await repository.access(signal), repository: name };
}
