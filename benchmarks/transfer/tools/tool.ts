import type { PeerName } from "../../../test/peers/find-peer.ts";
import type { Corpus } from "../corpus/corpus.ts";

export type ToolName = "tranship" | "crane" | "regctl" | "regsync" | "skopeo" | "oras";

/** What a tool has to do: the image or repository goes from one host to the other, under the same name. */
export interface Job {
  readonly scope: Corpus["scope"];
  readonly atOnce?: Corpus["atOnce"];
  /** `127.0.0.1:PORT` */
  readonly source: string;
  readonly target: string;
  /** `team/app` */
  readonly repository: string;
  /** Of an image. */
  readonly tag: string;
  /** Whether both hosts speak TLS. */
  readonly tls: boolean;
  /** The certificate that then is to be trusted. */
  readonly authority: string | undefined;
  /** An empty folder that is the tool's home: no run knows of the one before. */
  readonly home: string;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A tool with one choice of its settings. */
export interface Contender {
  readonly tool: ToolName;
  /** `defaults`, or what was set. */
  readonly settings: string;
  /** What it can copy. */
  readonly scopes: readonly Corpus["scope"][];
  /** May write configuration into the job's home. */
  invocation(job: Job): Invocation | Promise<Invocation>;
}

/** A program that is measured. */
export interface Tool {
  readonly name: ToolName;
  /** Undefined: it is ours. */
  readonly peer: PeerName | undefined;
  /** Prints the version. */
  readonly version: readonly string[];
  readonly contenders: readonly Contender[];
}

/** The environment of Go's programs over TLS. */
export function trusting({ authority }: Job): Readonly<Record<string, string>> {
  return authority === undefined ? {} : { SSL_CERT_FILE: authority };
}
