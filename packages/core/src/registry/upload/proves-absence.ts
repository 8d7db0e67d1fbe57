import type { CallOptions } from "../../store/store.ts";
import { pushScope, type RemoteRepository } from "../remote-repository.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { postUpload, sessionOf } from "./start-upload.ts";

/**
 * Whether a 202 to a self-mount means that the blob is absent. Where that isn't known, the self-mount of a blob that was sent before tells it, if there is one.
 * Requests: 1, once in a process; 1 more to cancel what a 202 has opened.
 */
export async function provesAbsence(repository: RemoteRepository, options: CallOptions): Promise<boolean> {
  const { profile } = repository;
  const { witness } = profile;
  if (profile.get("existence") === undefined && witness !== undefined) {
    await profile.once("existence", options.signal, async (signal) => {
      const held = { ...repository, name: witness.repository };
      // Who waits for its copy loses nothing by not knowing.
      await askForWitness(held, witness.digest, { ...options, signal }).catch(() => {});
      signal.throwIfAborted();
    });
  }
  return profile.get("existence") === "proven";
}

async function askForWitness(repository: RemoteRepository, digest: string, call: CallOptions): Promise<void> {
  const { profile, name } = repository;
  const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(name)}`;
  const response = await postUpload(repository, { query, scopes: [pushScope(name)], accept: [201, 202] }, call);
  profile.learn({ existence: response.status === 201 ? "proven" : "head-first" });
  if (response.status === 202) await cancelUpload(repository, sessionOf(repository, response), call);
}
