import { KeptSlots } from "../../../http/queue/kept-slots.ts";
import type { CallOptions } from "../../../store/store.ts";
import type { RemoteRepository } from "../../remote-repository.ts";
import type { Outgoing, OutgoingPart } from "../content/outgoing.ts";
import { patchUpload } from "./patch-upload.ts";
import type { UploadSession } from "./upload-session.ts";

export interface SendPartsOptions {
  /** Where the upload stands. */
  readonly offset: number;
  /** The most bytes of a part; asked before each one. */
  readonly length: () => number;
  /**
   * Whether the registry may still get bytes of an earlier request, so that it is asked before the
   * first part. Default: no.
   */
  readonly asksFirst?: boolean | undefined;
  /** Told of a part before it is sent. */
  readonly onPart?: ((part: OutgoingPart) => void) | undefined;
  /** Told when the registry has taken a part, and how much it says that it has. */
  readonly onTaken?: ((part: OutgoingPart, arrived: number | undefined) => void | Promise<void>) | undefined;
}

/**
 * Sends the rest of the content in PATCHes, one after the other, which keep their connection's slot
 * in between.
 * Requests: ceil(rest / length). Spec: distribution-spec v1.1.1, "Pushing a blob in chunks" (end-5).
 * @throws {ContentFailure} @throws {RegistryError} what the registry refused.
 */
export async function sendParts(
  repository: RemoteRepository,
  session: UploadSession,
  content: Outgoing,
  { offset, length, asksFirst = false, onPart, onTaken }: SendPartsOptions,
  options: CallOptions,
): Promise<void> {
  const keptSlots = new KeptSlots(() => content.rest?.());
  try {
    for (let at = offset; ; ) {
      options.signal?.throwIfAborted();
      const part = await content.part(at, length());
      let arrived: number | undefined;
      if (part.length > 0) {
        onPart?.(part);
        const first = asksFirst && at === offset;
        arrived = await patchUpload(repository, session, part, { ...options, keptSlots, asksFirst: first });
      }
      at += part.length;
      await onTaken?.(part, arrived);
      if (part.isLast) return;
    }
  } finally {
    keptSlots.release();
  }
}
