import type { Descriptor } from "../../content/descriptor.ts";
import { OCI_INDEX } from "../../content/media-types.ts";
import { parseManifest } from "../../content/parse-manifest.ts";
import { RegistryError } from "../../errors/errors.ts";
import type { ReferrersOptions } from "../../store/store.ts";
import { explained, statusOf } from "../explain.ts";
import { type ListPage, listPages } from "../lists/pages.ts";
import { checkPage } from "../lists/parse-page.ts";
import type { WholeResponse } from "../read-whole.ts";
import { labelOf, pullScope, type RemoteRepository } from "../remote-repository.ts";
import { readReferrersTag, referrersTag } from "./referrers-tag.ts";

/** Codes of a 404 that is about something in the repository, or the repository itself, and not about the API. */
const ABOUT_CONTENT: ReadonlySet<string> = new Set(["NAME_UNKNOWN", "MANIFEST_UNKNOWN"]);

/**
 * The manifests whose subject is `subject`, each once: those of the API, then those that only the referrers tag lists. The filter is applied here too, since a
 * registry may ignore it. That a repository has no API is remembered for at most 10 minutes, see `MissingReferrers`.
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
  const read = (response: WholeResponse): { readonly items: readonly Descriptor[] } => {
    const { bytes } = response;
    checkPage(response, "Cannot read the list of referrers");
    const index = parseManifest(bytes, OCI_INDEX);
    // The parser takes nothing else for one.
    if (index.kind !== "index") return { items: [] };
    isApi = true;
    return { items: index.manifests };
  };
  const headers = { accept: OCI_INDEX };
  const keyOf = ({ digest }: Descriptor): string => digest;
  const request = { path, kind: "referrers", scopes: [pullScope(name)], headers, keyOf, read } as const;
  const list = listPages(repository, request, options);
  try {
    // A later page that is missing leaves the list open; it says nothing about the API.
    let page = await firstPage(repository, list, { ...options, isMissing: (error) => !isApi && isMissingApi(error) });
    while (page !== undefined && page.done !== true) {
      yield* page.value.items;
      page = await list.next();
    }
  } catch (error) {
    throw explained(error, `Cannot list the referrers of "${subject.digest}" in "${labelOf(repository)}"`);
  } finally {
    await list.return();
  }
}

type Page = IteratorResult<ListPage<Descriptor>, void>;

interface FirstPageOptions extends Pick<ReferrersOptions, "askAlways" | "signal"> {
  readonly isMissing: (error: unknown) => boolean;
}

/** Undefined where there is no API. */
async function firstPage(
  { name, profile }: RemoteRepository,
  list: AsyncGenerator<ListPage<Descriptor>, void, void>,
  { askAlways = false, signal, isMissing }: FirstPageOptions,
): Promise<Page | undefined> {
  const { missingReferrers } = profile;
  const request = async (): Promise<Page | undefined> => {
    try {
      return await list.next();
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (profile.get("referrers") !== "api" && !isAboutContent(error)) missingReferrers.add(name);
      return undefined;
    }
  };
  return askAlways ? request() : missingReferrers.unlessMissing(name, request, signal);
}

async function* fromTag(
  repository: RemoteRepository,
  subject: Descriptor,
  { tags, ...options }: ReferrersOptions,
): AsyncGenerator<Descriptor, void, void> {
  if (tags !== undefined && !tags.has(referrersTag(subject.digest))) return;
  yield* await readReferrersTag(repository, subject.digest, options);
}

/** A registry that has the API says 404 only of a repository, or a subject, that is not there. */
function isAboutContent(error: unknown): boolean {
  return error instanceof RegistryError && error.errors.some(({ code }) => ABOUT_CONTENT.has(code));
}

function isMissingApi(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || status === 405 || status === 501;
}
