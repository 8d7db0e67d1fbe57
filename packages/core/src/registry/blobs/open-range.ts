import { type LeaseReader, leasesOf, lentContent, splitLease } from "../../bytes/lease.ts";
import type { Digest } from "../../digest/digest.ts";
import { RegistryError } from "../../errors/errors.ts";
import type { RegistryRequest, RegistryResponse, RegistryTransport } from "../../http/request.ts";
import { encodingHeader, lengthHeader } from "../manifest-headers.ts";
import { EncodedContent } from "./encoded-content.ts";

/** What is asked for: content of `size` bytes, by the GET that brings the whole. */
export interface ContentRange {
  readonly digest: Digest;
  readonly size: number;
  /** What is being done, for messages. */
  readonly action: string;
  readonly request: RegistryRequest;
}

/** A stream that was opened: read to its end, or dropped. */
export interface OpenedContent extends AsyncIterable<Uint8Array> {
  drop(): Promise<void>;
}

/**
 * The content from `offset` to its end, in one request wherever the registry, or the CDN that it leads to, does ranges. A 206 is taken only if its
 * Content-Range has the start and the total asked for; of a 200 the part before the offset is read and dropped.
 * @throws {RegistryError} SIZE_MISMATCH where it has another size.
 */
export async function openRange(
  client: RegistryTransport,
  range: ContentRange,
  offset: number,
): Promise<OpenedContent> {
  if (offset > 0) {
    const answerLength = range.size - offset;
    const headers = { ...range.request.headers, range: `bytes=${offset}-` };
    const response = await client.request({ ...range.request, headers, answerLength, accept: [200, 206, 416] });
    if (response.status === 200) return fromStart(response, range, offset);
    const part = contentRange(response);
    if (response.status === 206 && part?.start === offset && part.total === range.size) return response.body;
    if (response.status === 416 && part?.total !== undefined && part.total !== range.size) {
      throw await otherSize(response, part.total, range);
    }
    await response.body.drop();
  }
  return fromStart(await client.request(range.request), range, offset);
}

async function fromStart(response: RegistryResponse, range: ContentRange, offset: number): Promise<OpenedContent> {
  const length = lengthHeader(response);
  // The length of an encoded body says nothing of the content.
  if (length !== undefined && length !== range.size && encodingHeader(response) === undefined) {
    throw await otherSize(response, length, range);
  }
  const body = wholeContent(response, range);
  if (offset === 0) return body;
  return Object.assign(lentContent(skipping(body, offset)), { drop: () => body.drop() });
}

/** The body of an answer that has the whole content; it is taken as it came, also where it has a Content-Encoding. */
export function wholeContent(
  response: RegistryResponse,
  { digest, size, action }: Pick<ContentRange, "digest" | "size" | "action">,
): OpenedContent {
  const { body } = response;
  const encoding = encodingHeader(response);
  if (encoding === undefined) return body;
  const leases = new EncodedContent(body, { digest, size, encoding, action });
  return Object.assign(lentContent(leases), { drop: () => body.drop() });
}

function skipping(content: AsyncIterable<Uint8Array>, offset: number): LeaseReader {
  const leases = leasesOf(content);
  let toSkip = offset;
  return {
    async read() {
      let lease = await leases.read();
      while (lease !== undefined && toSkip >= lease.bytes.length) {
        toSkip -= lease.bytes.length;
        lease.release();
        lease = await leases.read();
      }
      if (lease === undefined || toSkip === 0) return lease;
      const [skipped, rest] = splitLease(lease, toSkip);
      toSkip = 0;
      skipped.release();
      return rest;
    },
    close: () => leases.close(),
  };
}

/** `bytes 5-9/10`, or in a 416 one without a start; undefined where it is missing or something else. RFC 9110, 14.4. */
export function contentRange(
  response: Pick<RegistryResponse, "headers">,
): { readonly start?: number; readonly total?: number } | undefined {
  const match = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(?:(\d{1,15})|\*)$/i.exec(response.headers["content-range"] ?? "");
  if (match === null) return undefined;
  return {
    ...(match[1] === undefined ? {} : { start: Number(match[1]) }),
    ...(match[2] === undefined ? {} : { total: Number(match[2]) }),
  };
}

async function otherSize(response: RegistryResponse, has: number, { size }: ContentRange): Promise<RegistryError> {
  await response.body.drop();
  return new RegistryError("SIZE_MISMATCH", `the registry has ${has} bytes of it, not ${size}`, {
    method: "GET",
    url: response.url.href,
    status: response.status,
  });
}
