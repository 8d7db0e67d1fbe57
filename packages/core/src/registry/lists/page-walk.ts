import { createHash } from "node:crypto";
import { IncompleteListError, RegistryError } from "../../errors/errors.ts";
import { quoted } from "../../text/quoted.ts";
import type { WholeResponse } from "../read-whole.ts";
import { nextLink } from "./link.ts";

/** Empty pages in a row that are followed: a registry may leave out of each page what the user may not see. */
const MAX_EMPTY_PAGES = 256;

/** No name that is longer is asked to go on from. */
const LONGEST_NAME = 1024;

/** Refusals that say nothing about `last`: credentials, and what may succeed later. */
const OTHER_REFUSALS: ReadonlySet<number> = new Set([401, 403, 408, 425, 429]);

const CIRCLE = "its pages go in a circle";
const IGNORED = 'the page that follows the last item brings the same items again, since the registry ignores "last"';

/** What has to be known of a page. */
export interface WalkedPage {
  readonly response: WholeResponse;
  /** The keys of its items. */
  readonly keys: readonly string[];
  /** Items of it that no page before had. */
  readonly fresh: number;
  /** Whether the registry has shown that it gives its whole list in one page. */
  readonly isWhole: boolean;
  /** Whether the body says that there is more. */
  readonly hasMore: boolean;
}

/** What follows a page: another one, the proven end, or a failure that leaves the end open. */
export type Step =
  | { readonly kind: "page"; readonly path: string | URL }
  | { readonly kind: "end" }
  | { readonly kind: "open"; readonly error: unknown };

export interface PageWalkOptions {
  /** The path of the page that follows an item. Undefined: only Links lead to further pages. */
  readonly after?: ((key: string) => string) | undefined;
  /** The most items of a page, as the first request asks for them. Undefined: not known. */
  readonly length?: number | undefined;
  /** The URL of a Link. @throws {RegistryError} REDIRECT_REFUSED. */
  readonly resolve: (target: string, answeredBy: URL) => URL;
}

/**
 * Decides after each page of a list how to go on, and whether the end is proven.
 * - A Link is followed, also from an empty page.
 * - A page without a Link that is shorter than asked is the end, also where the registry's own pages are short: it sends Links. A page that is as long as asked proves
 *   nothing, since a registry may cut there and send no Link (go-containerregistry, pkg/registry/manifest.go): the page after its last item is requested, and an
 *   empty one is the end.
 * - Where the same items come again after the last one, the last one alone has to follow the one before it: go-containerregistry begins anew after the last.
 * - Elsewhere a page that brings nothing new is the end only where the registry gives its whole list in one page. Google's shows that by its map of digests; distribution 2.8,
 *   which has no pages of tags, by more items than asked for, and the same ones after the last. Where no length is asked for, the spec wants the whole list
 *   too. Elsewhere the end stays open.
 * Spec: distribution-spec v1.1.1, "Listing Tags" (end-8); RFC 8288.
 */
export class PageWalk {
  readonly #options: PageWalkOptions;
  /** URLs that were requested, or are. */
  readonly #requested = new Set<string>();
  /** What led to the page at hand. */
  #ledBy: "nothing" | "link" | "last" | "last but one" = "nothing";
  #emptyPages = 0;
  #isWhole = false;
  #ignoresLength = false;
  /** The keys of the last two items. */
  #tail: readonly string[] = [];

  constructor(options: PageWalkOptions) {
    this.#options = options;
  }

  /** @param path what was requested. */
  next(path: string | URL, page: WalkedPage): Step {
    const { response } = page;
    const url = new URL(path, response.url);
    this.#requested.add(keyOf(url)).add(keyOf(response.url));
    this.#isWhole ||= page.isWhole;
    if (page.fresh === 0 && (page.keys.length > 0 || this.#ledBy === "last but one")) return this.#repeats(url, page);
    this.#tail = [...this.#tail, ...page.keys.slice(-2)].slice(-2);
    this.#emptyPages = page.keys.length === 0 ? this.#emptyPages + 1 : 0;
    try {
      const target = nextLink(response.headers["link"]);
      return target === undefined ? this.#unlinked(url, page) : this.#follow(target, response);
    } catch (error) {
      return error instanceof SyntaxError ? open(error.message, response) : { kind: "open", error };
    }
  }

  /** What a page that could not be read means: where `last` is refused the end stays open, and what came before counts. */
  failed(error: unknown): unknown {
    if (!this.#ledBy.startsWith("last") || !(error instanceof RegistryError)) return error;
    const { status = 0, method, url } = error;
    if (status < 400 || status > 499 || OTHER_REFUSALS.has(status)) return error;
    const detail = `a full page has no Link, and the page after ${quoted(this.#tail.at(-1) ?? "")} is refused`;
    return new IncompleteListError(messageOf(detail), { cause: error, status, method, url });
  }

  #follow(target: string, response: WholeResponse): Step {
    const url = this.#options.resolve(target, response.url);
    if (this.#requested.has(keyOf(url)))
      return this.#isWhole ? END : open(`${CIRCLE}: a Link leads to a page that was read before`, response);
    if (this.#emptyPages > MAX_EMPTY_PAGES) return open(`${this.#emptyPages} pages in a row are empty`, response);
    this.#ledBy = "link";
    return { kind: "page", path: url };
  }

  #unlinked(url: URL, { response, keys: { length: count }, hasMore }: WalkedPage): Step {
    const { after, length } = this.#options;
    if (after === undefined || this.#isWhole) return END;
    // A Link with n=0 leads to an empty page, which proves nothing.
    const isShort = count === 0 ? url.searchParams.get("n") !== "0" : length !== undefined && count < length;
    if (isShort && !hasMore) return END;
    const last = this.#tail.at(-1);
    if (last === undefined) return open("a page without items says that there is more", response);
    if (last.length > LONGEST_NAME) return open(`its last name has ${last.length} characters`, response);
    const path = after(last);
    if (this.#requested.has(keyOf(new URL(path, url)))) return open(IGNORED, response);
    if (this.#ledBy === "nothing") this.#ignoresLength = length === undefined || count > length;
    this.#ledBy = "last";
    return { kind: "page", path };
  }

  /** After a page that brought nothing new. */
  #repeats(url: URL, { response, keys }: WalkedPage): Step {
    const { after } = this.#options;
    const [before, last] = this.#tail;
    if (this.#isWhole || (this.#ledBy === "last" && this.#ignoresLength)) return END;
    if (this.#ledBy === "last but one") {
      const isLastAlone = keys.length === 1 && keys[0] === last && response.headers["link"] === undefined;
      return isLastAlone ? END : open(IGNORED, response);
    }
    if (this.#ledBy !== "last") return open(`${CIRCLE}: a Link leads to items that came before`, response);
    const path = before === undefined || last === undefined ? undefined : after?.(before);
    if (path === undefined || this.#requested.has(keyOf(new URL(path, url)))) return open(IGNORED, response);
    this.#ledBy = "last but one";
    return { kind: "page", path };
  }
}

/** Of a long URL its hash: a registry may send thousands of them. */
function keyOf({ href }: URL): string {
  return href.length > 256 ? createHash("sha256").update(href).digest("base64") : href;
}

const END: Step = { kind: "end" };

function open(detail: string, { url, status }: WholeResponse): Step {
  return {
    kind: "open",
    error: new IncompleteListError(messageOf(detail), { method: "GET", url: url.href, status }),
  };
}

function messageOf(detail: string): string {
  return `Cannot read the list: ${detail}; there may be more than was listed`;
}
