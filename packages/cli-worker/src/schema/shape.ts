import type { Amount, FailureRecord, RequestCount } from "@tranship/copy";
import type { Digest } from "@tranship/core";
import { z } from "zod";

/** A schema for every field of a type: one that is forgotten, or that holds something else, does not compile. */
export type Shape<T> = { readonly [K in keyof Required<T>]: z.ZodType<T[K]> };

export const text: z.ZodString = z.string();
export const bytes: z.ZodNumber = z.number().min(0);
export const count: z.ZodInt = z.int().min(0);
export const milliseconds: z.ZodNumber = z.number().min(0);
export const time: z.ZodISODateTime = z.iso.datetime();
export const digest: z.ZodType<Digest> = z.templateLiteral([z.string(), ":", z.string()]);

export const amount: z.ZodType<Amount> = z
  .object({ count, bytes } satisfies Shape<Amount>)
  .meta({ id: "Amount", description: "How many blobs and manifests, and their bytes." });

export const requestCount: z.ZodType<RequestCount> = z.record(z.string(), z.record(z.string(), count)).meta({
  id: "RequestCount",
  description: "Requests by host, and there by method and kind: HEAD manifest, POST upload.",
});

export const failure: z.ZodType<FailureRecord> = z
  .object({
    code: text.meta({
      description: "A code of the distribution specification or of tranship; ERROR where it has none.",
    }),
    message: text,
    side: z.enum(["source", "target"]).optional(),
    operation: text.optional(),
    digest: digest.optional(),
    status: z.int().optional().meta({ description: "The HTTP status, where a registry refused." }),
    method: text.optional(),
    url: text.optional().meta({ description: "Without user, password and query." }),
  } satisfies Shape<FailureRecord>)
  .meta({ id: "Failure" });

/** The JSON Schema (draft 2020-12) of a document that tranship writes. Fields that it does not know are allowed: later releases may add some. */
export function documentSchema(schema: z.ZodType, title: string): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", io: "input" });
  return { $schema, title, ...rest };
}
