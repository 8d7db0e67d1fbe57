import type { Digest } from "../../../digest/digest.ts";
import type { CallOptions } from "../../../store/store.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import type { OutgoingPart } from "../content/outgoing.ts";
import { askUpload } from "./ask-upload.ts";
import type { UploadSession } from "./upload-session.ts";

/** The longest wait for the answer to a commit, in ms: large blobs are moved and hashed again there. */
const COMMIT_TIMEOUT_MS = 15 * 60_000;

/**
 * Ends an upload, with the blob as its body where nothing was sent before.
 * Requests: 1 PUT. Spec: distribution-spec v1.1.1, "POST then PUT", "Pushing a blob in chunks" (end-6).
 * @throws {ContentFailure} @throws {RegistryError} what the registry refused.
 */
export async function commitUpload(
  repository: RemoteRepository,
  session: UploadSession,
  { digest, part }: { readonly digest: Digest; readonly part?: OutgoingPart | undefined },
  options: CallOptions = {},
): Promise<void> {
  const url = withDigest(session.location, digest);
  const accept = [200, 201, 204];
  await askUpload(
    repository,
    session,
    { method: "PUT", url, part, accept, headersTimeoutMs: COMMIT_TIMEOUT_MS },
    options,
  );
}

/** The Location as it was given, signed query and all, with the digest added, or in the place of one that it has. */
function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  const parameter = `digest=${encodeURIComponent(digest)}`;
  // Not searchParams, which would write the given query anew and break its signature.
  const given = /(?<=[?&])digest=[^&]*/;
  if (given.test(url.search)) url.search = url.search.replace(given, parameter);
  else url.search = url.search === "" ? parameter : `${url.search}&${parameter}`;
  return url;
}
