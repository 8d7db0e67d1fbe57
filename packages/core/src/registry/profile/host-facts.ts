import type { HostFact } from "../../journal/profile-journal.ts";

/** What is known of a host. Each field is undefined where it isn't known. Sizes are bytes. */
export interface HostFacts {
  /**
   * What a 202 to a self-mount says. `proven`: a 201 was seen for a blob that was there, so a 202 means absent. `head-first`: a 202 was seen for a blob
   * that was there (crane's registry), or self-mounts are refused; a HEAD comes before the POST.
   */
  readonly existence?: "proven" | "head-first" | undefined;
  /** How a blob is sent. `put`: in one PUT, chunks are refused (Google). `patch`: no PUT without a PATCH before it (old Artifactory). `chunks`: in PATCHes of a bounded size. */
  readonly upload?: "put" | "patch" | "chunks" | undefined;
  /** The longest body that the host, or a proxy in front of it, takes. */
  readonly maxBody?: number | undefined;
  /** The shortest chunk that is taken, but for the last one. */
  readonly minChunk?: number | undefined;
  /** What is left of an upload whose connection broke: every byte that arrived; the chunks that were answered, where it broke between two; nothing. */
  readonly resume?: "any-byte" | "whole-chunks" | "none" | undefined;
  /** Whether a commit under a wrong digest is refused. */
  readonly checksDigest?: boolean | undefined;
  /** Whether a POST takes a small blob whole, and answers 201 (zot, crane's registry; distribution answers 202 and ignores the body). */
  readonly singlePost?: boolean | undefined;
  /**
   * Where referrers are listed. Only the user says it: `tag` means that the API is never requested, `api` that its 404 is never remembered.
   * A 404 says something about one repository and for a short time, see `MissingReferrers`.
   */
  readonly referrers?: "api" | "tag" | undefined;
  /** Whether manifests answer HEAD as they answer GET. False: a HEAD was refused where GET answered (Nexus: 404, registry.centos.org: 403). */
  readonly manifestHead?: boolean | undefined;
  /** Whether new bytes take the place of wrong ones after a DELETE of the blob; false: the old file stays (distribution). */
  readonly replacesBlobs?: boolean | undefined;
  /** Where the digests and times of tags are listed: in Azure's own list, in the list of tags (Google's), or nowhere. */
  readonly tagDetails?: "acr" | "tags" | "none" | undefined;
  /** Whether an index was put there of which something is missing: that an index is there then says nothing of what it names. */
  readonly holdsSparse?: boolean | undefined;
}

/** The name of a fact: `upload`, `maxBody`, … */
export type HostFactName = keyof HostFacts;

/** One fact as text and as data; `tranship hosts` shows, sets and checks them with it. */
export interface HostFactRule<T = unknown> {
  /** What it may be, for messages: `"put", "patch" or "chunks"`. */
  readonly expected: string;
  /** How long it is believed after it was learned, in ms. 0: it is not learned, only the user says it. */
  readonly keptMs: number;
  /** The value that a text stands for; undefined for a bad one. */
  parse(text: string): T | undefined;
  /** Whether data from outside is such a value. */
  accepts(value: unknown): value is T;
}

const DAY_MS = 24 * 60 * 60_000;
const MONTH_MS = 30 * DAY_MS;
/** What a proxy's settings decide changes more often than the program behind it. */
const WEEK_MS = 7 * DAY_MS;
/** What was put there stays there. */
const LASTING_MS = 10 * 365 * DAY_MS;
const MAX_BYTES = 2 ** 50;

/** Every fact that there is. */
export const HOST_FACTS: { readonly [N in HostFactName]-?: HostFactRule<NonNullable<HostFacts[N]>> } = {
  existence: oneOf(MONTH_MS, "proven", "head-first"),
  upload: oneOf(MONTH_MS, "put", "patch", "chunks"),
  maxBody: bytes(WEEK_MS),
  minChunk: bytes(MONTH_MS),
  resume: oneOf(MONTH_MS, "any-byte", "whole-chunks", "none"),
  // Bytes that another process sent are trusted for it: it is asked again soon, for 2 to 4 requests.
  checksDigest: yesOrNo(DAY_MS),
  singlePost: yesOrNo(MONTH_MS),
  referrers: oneOf(0, "api", "tag"),
  manifestHead: yesOrNo(DAY_MS),
  replacesBlobs: yesOrNo(MONTH_MS),
  tagDetails: oneOf(MONTH_MS, "acr", "tags", "none"),
  holdsSparse: yesOrNo(LASTING_MS),
};

/** Whether the text names a fact. */
export function isHostFactName(name: string): name is HostFactName {
  return Object.hasOwn(HOST_FACTS, name);
}

/** The one fact, with its name, as data from outside has it; undefined where it is none or has a bad value. */
export function checkHostFact(name: string, value: unknown): HostFacts | undefined {
  return isHostFactName(name) && HOST_FACTS[name].accepts(value) ? { [name]: value } : undefined;
}

/**
 * Until when a recorded fact is believed, in ms since 1970. Facts of another version live no longer than the rules of this one allow.
 * A fact with an unknown name or an invalid value, and one learned in the future (the clock was set back), is not believed.
 */
export function believedUntil(fact: HostFact, now: number): number {
  const { name, value, setByUser, learned, expires } = fact;
  if (checkHostFact(name, value) === undefined || !isHostFactName(name)) return 0;
  if (setByUser) return Number.POSITIVE_INFINITY;
  if (learned > now) return 0;
  return Math.min(expires ?? Number.POSITIVE_INFINITY, learned + HOST_FACTS[name].keptMs);
}

/** The one fact, as a person writes it. @throws {SyntaxError} for an unknown name or a bad value, saying what is expected. */
export function parseHostFact(name: string, text: string): HostFacts {
  if (!isHostFactName(name)) {
    throw new SyntaxError(`Bad fact "${name}" of a host: expected one of ${Object.keys(HOST_FACTS).join(", ")}`);
  }
  const rule = HOST_FACTS[name];
  const value = rule.parse(text);
  if (value === undefined) throw new SyntaxError(`Bad ${name} "${text}" of a host: expected ${rule.expected}`);
  return { [name]: value };
}

function oneOf<const T extends string>(keptMs: number, ...values: readonly T[]): HostFactRule<T> {
  const accepts = (value: unknown): value is T => values.some((known) => known === value);
  const quotes = values.map((value) => `"${value}"`);
  return {
    expected: `${quotes.slice(0, -1).join(", ")} or ${quotes.at(-1)}`,
    keptMs,
    parse: (text) => (accepts(text) ? text : undefined),
    accepts,
  };
}

function yesOrNo(keptMs: number): HostFactRule<boolean> {
  return {
    expected: '"true" or "false"',
    keptMs,
    parse: (text) => (text === "true" || text === "false" ? text === "true" : undefined),
    accepts: (value): value is boolean => typeof value === "boolean",
  };
}

function bytes(keptMs: number): HostFactRule<number> {
  const accepts = (value: unknown): value is number =>
    typeof value === "number" && Number.isSafeInteger(value) && value > 0 && value <= MAX_BYTES;
  return {
    expected: "a number of bytes, also as 16MiB or 100MB",
    keptMs,
    parse(text) {
      const match = /^(\d{1,15})([KMG]i?B)?$/.exec(text);
      const unit = { KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }[match?.[2] ?? ""] ?? 1;
      const value = match === null ? 0 : Number(match[1]) * unit;
      return accepts(value) ? value : undefined;
    },
    accepts,
  };
}
