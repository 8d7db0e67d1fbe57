import type { MissingPlatforms, PruneOwnership } from "@tranship/copy";
import type { Digest, ListLimits, Platform } from "@tranship/core";
import type { Position } from "./file/problem.ts";
import type { RepositoryPattern } from "./resolve/repository-pattern.ts";
import type { TargetTemplate } from "./resolve/target-template.ts";
import type { TagRules } from "./select/tag-rules.ts";

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

/** What the file says of one host. */
export interface HostRules {
  readonly host: string;
  /** In the place of what the files of docker and podman, the environment and the clouds have. */
  readonly credentials?: HostCredentials | undefined;
  readonly tls: HostTls;
  /** Hosts that this one may redirect to. Undefined: none besides those that the rules permit. */
  readonly redirects?: RedirectRules | undefined;
  /** Hosts that are asked, in this order, for what this one can't give at the moment; only to read. */
  readonly mirrors: readonly string[];
  /** How repositories that are missing are made. Undefined: the registry makes them, or refuses. */
  readonly create?: CreateRule | undefined;
  readonly limits: HostLimits;
  /** Undefined: the defaults. */
  readonly bounds?: HostBounds | undefined;
  /** The first one that the local time is in replaces the limits that it names. */
  readonly windows: readonly LimitWindow[];
}

/** `helper`: the name after `docker-credential-`. `token`: an access token that is ready to use. */
export type HostCredentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "helper"; readonly helper: string }
  | { readonly kind: "anonymous" };

/** By Amazon ECR's API; or by a command, run without a shell: a path is absolute, a name is looked for on PATH. */
export type CreateRule =
  | { readonly kind: "ecr"; readonly region: string; readonly fips: boolean; readonly account: string }
  | { readonly kind: "command"; readonly program: string; readonly args: readonly string[] };

/** Paths are absolute: the file's are relative to its folder. */
export interface HostTls {
  readonly ca?: string | undefined;
  readonly clientCert?: { readonly cert: string; readonly key: string } | undefined;
  readonly insecure: boolean;
  readonly plainHttp: boolean;
  /** Whether the host may lack secure renegotiation. Default: no. */
  readonly legacyTls?: boolean | undefined;
}

/** Hosts that a registry may redirect to. */
export interface RedirectRules {
  /** At an address of any kind. */
  readonly anyAddress: readonly string[];
  /** Over http, from an https registry. */
  readonly http: readonly string[];
}

/** What a host is given before its transfers and lists fail. */
export interface HostBounds {
  /** The lowest rate of the body of a response; 0 for any. */
  readonly minBytesPerSecond?: number | undefined;
  readonly lists?: ListLimits | undefined;
}

/** Undefined: no limit but those of the command. Each is of one process, for reading and for writing apart. */
export interface HostLimits {
  readonly requestsPerSecond?: number | undefined;
  readonly bytesPerSecond?: number | undefined;
  /** Requests in flight. */
  readonly concurrency?: number | undefined;
}

/** Limits for some hours of some days. */
export interface LimitWindow {
  /** Minutes since midnight, local time. Where `until` is not after `since`, the window goes on over midnight and belongs to the day that it began. */
  readonly since: number;
  readonly until: number;
  /** 0 is Sunday. All seven where the file names none. */
  readonly days: ReadonlySet<number>;
  readonly limits: HostLimits;
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
  readonly tags: TagRules;
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
