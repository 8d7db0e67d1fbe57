import { parseJson } from "../../content/parse-json.ts";
import { parseRfc3339 } from "../../content/rfc3339.ts";
/** What an image's config says of it. */
export interface ConfigFacts {
  readonly created?: Date | undefined;
  readonly architecture?: string | undefined;
  readonly os?: string | undefined;
}

/**
 * Reads what is wanted of a config. A field that is missing or something else counts as not said: builders write all kinds of things.
 * Spec: image-spec v1.1.1, "OCI Image Configuration".
 */
export function parseConfigFacts(bytes: Uint8Array): ConfigFacts {
  let document: unknown;
  try {
    document = parseJson(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
  const fields = new Map(typeof document === "object" && document !== null ? Object.entries(document) : []);
  return {
    created: parseTime(fields.get("created")),
    architecture: text(fields.get("architecture")),
    os: text(fields.get("os")),
  };
}

/** RFC 3339; undefined for what is no time, and for the year 1, Go's time that was never set. */
export function parseTime(value: unknown): Date | undefined {
  if (typeof value !== "string" || !value.includes("T") || value.startsWith("0001-")) return undefined;
  return parseRfc3339(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
