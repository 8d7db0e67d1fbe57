import { type Descriptor, type Digest, MemoryStore, OCI_INDEX, OCI_MANIFEST, parseManifest } from "@tranship/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { RecordingStore } from "../../../../test/support/recording-store.ts";
import { putManifest } from "../../../../test/support/small-image.ts";
import { executeDeletions } from "./execute-deletions.ts";
import { lookAgain, resolveKnown } from "./look-again.ts";
import { planDeletions } from "./plan-deletions.ts";
import { readInventory } from "./read-inventory.ts";

const EMPTY: Digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
const CONFIG = { mediaType: "application/vnd.oci.empty.v1+json", digest: EMPTY, size: 2 };

/** A repository of images, indexes, artifacts and signatures that refer to each other. */
class Repository {
  readonly inner: MemoryStore = new MemoryStore("app");
  readonly store: RecordingStore = new RecordingStore(this.inner);
  readonly manifests: Descriptor[] = [];

  async image(tag?: string, more: object = {}): Promise<Descriptor> {
    return this.#put({ mediaType: OCI_MANIFEST, config: CONFIG, layers: [], ...more }, tag);
  }

  async index(child: Descriptor, tag?: string): Promise<Descriptor> {
    return this.#put({ mediaType: OCI_INDEX, manifests: [child] }, tag);
  }

  /** What a tag leads to and is not there. */
  async missing(): Promise<readonly Digest[]> {
    const missing = new Set<Digest>();
    const visit = async (digest: Digest): Promise<void> => {
      const content = await this.inner.open(digest).catch(() => undefined);
      if (content === undefined) return void missing.add(digest);
      const manifest = parseManifest(content.bytes, content.descriptor.mediaType);
      if (manifest.kind === "index") for (const child of manifest.manifests) await visit(child.digest);
      if (manifest.subject !== undefined) await visit(manifest.subject.digest);
    };
    for await (const tag of this.inner.tags())
      if (!tag.startsWith("sha256-")) await visit((await this.inner.resolve(tag)).digest);
    return [...missing];
  }

  async #put(document: object, tag?: string): Promise<Descriptor> {
    const annotations = { number: String(this.manifests.length) };
    const put = await putManifest(this.store, { schemaVersion: 2, annotations, ...document }, tag);
    this.manifests.push(put);
    return put;
  }
}

/** Chooses by numbers from 0 to 1. */
function chooser(numbers: readonly number[]): <T>(from: readonly T[]) => T {
  let at = 0;
  return (from) => {
    const number = numbers[at++ % numbers.length] ?? 0;
    return from[Math.floor(number * from.length)] as never;
  };
}

async function filled(choose: ReturnType<typeof chooser>): Promise<Repository> {
  const repository = new Repository();
  for (const tag of ["v0", "v1", "v2", "v3"]) await repository.image(tag);
  const one = (): Descriptor => choose(repository.manifests);
  await repository.index(one(), "v4");
  await repository.index(await repository.image(), "v5");
  await repository.image("v6", { subject: one() });
  await repository.image(undefined, { subject: one() });
  await repository.image(`${one().digest.replace(":", "-")}.sig`);
  return repository;
}

/**
 * Puts a tag on something, or pushes something that needs it. Gives what has the tag now; undefined
 * where it had that before.
 */
async function change(repository: Repository, choose: ReturnType<typeof chooser>): Promise<Digest | undefined> {
  const there = await Promise.all(
    repository.manifests.map(async (one) => ((await repository.inner.has(one)) ? [one] : [])),
  );
  const one = choose(there.flat());
  const tag = choose(["v0", "v3", "v5", "new"]);
  const changes = [
    () => repository.inner.tag(one, tag),
    () => repository.index(one, tag),
    async () => repository.index(await repository.index(one), tag),
    () => repository.image(tag, { subject: one }),
  ];
  const was = (await repository.inner.resolve(tag).catch(() => undefined))?.digest;
  await choose(changes)();
  const { digest } = await repository.inner.resolve(tag);
  return digest === was ? undefined : digest;
}

it("executeDeletions() leaves whole whatever has a tag, however the repository changes before the last look", async () => {
  const numbers = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      numbers,
      fc.nat(40),
      fc.subarray(["v0", "v1", "v2", "v3", "v4", "v5", "v6"]),
      async (given, when, going) => {
        const choose = chooser(given);
        const repository = await filled(choose);
        const { store } = repository;
        const inventory = await readInventory(store);
        const { waves } = planDeletions(inventory, {
          doomed: new Map(
            inventory
              .filter(({ tags }) => tags.some((tag) => going.includes(tag)))
              .map(({ digest }) => [digest, "old"]),
          ),
          isKept: (digest) =>
            inventory.some(
              (one) => one.digest === digest && one.tags.some((tag) => /^v/.test(tag) && !going.includes(tag)),
            ),
        });
        const before = await repository.missing();
        store.calls.length = 0;
        let tagged: Digest | undefined;
        let changedAt = Number.POSITIVE_INFINITY;
        store.before = async () => {
          if (store.calls.length !== when + 1) return;
          store.before = () => {};
          changedAt = store.calls.length;
          tagged = await change(repository, choose);
        };
        await executeDeletions(waves, {
          inventory,
          look: (earlier, deletedTags) => lookAgain(store, earlier, { deletedTags }),
          resolve: (reference) => resolveKnown(store, reference, {}),
          remove: ({ digest }) => store.delete({ mediaType: OCI_MANIFEST, digest, size: 0 }),
          signal: new AbortController().signal,
        });
        const { calls } = store;
        const lastLookBefore = (at: number): number =>
          calls.slice(0, at).findLastIndex(({ method }) => method === "tags");
        const gone = new Set([...(await repository.missing()), ...(tagged === undefined ? [] : [tagged])]);
        const lost = [...gone].filter((digest) => {
          const at = calls.findIndex(({ method, about }) => method === "delete" && about === digest);
          // What was gone before the change nobody could keep, and the last look has to come after
          // it.
          return !before.includes(digest) && at > changedAt && lastLookBefore(at) >= changedAt;
        });
        expect(lost).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});
