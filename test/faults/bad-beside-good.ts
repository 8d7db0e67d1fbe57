import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CommandRun, type StartedCommand, startCommand } from "../cli/run-command.ts";
import { type Script, type ScriptedRegistry, scriptedRegistry, sha256 } from "../support/scripted-registry.ts";

export const INDEX = "application/vnd.oci.image.index.v1+json";
export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** A layer that is a big blob: it has slots of its own. */
const LAYER_BYTES = 100_000;

/** What a bad registry does, beside a good one. */
export interface BadRegistry {
  readonly name: string;
  readonly script: Script;
  /** What is put there before. Default: an image under each of 60 tags, more than any share has of what is in flight. */
  readonly seed?: (registry: ScriptedRegistry) => void;
  /** Its mirror, beside `from` and `to`. */
  readonly mirror?: object;
  /** What the file says of its host. */
  readonly host?: object;
  /** The whole catalogue is mirrored. */
  readonly catalogue?: true;
  /** How it ends by itself. Undefined: it never does while nothing limits it. */
  readonly says?: RegExp;
  /** What is copied of it all the same. */
  readonly copied?: readonly string[];
  readonly flags?: readonly string[];
}

/** What the command's heap may grow to, in MiB: whatever a registry sends. */
const HEAP_MIB = 400;

/** Puts images under tags, each with a layer of its own. */
export function seedImages(
  { blobs, manifests }: ScriptedRegistry,
  repository: string,
  tags: readonly string[],
  { of = "bad", size = LAYER_BYTES }: { readonly of?: string; readonly size?: number } = {},
): void {
  const put = (bytes: Uint8Array, mediaType: string) => {
    blobs.set(`${repository}@${sha256(bytes)}`, bytes);
    return { mediaType, digest: sha256(bytes), size: bytes.length };
  };
  for (const tag of tags) {
    // Long enough to drip for a while.
    const text = JSON.stringify({ tag, of, author: "x".repeat(5000) });
    const config = put(Buffer.from(text), "application/vnd.oci.image.config.v1+json");
    const layer = put(Buffer.alloc(size, `${of}:${tag}`), "application/vnd.oci.image.layer.v1.tar");
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }));
    manifests.set(`${repository}:${tag}`, { mediaType: MANIFEST, bytes });
    manifests.set(`${repository}@${sha256(bytes)}`, { mediaType: MANIFEST, bytes });
  }
}

export function tagsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `v${at}`);
}

/** Two sources and a target, and a mirror of each source. */
export interface Side extends AsyncDisposable {
  readonly good: ScriptedRegistry;
  readonly bad: ScriptedRegistry;
  readonly target: ScriptedRegistry;
  /** Resolves when the target has every tag of the good source. */
  readonly moved: Promise<void>;
  start(flags: readonly string[]): StartedCommand;
  run(flags: readonly string[]): Promise<CommandRun>;
}

/** Tags of the good source: more than are in flight at once in one share. */
export const GOOD_TAGS: readonly string[] = tagsOf(20);

/** @param row undefined: the good source alone. */
export async function startSide(row: BadRegistry | undefined, folder: string): Promise<Side> {
  await using stack = new AsyncDisposableStack();
  const good = stack.use(await scriptedRegistry());
  const bad = stack.use(await scriptedRegistry(row?.script));
  const moved = Promise.withResolvers<void>();
  const missing = new Set(GOOD_TAGS);
  const target = stack.use(
    await scriptedRegistry(({ method, path }) => {
      const tag = /^\/v2\/good\/app\/manifests\/(v\d+)$/.exec(path)?.[1];
      if (method === "PUT" && tag !== undefined) missing.delete(tag);
      if (missing.size === 0) moved.resolve();
      return undefined;
    }),
  );
  seedImages(good, "app", GOOD_TAGS, { of: "good" });
  const seed = row?.seed ?? ((registry: ScriptedRegistry) => seedImages(registry, "app", tagsOf(60)));
  seed(bad);
  const beside =
    row === undefined
      ? []
      : row.catalogue
        ? [{ from: `${bad.host}/*`, to: `${target.host}/bad/{match}`, ...row.mirror }]
        : [{ from: `${bad.host}/app`, to: `${target.host}/bad/app`, ...row.mirror }];
  const file = join(folder, "mirror.yaml");
  const mirrors = [...beside, { from: `${good.host}/app`, to: `${target.host}/good/app` }];
  await writeFile(file, JSON.stringify({ version: 1, ...(row?.host && { hosts: { [bad.host]: row.host } }), mirrors }));
  const start = (flags: readonly string[]): StartedCommand =>
    startCommand(["sync", "-f", file, "--state", join(folder, "state"), "--quiet", ...flags], {
      home: folder,
      env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
    });
  const kept = stack.move();
  return {
    good,
    bad,
    target,
    moved: moved.promise,
    start,
    run: (flags) => start(flags).ended,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
