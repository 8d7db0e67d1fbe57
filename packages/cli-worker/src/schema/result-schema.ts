import {
  IMAGE_OUTCOMES,
  type ImageOutcome,
  type ImageResult,
  type Retries,
  type SyncResult,
  type Traffic,
} from "@tranship/copy";
import { z } from "zod";
import {
  amount,
  bytes,
  count,
  digest,
  documentSchema,
  failure,
  milliseconds,
  requestCount,
  type Shape,
  text,
  time,
} from "./shape.ts";

/** The JSON Schema of a result: `--report FILE.json`, and the last line of `--json`. */
export function resultSchema(): Readonly<Record<string, unknown>> {
  return documentSchema(result, "What tranship sync and tranship apply did");
}

const image = z
  .object({
    mirror: text,
    from: text.meta({ description: "The source's repository." }),
    tag: text.optional().meta({ description: "Absent where the whole repository could not be looked at." }),
    to: text.optional().meta({ description: "The target's repository." }),
    targetTag: text.optional(),
    outcome: z.enum(IMAGE_OUTCOMES),
    digest: digest
      .optional()
      .meta({ description: "What the target's tag stands for now; of a deleted one, what it stood for." }),
    sourceDigest: digest
      .optional()
      .meta({ description: "What was copied, where platforms were chosen and it is another one." }),
    lacking: z.array(text).optional().meta({ description: "Chosen platforms that the image lacks." }),
    moved: amount,
    mounted: amount,
    skipped: amount,
    requests: count.meta({ description: "Without planning's." }),
    tookMs: milliseconds,
    notices: z.array(text).optional(),
    why: text.optional().meta({ description: "Why a tag that was to be deleted is kept." }),
    error: failure.optional(),
  } satisfies Shape<ImageResult>)
  .meta({ id: "ImageResult" });

const traffic = z.object({ read: bytes, written: bytes } satisfies Shape<Traffic>);
const retries = z.object({ count, throttled: count, waitedMs: milliseconds } satisfies Shape<Retries>);
const outcomes = Object.fromEntries(IMAGE_OUTCOMES.map((outcome) => [outcome, count])) as Record<
  ImageOutcome,
  typeof count
>;

const result = z.object({
  version: z.literal(1),
  kind: z.literal("result"),
  ok: z.boolean().meta({ description: "Whether nothing failed or was refused, and the run came to its end." }),
  startedAt: time,
  tookMs: milliseconds,
  images: z.array(image).meta({ description: "Every tag at every target, as they ended." }),
  outcomes: z.object(outcomes).meta({ description: "How many images of each outcome." }),
  moved: amount.meta({ description: "Blobs and manifests that were sent to the targets." }),
  mounted: amount.meta({ description: "Blobs that the target's registry took from another of its repositories." }),
  skipped: amount.meta({ description: "What was there before, or was brought by another image." }),
  requests: requestCount,
  traffic: z.record(z.string(), traffic).meta({ description: "Bytes of content, by host." }),
  retries: z.record(z.string(), retries).meta({ description: "Requests that were sent again, by host." }),
  notices: z.array(text),
  error: failure.optional().meta({ description: "What ended the run before its end." }),
} satisfies Shape<SyncResult>);
