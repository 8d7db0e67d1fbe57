import { createHash } from "node:crypto";
import { RegistryError } from "../../errors/errors.ts";

/** How much of one list is read: a registry may list without end. */
export interface ListLimits {
  /** Pages. Default 10,000. */
  readonly pages?: number | undefined;
  /** Items: tags, repositories, referrers. Default 500,000. */
  readonly names?: number | undefined;
  /** Bytes of all pages together. Default 256 MiB. */
  readonly bytes?: number | undefined;
  /** Bytes of one page: Google's registries give a whole list in one. Default 32 MiB. */
  readonly pageBytes?: number | undefined;
}

export const LIST_PAGES = 10_000;
export const LIST_NAMES = 500_000;
export const LIST_BYTES: number = 256 * 1024 * 1024;
export const LIST_PAGE_BYTES: number = 32 * 1024 * 1024;

/** The response with a page of a list. */
interface PageResponse {
  readonly url: URL;
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** Longer names are remembered by their hash. */
const KEPT_NAME = 255;

/** Counts what was read of a list. */
export class ListCount {
  readonly pageBytes: number;
  readonly #limits: Required<{ readonly [K in keyof ListLimits]: number }>;
  readonly #names = new Set<string>();
  #pages = 0;
  #bytes = 0;

  constructor({ pages = LIST_PAGES, names = LIST_NAMES, bytes = LIST_BYTES, pageBytes }: ListLimits = {}) {
    this.pageBytes = pageBytes ?? LIST_PAGE_BYTES;
    this.#limits = { pages, names, bytes, pageBytes: this.pageBytes };
  }

  /** Counts a page. @throws {RegistryError} LIST_TOO_LONG. */
  page(response: PageResponse): void {
    this.#pages += 1;
    this.#bytes += response.bytes.length;
    if (this.#pages > this.#limits.pages) throw this.#over("pages", response);
    if (this.#bytes > this.#limits.bytes) throw this.#over("bytes", response);
  }

  /** Whether no page before had an item of that name. @throws {RegistryError} LIST_TOO_LONG. */
  isFresh(name: string, response: PageResponse): boolean {
    const before = this.#names.size;
    this.#names.add(name.length > KEPT_NAME ? createHash("sha256").update(name).digest("base64") : name);
    if (this.#names.size > this.#limits.names) throw this.#over("names", response);
    return this.#names.size > before;
  }

  #over(limit: "pages" | "names" | "bytes", { url, status }: PageResponse): RegistryError {
    const detail = `the list has more than ${this.#limits[limit]} ${limit}`;
    return new RegistryError("LIST_TOO_LONG", `Cannot read the list: ${detail}; ${raise(limit)}`, {
      method: "GET",
      url: url.href,
      status,
    });
  }
}

/** What takes more of a list. */
export function raise(limit: keyof ListLimits): string {
  return `lists.${limit} of the host (--list-limit ${limit}=N) allows more`;
}

/** @throws {RangeError} for a limit that is not a whole number from 1. */
export function checkListLimits(limits: ListLimits): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new RangeError(`invalid lists.${name} ${value}: expected a whole number from 1`);
  }
}
