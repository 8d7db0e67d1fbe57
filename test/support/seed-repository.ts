import type { Content, Digest, Target } from "@tranship/core";
import { openBytes, type Sample } from "./sample-image.ts";

const AT_ONCE = 8;

/** Puts images under their tags, what several share once. A tag that has another one's image is put on it. Gives what each tag stands for. */
export async function seedRepository(
  store: Target,
  images: ReadonlyMap<string, Sample>,
): Promise<ReadonlyMap<string, Digest>> {
  const samples = [...images.values()];
  const distinct = (contents: readonly Content[]): readonly Content[] => [
    ...new Map(contents.map((content) => [content.descriptor.digest, content])).values(),
  ];
  const push = ({ descriptor, bytes }: Content): Promise<unknown> => store.push(descriptor, openBytes(bytes));
  await eachAtOnce(distinct(samples.flatMap(({ blobs }) => blobs)), push);
  await eachAtOnce(
    distinct(samples.flatMap(({ manifests, root }) => manifests.filter((manifest) => manifest !== root))),
    push,
  );
  await eachAtOnce([...images], ([tag, { root }]) =>
    store.push(root.descriptor, openBytes(root.bytes), { reference: tag }),
  );
  return new Map([...images].map(([tag, { root }]) => [tag, root.descriptor.digest]));
}

/** Does a task for each item, a few at a time. */
export async function eachAtOnce<T>(items: Iterable<T>, task: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items].values();
  const worker = async (): Promise<void> => {
    for (const item of left) await task(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
