import type { Descriptor } from "../../../content/descriptor.ts";
import { RegistryError } from "../../../errors/errors.ts";
import { SMALL_BODY_BYTES } from "../../../http/message/big-body.ts";
import type { RegistryTransport } from "../../../http/request.ts";
import type { UploadJournal, UploadKey } from "../../../journal/upload-journal.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import type { UploadSession } from "../steps/upload-session.ts";

/** A session that another process, or an earlier try of this one, has left. */
export interface ClaimedUpload {
  readonly session: UploadSession;
  /** Bytes of the whole blob, as they were then. */
  readonly size: number;
  readonly confirmed: number;
}

/** What the journal is told of one upload, so that another process can go on with it, or cancel it where the blob is small. A journal that fails is one that knows nothing. */
export class UploadRecord {
  readonly #journal: UploadJournal;
  readonly #key: UploadKey;
  readonly #size: number;
  readonly #client: RegistryTransport;
  /** Whether the journal has a row of ours. */
  #written = false;

  constructor(journal: UploadJournal, key: UploadKey, size: number, client: RegistryTransport) {
    this.#journal = journal;
    this.#key = key;
    this.#size = size;
    this.#client = client;
  }

  /** Where there is a journal. */
  static async of(
    repository: RemoteRepository,
    { digest, size }: Pick<Descriptor, "digest" | "size">,
    signal: AbortSignal | undefined,
  ): Promise<UploadRecord | undefined> {
    const { client, name, uploads } = repository;
    if (uploads.journal === undefined) return undefined;
    const access = await repository.access(signal);
    return new UploadRecord(uploads.journal, { host: client.host, access, repository: name, digest }, size, client);
  }

  /** Whether another process may go on with it. A small blob is begun anew. */
  get mayGoOn(): boolean {
    return this.#size > SMALL_BODY_BYTES;
  }

  /**
   * Takes over a session that nobody works on. Undefined where there is none whose Location may be
   * followed.
   * @throws {RegistryError} NETWORK; the signal's reason.
   */
  async claim(signal: AbortSignal | undefined): Promise<ClaimedUpload | undefined> {
    const upload = await this.#journal.claim(this.#key).catch(() => undefined);
    if (upload === undefined) return undefined;
    this.#written = true;
    const location = await this.#recall(upload.location, signal);
    if (location !== undefined) return { session: { location }, size: upload.size, confirmed: upload.confirmed };
    await this.ended();
    return undefined;
  }

  /** A session is open, or got further. */
  async save(session: UploadSession, confirmed: number): Promise<void> {
    const upload = { size: this.#size, location: session.location.href, confirmed };
    const saving = this.#written ? this.#journal.advanced(this.#key, upload) : this.#journal.opened(this.#key, upload);
    this.#written = true;
    await saving.catch(() => {});
  }

  /** Leaves it to whoever comes. */
  async released(): Promise<void> {
    if (this.#written) await this.#journal.released(this.#key).catch(() => {});
    this.#written = false;
  }

  /** It was committed or cancelled, or can't be gone on with. */
  async ended(): Promise<void> {
    if (this.#written) await this.#journal.ended(this.#key).catch(() => {});
    this.#written = false;
  }

  /** Undefined for a Location that must not be followed, or is none. */
  async #recall(location: string, signal: AbortSignal | undefined): Promise<URL | undefined> {
    try {
      return await this.#client.recallLocation(location, signal);
    } catch (error) {
      if (error instanceof RegistryError && error.code === "REDIRECT_REFUSED") return undefined;
      await this.released();
      throw error;
    }
  }
}
