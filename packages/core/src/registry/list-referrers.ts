import type { Descriptor } from "../content/descriptor.ts";
import { OCI_INDEX } from "../content/media-types.ts";
import { parseManifest } from "../content/parse-manifest.ts";
import { IncompleteListError, RegistryError } from "../errors.ts";
import type { ReferrersOptions } from "../store/store.ts";
import { explained, statusOf } from "./explain.ts";
import { listPages } from "./pages.ts";
import type { WholeResponse } from "./read-whole.ts";
import { readReferrersTag, referrersTag } from "./referrers-tag.ts";
import { labelOf, pullScope, type RemoteRepository } from "./remote-repository.ts";

/**
 * The manifests whose subject is `subject`, each once: those of the API, then those that only the referrers tag lists. The filter is applied here too, since a
 * registry may ignore it.
 * Requests: 1 a page and 1 for the tag; where the API is known to be missing, 1; none for the tag where `tags` tells that there is none. Spec: distribution-spec v1.1.1, "Listing Referrers" (end-12a, end-12b).
 */
export async function* listReferrers(
  repository: RemoteRepository,
  subject: Descriptor,
  options: ReferrersOptions = {},
): AsyncGenerator<Descriptor, void, void> {
  const { artifactType } = options;
  const seen = new Set<string>();
  for (const list of [fromApi, fromTag]) {
    for await (const referrer of list(repository, subject, options)) {
      if (seen.has(referrer.digest)) continue;
      seen.add(referrer.digest);
      if (artifactType === undefined || referrer.artifactType === artifactType) yield referrer;
    }
  }
}

async function* fromApi(
  repository: RemoteRepository,
  subject: Descriptor,
  options: ReferrersOptions,
): AsyncGenerator<Descriptor, void, void> {
  const { name, profile } = repository;
  await profile.ready();
  if (profile.get("referrers") === "tag") return;
  const filter = options.artifactType === undefined ? "" : `?artifactType=${encodeURIComponent(options.artifactType)}`;
  const path = `/v2/${name}/referrers/${subject.digest}${filter}`;
  let isApi = false;
  try {
    const list = {
      path,
      kind: "referrers",
      scopes: [pullScope(name)],
      headers: { accept: OCI_INDEX },
      keyOf: ({ digest }: Descriptor) => digest,
      read: ({ bytes, url, status }: WholeResponse) => {
        const index = parseManifest(bytes, OCI_INDEX);
        if (index.kind !== "index") {
          if (isApi)
            throw new IncompleteListError("Cannot read the list: a page is not an index", {
              method: "GET",
              url: url.href,
              status,
            });
          return { items: [] };
        }
        isApi = true;
        profile.learn({ referrers: "api" });
        return { items: index.manifests };
      },
    } as const;
    for await (const { items } of listPages(repository, list, options)) yield* items;
  } catch (error) {
    // A later page that is not there leaves the list open; it says nothing about the API.
    if (isApi || !isMissingApi(error)) {
      throw explained(error, `Cannot list the referrers of "${subject.digest}" in "${labelOf(repository)}"`);
    }
    // A registry that has the API says 404 only of a repository that is not there.
    const repositoryMissing =
      error instanceof RegistryError && error.errors.some(({ code }) => code === "NAME_UNKNOWN");
    if (profile.get("referrers") === undefined && !repositoryMissing) profile.learn({ referrers: "tag" });
  }
}

async function* fromTag(
  repository: RemoteRepository,
  subject: Descriptor,
  { tags, ...options }: ReferrersOptions,
): AsyncGenerator<Descriptor, void, void> {
  if (tags !== undefined && !tags.has(referrersTag(subject.digest))) return;
  yield* await readReferrersTag(repository, subject.digest, options);
}

function isMissingApi(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || status === 405 || status === 501;
}
