import type { PlannedImage, SyncPlan } from "@tranship/copy";
import { choosableTags, immutableTags } from "@tranship/copy";
import { formatPlatform, quoted, subjectOfTag } from "@tranship/core";
import { UsageError } from "../errors/usage-error.ts";
import { parseLocation, type RegistryLocation } from "../locations/location.ts";
import type { Mirror, MirrorFile } from "../mirror/mirror-file.ts";
import { matchRepository } from "../mirror/resolve/repository-pattern.ts";
import { hostValue, type TemplateValues, targetRepository, targetTag } from "../mirror/resolve/target-template.ts";

/** A plan that does what a mirror file does not name. Nothing was started. */
export class PlanOutOfBounds extends UsageError {
  /** A line for each entry of the plan. */
  readonly lines: readonly string[];

  constructor(path: string, lines: readonly string[]) {
    super([`Cannot apply the plan ${quoted(path)}: the mirror file does not permit it`, ...lines].join("\n"));
    this.name = "PlanOutOfBounds";
    this.lines = lines;
  }
}

/**
 * Checks that a plan reads, writes and deletes only what a mirror file names, since plans travel and the file has the credentials: source and target by host and
 * repository, the tag by the target's template, names and filters, and how it is copied; a deletion where the mirror has `prune` and can choose the tag. What depends on other tags or on
 * time (`newest`, `newerThan`) is not checked. No request.
 * @throws {PlanOutOfBounds} naming each entry that is not permitted.
 */
export function checkPlanBounds(path: string, plan: SyncPlan, file: MirrorFile): void {
  const mirrors = file.mirrors.map((mirror) => new MirrorBounds(mirror, plan));
  const refused = plan.images.flatMap((image) => {
    const why = whyRefused(image, mirrors);
    return why === undefined ? [] : [`${quoted(path)}: ${describe(image)}: ${why}`];
  });
  if (refused.length > 0) throw new PlanOutOfBounds(path, refused);
}

function describe({ action, from, tag, to, targetTag: there }: PlannedImage): string {
  const target = quoted(`${to}:${there}`);
  return action === "delete" ? `delete ${target}` : `${action} ${quoted(`${from}:${tag}`)} to ${target}`;
}

/** Why no mirror of the file permits an entry: the reason of the mirror that comes closest. */
function whyRefused(image: PlannedImage, mirrors: readonly MirrorBounds[]): string | undefined {
  const [source, target] = [repositoryAt(image.from), repositoryAt(image.to)];
  if (source === undefined || target === undefined) return "a mirror file names repositories at registries only";
  const reasons = mirrors.map((mirror) => whyNotBy(mirror, { image, source, target }));
  if (reasons.includes(undefined)) {
    const permitting = mirrors[reasons.indexOf(undefined)];
    const isShared = mirrors.some((bounds) => bounds !== permitting && writesTo(bounds.mirror, target));
    // As in a sync: what one mirror no longer chooses may be what the other one does.
    return image.action === "delete" && isShared
      ? "another mirror of the file writes to this repository too"
      : undefined;
  }
  return reasons.filter((reason) => reason !== undefined).toSorted((a, b) => b.closeness - a.closeness)[0]?.text;
}

/** Whether a mirror with these sources writes to the repository; of a catalogue only what every source is copied to is known. */
function writesTo({ from, to }: Mirror, target: RegistryLocation): boolean {
  const sources = from.repositories ?? [from.text];
  return sources.some((repository) => {
    const match = matchRepository(from.pattern, repository) ?? repository;
    const values = { host: hostValue(from.host), repository, match };
    return to.some((template) =>
      holds(() => {
        const place = targetRepository(template, values);
        return place.host === target.host && place.repository === target.repository;
      }),
    );
  });
}

function repositoryAt(text: string): RegistryLocation | undefined {
  try {
    const location = parseLocation(text);
    if (location.kind !== "registry" || location.tag !== undefined || location.digest !== undefined) return undefined;
    return location;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Entry {
  readonly image: PlannedImage;
  readonly source: RegistryLocation;
  readonly target: RegistryLocation;
}

interface Reason {
  readonly text: string;
  /** How many checks passed. */
  readonly closeness: number;
}

function whyNotBy(bounds: MirrorBounds, { image, source, target }: Entry): Reason | undefined {
  const { mirror } = bounds;
  if (!isSource(mirror, source)) return { closeness: 0, text: "no mirror of the file has this source repository" };
  const values: TemplateValues = {
    host: hostValue(source.host),
    repository: source.repository,
    match: matchRepository(mirror.from.pattern, source.repository) ?? source.repository,
  };
  const templates = mirror.to.filter((template) =>
    holds(() => {
      const { host, repository } = targetRepository(template, values);
      return host === target.host && repository === target.repository;
    }),
  );
  if (templates.length === 0)
    return { closeness: 1, text: "the file has this source, but not with this target repository" };
  const { tag } = image;
  const follows = subjectOfTag(tag) !== undefined && (mirror.cosignTags || mirror.referrers);
  const isNamedSo = templates.some(
    (template) =>
      (follows && image.targetTag === tag) ||
      holds(
        () => (targetTag(template, { ...values, tag: isDigest(tag) ? undefined : tag }) ?? tag) === image.targetTag,
      ),
  );
  if (!isNamedSo) return { closeness: 2, text: "the mirror gives this tag another name at the target" };
  if (image.action === "delete") return whyNotDeleted(bounds, image, follows);
  if (!follows && !bounds.includes(image)) return { closeness: 3, text: "the mirror's tags do not include this one" };
  return image.action === "skip" || follows ? undefined : whyNotCopied(bounds, image);
}

function isSource({ from }: Mirror, { host, repository }: RegistryLocation): boolean {
  if (from.host !== host) return false;
  return from.repositories === undefined ? from.accepts(repository) : from.repositories.includes(repository);
}

/** A deletion has to be one that a plan of this file can have: of a tag that fits the filters, and for a reason that they can give. */
function whyNotDeleted(bounds: MirrorBounds, image: PlannedImage, follows: boolean): Reason | undefined {
  const { prune, tags } = bounds.mirror;
  const refused = (text: string): Reason => ({ closeness: 3, text });
  if (prune === undefined) return refused("the mirror has no prune");
  if (image.own?.because === "pattern" && prune.ownership !== "pattern")
    return refused("the mirror's prune does not count a tag as its own by its name alone");
  if (follows) return image.reason === "follows" ? undefined : refused("such a tag goes only with what it is about");
  if (!bounds.includes(image)) return refused("the mirror's tags do not include this one");
  if (!tags.listed || tags.names.includes(image.tag)) return refused("the mirror names this tag, and keeps it");
  // Whether the source lacks it is asked before it is deleted.
  if (image.reason === "gone") return undefined;
  const mayChange = tags.newest !== undefined || tags.newerThan !== undefined;
  return image.reason === "unselected" && mayChange ? undefined : refused("the mirror chooses this tag");
}

/** What a plan may not change of how the mirror copies. */
function whyNotCopied({ mirror }: MirrorBounds, image: PlannedImage): Reason | undefined {
  const refused = (text: string): Reason => ({ closeness: 4, text });
  const { platforms, missingPlatforms, sparse, referrers, tags } = mirror;
  const { tag, action, there, root } = image;
  if (image.referrers === true && !referrers) return refused("the mirror does not copy referrers");
  const chosen = (platforms ?? []).map(formatPlatform).join(", ");
  const isOther =
    (image.platforms ?? []).join(", ") !== chosen || (image.sparse ?? false) !== (sparse && chosen !== "");
  if (action === "copy" && isOther) return refused(`the mirror copies ${chosen === "" ? "all platforms" : chosen}`);
  if (image.missingPlatforms === "skip" && missingPlatforms !== "skip")
    return refused("the mirror copies no image that lacks some of its platforms");
  const isMoved = there !== null && (root === undefined || there !== root);
  if (isMoved && immutableTags(tags, [tag]).has(tag)) return refused("the mirror calls this tag immutable");
  return undefined;
}

/** A mirror, and which tags of a plan its names and filters include. */
class MirrorBounds {
  readonly mirror: Mirror;
  readonly #tags: readonly string[];
  #choosable: ReadonlySet<string> | undefined;

  constructor(mirror: Mirror, { images }: SyncPlan) {
    this.mirror = mirror;
    this.#tags = images.map(({ tag }) => tag);
  }

  includes({ tag, source }: PlannedImage): boolean {
    const { from, tags } = this.mirror;
    if (from.digest !== undefined) return tag === from.digest && (source === undefined || source === from.digest);
    // At once: a regular expression is run in a context of its own.
    this.#choosable ??= choosableTags(
      tags,
      [...new Set(this.#tags)].filter((name) => !isDigest(name)),
    );
    return this.#choosable.has(tag);
  }
}

function isDigest(tag: string): boolean {
  return tag.includes(":");
}

/** False too where a name of the plan makes none at the target. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
