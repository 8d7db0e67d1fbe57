import { type Digest, digestOf } from "../../../digest/digest.ts";
import { SMALL_BODY_BYTES } from "../../../http/message/big-body.ts";
import { DEFAULT_JOURNAL_LIMITS } from "../../../journal/journal-limits.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import { cancelUpload } from "../steps/cancel-upload.ts";

/** What the sessions of probes are written down under: they are for no blob. */
export const PROBE_DIGEST: Digest = digestOf(Buffer.from("tranship asks what is kept of an upload"));

/**
 * Cancels, once in a process, what earlier ones left open at the host, as the same role, and nobody goes on with: sessions of probes, those of
 * small blobs, and those that are too old to be resumed. One that can't be cancelled is forgotten, and expires at the registry; after the first such the others stay for another time.
 * Requests: none where nothing was left, else those of `cancelUpload` for each.
 * @throws the signal's reason.
 */
export async function cancelAbandoned(repository: RemoteRepository, signal: AbortSignal | undefined): Promise<void> {
  await repository.profile.once("abandoned", signal, (shared) => cancelAll(repository, shared).catch(() => {}));
}

async function cancelAll(repository: RemoteRepository, signal: AbortSignal): Promise<void> {
  const { client, uploads } = repository;
  const { journal } = uploads;
  if (journal === undefined) return;
  const ours = { host: client.host, access: await repository.access(signal) };
  for (const which of [
    { digest: PROBE_DIGEST },
    { sizeUpTo: SMALL_BODY_BYTES },
    { unchangedForMs: DEFAULT_JOURNAL_LIMITS.uploadMs },
  ]) {
    for await (const { key, upload } of journal.abandoned({ ...ours, ...which })) {
      signal.throwIfAborted();
      const location = await client.recallLocation(upload.location, signal).catch(() => undefined);
      const isGone =
        location !== undefined && (await cancelUpload({ ...repository, name: key.repository }, { location }));
      await journal.ended(key);
      if (!isGone) break;
    }
  }
}
