import type { ForeignMap } from "./foreign-value.ts";

/** Whose file it is. image-syncer may have credentials and images in two files. */
export const FOREIGN_FORMATS = ["regsync", "skopeo", "image-syncer", "dregsy"] as const;
export type ForeignFormat = (typeof FOREIGN_FORMATS)[number];

const SKOPEO_KEYS: ReadonlySet<string> = new Set([
  "images",
  "images-by-tag-regex",
  "images-by-semver",
  "credentials",
  "tls-verify",
  "cert-dir",
]);
const AUTH_KEYS: ReadonlySet<string> = new Set(["username", "password", "insecure"]);

/** Whose file it is by its form; `mirror file` for one of our own; undefined where it is nobody's that is known. */
export function detectFormat(top: ForeignMap): ForeignFormat | "mirror file" | undefined {
  const keys = new Set(top.keys);
  const values = top.takeAll().map(([, value]) => value);
  const kindOf = (key: string): string | undefined => top.take(key)?.kind;
  if (keys.has("mirrors") && kindOf("mirrors") === "list") return "mirror file";
  if (kindOf("tasks") === "list") return "dregsy";
  if (kindOf("sync") === "list") return "regsync";
  if ([...keys].every((key) => key === "auth" || key === "images") && keys.size > 0) return "image-syncer";
  const maps = values.filter(({ kind }) => kind === "map").map((value) => value.map().keys);
  if (values.length === 0) return undefined;
  if (maps.length === values.length && maps.every((inner) => inner.some((key) => SKOPEO_KEYS.has(key))))
    return "skopeo";
  if (isAuthFile(top)) return "image-syncer";
  // Images, each with its targets: an image may be of Docker Hub, and have no place of its own.
  const isImages = values.every(({ kind }) => kind === "text" || kind === "list");
  return isImages && values.some((value) => value.texts().some((text) => text.includes("/")))
    ? "image-syncer"
    : undefined;
}

/** Whether the map is image-syncer's credentials alone: users and passwords by registry. */
export function isAuthFile(top: ForeignMap): boolean {
  const entries = top.takeAll();
  return (
    entries.length > 0 &&
    entries.every(([, value]) => value.kind === "map" && value.map().keys.every((key) => AUTH_KEYS.has(key)))
  );
}
