import type { DigestAlgorithm } from "./digest.ts";

/** What the worker is told; hashes are known by number. `update` and `digest` are answered, in their order. */
export type HashOrder =
  | { readonly kind: "start"; readonly id: number; readonly algorithm: DigestAlgorithm }
  | { readonly kind: "copy"; readonly id: number; readonly as: number }
  | { readonly kind: "update"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "digest"; readonly id: number }
  | { readonly kind: "drop"; readonly id: number };

/** Null for an `update`, the hex for a `digest`. */
export type HashAnswer = string | null;

/**
 * What the worker does. It is started with the source of this function, so that no file has to be found beside a bundle: it uses nothing from outside of itself.
 */
export function hashWork(): void {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const { parentPort } = process.getBuiltinModule("node:worker_threads");
  const hashes = new Map<number, ReturnType<typeof createHash>>();
  parentPort?.on("message", (order: HashOrder) => {
    if (order.kind === "start") {
      hashes.set(order.id, createHash(order.algorithm));
      return;
    }
    const hash = hashes.get(order.id);
    if (hash === undefined) throw new Error(`There is no hash ${order.id}`);
    if (order.kind === "copy") hashes.set(order.as, hash.copy());
    else if (order.kind === "drop") hashes.delete(order.id);
    else if (order.kind === "update") {
      hash.update(order.bytes);
      parentPort.postMessage(null);
    } else parentPort.postMessage(hash.copy().digest("hex"));
  });
}
