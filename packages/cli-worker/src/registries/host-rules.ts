import type { ListLimits } from "@tranship/core";

/** What a mirror file says of one host. */
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
