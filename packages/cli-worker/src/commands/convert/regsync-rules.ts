import { DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_INDEX, OCI_MANIFEST } from "@tranship/core";
import type { MirrorDraft } from "./conversion.ts";
import type { ForeignMap, ForeignValue } from "./foreign-value.ts";

/** Keys of an entry and of the defaults that say how something is copied, and not what. */
export const HARMLESS: readonly string[] = [
  "backup",
  "ratelimit",
  "referrerSlow",
  "fastCheck",
  "forceRecursive",
  "includeExternal",
  "hooks",
];
/** Keys of the defaults about the program as a whole. */
const GENERAL = ["blobLimit", "cacheCount", "cacheTime", "skipDockerConfig", "userAgent"] as const;
/** Which referrers are copied, and from where to where. */
const REFERRER_RULES = ["referrerFilters", "referrerSource", "referrerTarget"] as const;
/** Keys of an entry that choose what is copied. */
export const CHOOSING: readonly string[] = [
  ...REFERRER_RULES,
  ...["type", "tags", "tagSets", "repos", "platform", "platforms", "mediaTypes", "referrers", "digestTags"],
];
/** What regsync copies where `mediaTypes` says nothing. */
const USUAL_MEDIA_TYPES: readonly string[] = [DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, OCI_MANIFEST, OCI_INDEX];

type Flags = Pick<MirrorDraft, "referrers" | "cosignTags">;

/** What an entry, or the defaults, say of what is copied besides tags. */
export interface Rules {
  readonly flags: Flags;
  /** Of `REFERRER_RULES`. */
  readonly referrerRules: readonly string[];
  readonly mediaTypes: readonly string[];
}

const NO_RULES: Rules = { flags: {}, referrerRules: [], mediaTypes: [] };

/** What the defaults say; where they may narrow what is meant in a way that can't be carried over, why. */
export function readDefaults(defaults: ForeignValue | undefined): Rules | SyntaxError {
  if (defaults === undefined) return NO_RULES;
  try {
    const map = defaults.as("map").map();
    const rules = readRules(map);
    for (const key of ["schedule", "interval", "parallel"]) map.take(key);
    map.refuseRest("the defaults", [...HARMLESS, ...GENERAL]);
    return rules;
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

/** @throws {SyntaxError} where one of them is not what it has to be. */
export function readRules(map: ForeignMap): Rules {
  const [referrers, cosignTags] = [map.take("referrers")?.asTruth(), map.take("digestTags")?.asTruth()];
  const isSaid = (value: ForeignValue | undefined): boolean =>
    value !== undefined && value.kind !== "nothing" && (value.kind !== "list" || value.list().length > 0);
  return {
    flags: { ...(referrers !== undefined && { referrers }), ...(cosignTags !== undefined && { cosignTags }) },
    referrerRules: REFERRER_RULES.filter((key) => isSaid(map.take(key))),
    mediaTypes: map.take("mediaTypes")?.asTexts() ?? [],
  };
}

/** What an entry's rules and those of the defaults come to. @throws {SyntaxError} where they narrow what is copied in a way that has no equal here. */
export function flagsOf(own: Rules, shared: Rules): Flags {
  const flags = { ...shared.flags, ...own.flags };
  const rules = [...new Set([...own.referrerRules, ...shared.referrerRules])];
  if (flags.referrers === true && rules.length > 0)
    throw new SyntaxError(`${rules.join(", ")}: which referrers are copied, and where, can't be chosen here`);
  const mediaTypes = own.mediaTypes.length > 0 ? own.mediaTypes : shared.mediaTypes;
  const missing = mediaTypes.length === 0 ? [] : USUAL_MEDIA_TYPES.filter((type) => !mediaTypes.includes(type));
  if (missing.length > 0)
    throw new SyntaxError(`mediaTypes leaves out ${missing.join(", ")}, and images can't be chosen by their type here`);
  return flags;
}
