import { StoreError } from "../../errors/errors.ts";
import type { CallOptions, ListedTag } from "../../store/store.ts";
import { listTagPages } from "../lists/list-tags.ts";
import type { RemoteRepository } from "../remote-repository.ts";
import { listAcr } from "./acr-request.ts";
import { tagsRequest } from "./resources.ts";

/** From so many tags on it pays to ask an unknown registry, once, whether it lists digests in a way of its own. */
const WORTH_ASKING = 10;

/**
 * Every tag, with the digest and the time where the registry lists them: Google's does in its list of tags, Azure's in one of its own (`/acr/v1/…/_tags`).
 * Which of them a host has is found by asking, never by its name, and remembered.
 * Requests: those of `listTags`; at a registry that is not known yet 1 more, for a list of 10 tags or more; at Azure's 1 for each 100 tags.
 * @throws {RegistryError} as `listTags` does.
 */
export async function* listTagDetails(
  repository: RemoteRepository,
  options: CallOptions = {},
): AsyncGenerator<ListedTag, void, void> {
  const { profile } = repository;
  await profile.ready();
  if (profile.get("tagDetails") === "acr") {
    yield* listAcrTags(repository, options);
    return;
  }
  for await (const { items } of listTagPages(repository, options)) {
    // Whatever was learned of the host: what its list says costs nothing to read.
    if (items.some(({ digest }) => digest !== undefined)) profile.learn({ tagDetails: "tags" });
    else if (profile.get("tagDetails") === undefined && items.length >= WORTH_ASKING) {
      const listed = await askAcr(repository, options);
      if (listed !== undefined) {
        yield* listed;
        return;
      }
    }
    yield* items;
  }
}

/** All tags, as Azure's own API lists them; undefined where there is no such API, which is remembered, or it does not answer us. */
async function askAcr(
  repository: RemoteRepository,
  options: CallOptions,
): Promise<AsyncIterable<ListedTag> | undefined> {
  const { profile } = repository;
  const tags = listAcrTags(repository, options);
  try {
    const first = await tags.next();
    if (first.done === true) return undefined;
    profile.learn({ tagDetails: "acr" });
    return withFirst(first.value, tags);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // What was refused to these credentials, or was not the registry's answer, may be answered another time.
    if (error.code === "UNSUPPORTED" || error.code === "NAME_UNKNOWN") profile.learn({ tagDetails: "none" });
    return undefined;
  }
}

async function* withFirst<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield first;
  yield* rest;
}

async function* listAcrTags(repository: RemoteRepository, options: CallOptions): AsyncGenerator<ListedTag, void, void> {
  for await (const { items } of listAcr(repository, tagsRequest(repository), {}, options)) {
    for (const { name, digest, lastUpdatedOn, createdOn, canDelete, canWrite } of items) {
      const time = lastUpdatedOn ?? createdOn;
      // What may not be written may not be deleted either.
      const locked = canDelete === false || canWrite === false;
      yield { name, digest, ...(time !== undefined && { time }), ...(locked && { locked }) };
    }
  }
}
