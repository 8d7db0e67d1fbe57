import { digestOf, isDigest, MAX_MANIFEST_BYTES } from "@tranship/core";
import type { Answer, Next, ServedRequest } from "tranship";
import type { AcrBehaviour } from "../behaviour.ts";
import { bodyOf } from "../body.ts";
import { Refusal } from "../refusal.ts";
import { describeManifest } from "./describe-manifest.ts";
import { checkManifestDeletable, checkManifestWritable, checkReadable } from "./locks.ts";
import type { Records } from "./records.ts";

/** What a path names. */
interface ManifestName {
  readonly repository: string;
  /** A tag or digest. */
  readonly reference: string;
}

/** GET, HEAD, PUT and DELETE of a manifest: the engine's, with locks before and the records kept after. */
export async function answerManifest(
  records: Records,
  behaviour: AcrBehaviour,
  name: ManifestName,
  request: ServedRequest,
  next: Next,
): Promise<Answer> {
  if (request.method === "PUT") return putManifest(records, name, request, next);
  if (request.method === "DELETE") return deleteManifest(records, name, next);
  checkReadable(records.find(name.repository), name.reference);
  const answer = await next();
  if (answer.status !== 200 || behaviour.manifestDigest === "right") return answer;
  return { ...answer, headers: { ...answer.headers, "docker-content-digest": digestOf(Buffer.from("wrong")) } };
}

/** @throws {Refusal} 405 where something of it is locked; 413 over 4 MiB. */
async function putManifest(
  records: Records,
  { repository, reference }: ManifestName,
  request: ServedRequest,
  next: Next,
): Promise<Answer> {
  const bytes = await readManifest(request);
  const digest = digestOf(bytes);
  const tag = isDigest(reference) ? undefined : reference;
  checkManifestWritable(records.find(repository), digest, tag);
  const answer = await next({ ...request, body: bodyOf(bytes) });
  if (answer.status !== 201) return answer;
  records.put(repository, digest, await describeManifest(next, request, repository, bytes), tag);
  return answer;
}

/** By digest only: ACR has another request for a tag. @throws {Refusal} 405 where it is locked; MANIFEST_UNKNOWN. */
async function deleteManifest(records: Records, { repository, reference }: ManifestName, next: Next): Promise<Answer> {
  if (!isDigest(reference)) throw new Refusal(405, "UNSUPPORTED", "a manifest is deleted by its digest");
  const manifest = records.manifest(repository, reference);
  const record = records.repository(repository);
  checkManifestDeletable(record, manifest);
  const answer = await next();
  if (answer.status === 202) records.removeManifest(record, manifest);
  return answer;
}

async function readManifest({ body }: ServedRequest): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_MANIFEST_BYTES) {
      throw new Refusal(413, "MANIFEST_INVALID", `a manifest may have ${MAX_MANIFEST_BYTES} bytes at most`);
    }
  }
  return Buffer.concat(pieces);
}
