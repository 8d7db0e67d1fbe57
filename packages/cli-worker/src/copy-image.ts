import { type CopyOptions, copy, type Destination, nameOf, RequestCounter } from "@tranship/copy";
import type { Located, Source } from "@tranship/core";
import type { CopyReport } from "./copy-report.ts";
import { isUsage } from "./exit-code.ts";

/**
 * Copies one image. A failure is in the report.
 * @throws what shows that the command was wrong, such as a platform that is not there; an abort rejects with `signal.reason`.
 */
export async function copyImage(from: Located<Source>, to: Destination, options: CopyOptions): Promise<CopyReport> {
  const names = { from: nameOf(from), to: nameOf(to) };
  const counter = new RequestCounter(options.onExchange);
  try {
    const result = await copy(from, to, { ...options, onExchange: counter.count });
    return { scope: "image", ...names, copies: [{ ...names, result }], failures: [], requests: result.requests };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isUsage(error)) throw error;
    return { scope: "image", ...names, copies: [], failures: [{ ...names, error }], requests: counter.result() };
  }
}
