import {
  type HostCost,
  OWNERSHIP_REASONS,
  type PlannedContent,
  type PlannedImage,
  SYNC_ACTIONS,
  SYNC_REASONS,
  type SyncPlan,
  type TagOwnership,
  type Unresolved,
} from "@tranship/copy";
import { z } from "zod";
import {
  amount,
  bytes,
  count,
  digest,
  documentSchema,
  failure,
  requestCount,
  type Shape,
  text,
  time,
} from "./shape.ts";

/** The JSON Schema of a plan's file. */
export function planSchema(): Readonly<Record<string, unknown>> {
  return documentSchema(plan, "What tranship plan writes, and tranship apply does");
}

const content = z.object({
  manifests: amount,
  copy: amount.meta({ description: "Blobs that are fetched and sent, at most." }),
  mount: amount.meta({
    description: "Blobs that another repository of the target's registry holds, or will hold by then, at most.",
  }),
  skip: amount.meta({ description: "Blobs that another image of the plan brings, and foreign layers." }),
} satisfies Shape<PlannedContent>);

const own = z.object({
  because: z.enum(OWNERSHIP_REASONS).meta({
    description: "written: the mirror put the tag; equal: it equalled its source; pattern: it fits the mirror's tags.",
  }),
  since: time.optional().meta({ description: "When that was recorded; absent for pattern." }),
} satisfies Shape<TagOwnership>);

const image = z
  .object({
    mirror: text.meta({ description: "The mirror's name, or its source." }),
    from: text.meta({ description: "The source's repository." }),
    tag: text,
    to: text.meta({ description: "The target's repository." }),
    targetTag: text,
    action: z.enum(SYNC_ACTIONS),
    reason: z.enum(SYNC_REASONS),
    source: digest
      .optional()
      .meta({ description: "What is copied, whatever becomes of the tag; absent where it did not have to be known." }),
    root: digest
      .optional()
      .meta({ description: "What the target's tag will stand for; another digest where platforms are chosen." }),
    there: digest
      .nullable()
      .optional()
      .meta({ description: "What the target's tag stood for; null where there was none." }),
    platforms: z.array(text).optional().meta({ description: "Absent: all." }),
    missingPlatforms: z
      .enum(["fail", "skip"])
      .optional()
      .meta({ description: "skip: an image may lack some of the platforms; absent: it fails." }),
    lacking: z.array(text).optional().meta({ description: "Platforms that it lacks, as far as it was read." }),
    sparse: z
      .boolean()
      .optional()
      .meta({ description: "The index is kept as it is, and only the platforms of it are copied." }),
    referrers: z.boolean().optional(),
    own: own.optional().meta({ description: "Of a deletion: why the tag counts as the mirror's own." }),
    content: content.optional().meta({ description: "Absent where the source's manifests were not read." }),
  } satisfies Shape<PlannedImage>)
  .meta({ id: "PlannedImage" });

const cost = z.object({
  requests: count.meta({ description: "About: without those for tokens, what finds out about a host, and chunks." }),
  read: bytes.meta({ description: "Bytes, at most." }),
  written: bytes.meta({ description: "Bytes, at most." }),
  pulls: count.optional().meta({ description: "Manifests that are read, where the host counts them against a quota." }),
} satisfies Shape<HostCost>);

const unresolved = z.object({
  mirror: text,
  from: text,
  tag: text.optional(),
  to: text.optional(),
  error: failure,
} satisfies Shape<Unresolved>);

const plan = z.object({
  version: z.literal(1),
  kind: z.literal("plan"),
  createdAt: time,
  owner: text.optional().meta({
    description: "The name under which the tags are recorded as the mirrors' own. Absent: nothing is recorded.",
  }),
  images: z.array(image).meta({ description: "Every tag at every target, in order." }),
  hosts: z.record(z.string(), cost).meta({ description: "What carrying it out costs, by host." }),
  create: z.array(text).meta({ description: "Target repositories that are not there." }),
  unresolved: z.array(unresolved).meta({ description: "What could not be planned." }),
  notices: z.array(text),
  requests: requestCount,
} satisfies Shape<SyncPlan>);
