import { parseSyncPlan, type SyncPlan } from "@tranship/copy";
import { UsageError } from "../errors/usage-error.ts";
import { readLimited } from "../files/read-limited.ts";
import { readableFile } from "../files/single-file.ts";
import { writeWhole } from "../files/write-whole.ts";
import { safeJson } from "../terminal/escape-text.ts";

/** The longest plan that is read, in bytes: some 500,000 images. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Reads a plan's file, or stdin for `-`; with `verifyKey`, the path of trusted keys, only one that is signed. @throws {UsageError} where it can't be read, or is no plan of this version. */
export async function readPlanFile(
  path: string,
  { signal, verifyKey }: { readonly signal: AbortSignal; readonly verifyKey?: string | undefined },
): Promise<SyncPlan> {
  const file = await readableFile(path);
  const bytes = await readLimited(file, { limit: MAX_BYTES, signal });
  if (verifyKey !== undefined) {
    const { verifyPlan } = await import("../signature/plan-signature.ts");
    await verifyPlan(path, bytes, { keysPath: verifyKey, signal });
  }
  try {
    return parseSyncPlan(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`Cannot read the plan "${path}": ${error.message}`, { cause: error });
  }
}

/** Writes a plan; whoever reads the file sees the old one or the new one. An image a line, so that plans can be compared line by line. */
export function writePlanFile(path: string, plan: SyncPlan): Promise<void> {
  return writeWhole(path, formatPlan(plan));
}

/** The plan's text: JSON, an image a line. */
export function formatPlan({ images, ...rest }: SyncPlan): string {
  const head = safeJson({ ...rest, images: [] }, 2);
  const lines = images.map((image) => `    ${safeJson(image)}`);
  const list = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n  ]`;
  // The key is the last one.
  return `${head.slice(0, head.lastIndexOf("[]"))}${list}\n}\n`;
}
