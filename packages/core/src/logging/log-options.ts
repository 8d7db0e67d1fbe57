import { SAFE_HEADERS } from "./safe-headers.ts";

/** What log lines show. */
export interface LogOptions {
  /** Headers whose values are logged, besides those that are known to be safe. */
  readonly allowHeaders?: readonly string[] | undefined;
  /** Parameters of a query whose values are logged, besides those that are known to be safe. */
  readonly allowParameters?: readonly string[] | undefined;
  /**
   * Whether lines of level debug have all headers and the URL's query as they are: who reads them may use whatever a signed URL gives.
   * `authorization`, cookies, and tokens and passwords in bodies are never logged. Default false.
   */
  readonly unredacted?: boolean | undefined;
}

/** The options as they are looked up. */
export interface Shown {
  /** In lower case. */
  readonly headers: ReadonlySet<string>;
  readonly parameters: ReadonlySet<string>;
  readonly unredacted: boolean;
}

export function shownBy({ allowHeaders = [], allowParameters = [], unredacted = false }: LogOptions): Shown {
  return {
    headers: new Set([...SAFE_HEADERS, ...allowHeaders.map((name) => name.toLowerCase())]),
    parameters: new Set(allowParameters.map((name) => name.toLowerCase())),
    unredacted,
  };
}
