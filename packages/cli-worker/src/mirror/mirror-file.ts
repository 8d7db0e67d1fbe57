import type { MissingPlatforms, PruneOwnership, TagRules } from "@tranship/copy";
import type { Digest, Platform } from "@tranship/core";
import type { HostRules } from "../registries/host-rules.ts";
import type { Position } from "./problem.ts";
import type { RepositoryPattern } from "./resolve/repository-pattern.ts";
import type { TargetTemplate } from "./resolve/target-template.ts";

/** A mirror file as it was understood: variables substituted, defaults applied, every value checked. It holds secrets: it is never printed or stored. */
export interface MirrorFile {
  /** As messages call it: the path that was given, or `stdin`. */
  readonly name: string;
  /**
   * The name under which its mirrors' tags are recorded as their own: the file's `name`, else its
   * absolute path. Undefined for stdin without a `name`.
   */
  readonly owner?: string | undefined;
  /** By the host in its one spelling (`parseHost`): `docker.io`, `registry.internal:5000`. */
  readonly hosts: ReadonlyMap<string, HostRules>;
  /** When `sync --watch` carries it out: a cron expression, and where it stands. */
  readonly schedule?: { readonly text: string; readonly at: Position } | undefined;
  /** In the order of the file; at least one. */
  readonly mirrors: readonly Mirror[];
}

/** Which tags of its repositories a mirror means. */
export interface MirrorTags extends TagRules {
  /** Where the rules begin in the file; those of a mirror without any, where the mirror does. */
  readonly at: Position;
}

/** What is kept in step with what, and how. */
export interface Mirror {
  /** Its place in the file, from 0. */
  readonly index: number;
  /** Where it begins in the file. */
  readonly at: Position;
  readonly from: MirrorSource;
  /** At least one. */
  readonly to: readonly TargetTemplate[];
  readonly tags: MirrorTags;
  /** Undefined: all, untouched. */
  readonly platforms: readonly Platform[] | undefined;
  /** Whether an image that lacks some of the platforms fails, or those that it has are copied. */
  readonly missingPlatforms: MissingPlatforms;
  /** The index is kept as it is, and only the platforms' content is copied; most registries refuse that. Only with `platforms`. */
  readonly sparse: boolean;
  readonly referrers: boolean;
  /** Signatures and more that cosign keeps under tags made of a digest: `sha256-….sig`, `.att`, `.sbom`. */
  readonly cosignTags: boolean;
  readonly prune: MirrorPrune | undefined;
}

export interface MirrorSource {
  /** As messages call it: as it was written, with its variables substituted. */
  readonly text: string;
  readonly at: Position;
  readonly host: string;
  readonly pattern: RepositoryPattern;
  /** Repositories that are named one by one: no catalogue is asked. Whole names. Undefined where the pattern has a `*` that the catalogue has to fill. */
  readonly repositories: readonly string[] | undefined;
  /** Of what the catalogue lists, only this. */
  readonly accepts: (repository: string) => boolean;
  /** The one image that `from` names with `@`; then no tag is looked for. A tag that `from` names is the one of `tags.names`. */
  readonly digest?: Digest | undefined;
}

export interface MirrorPrune {
  /** Which tags are the mirror's own. */
  readonly ownership: PruneOwnership;
  /** The most tags that one run may delete in this mirror; more deletes none of them. */
  readonly maxDelete: number;
}
