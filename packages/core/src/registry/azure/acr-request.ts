import { parseJson } from "../../content/parse-json.ts";
import { IncompleteListError, RegistryError } from "../../errors/errors.ts";
import { isWebPage } from "../../http/message/web-page.ts";
import type { RegistryRequest } from "../../http/request.ts";
import type { CallOptions } from "../../store/store.ts";
import { explained } from "../explain.ts";
import { type PageOptions, pageQuery } from "../lists/list-names.ts";
import { type ListPage, listPages } from "../lists/pages.ts";
import { readWhole, type WholeResponse } from "../read-whole.ts";
import type { RemoteRegistry } from "../remote-repository.ts";
import { isFromOtherRegistry, isOfAzure, noAcr } from "./other-registry.ts";

const API_VERSION = "2021-07-01";

/** Items of a page of its lists where no other length is asked for. */
const PAGE_LENGTH = 100;

/** The longest answer that is read, in bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** One call of ACR's own API. */
export interface AcrRequest<T> {
  /** `/acr/v1/…`, without a query. */
  readonly path: string;
  readonly kind: RegistryRequest["kind"];
  readonly scope: string;
  /** What can't be done when it fails: `Cannot read the properties of "r.azurecr.io/app"`. */
  readonly action: string;
  /** Reads the answer. @throws {SyntaxError} naming what is wrong with it. */
  readonly parse: (document: unknown) => T;
  /** The error's code for a 404, where the registry has none of the spec's. */
  readonly unknown: "NAME_UNKNOWN" | "MANIFEST_UNKNOWN";
}

/**
 * Reads a document (GET), or changes it (PATCH) and reads what it is then. 1 request.
 * @param changes JSON of what changes; without it the document is read.
 * @throws {RegistryError} PROTOCOL where the answer is not what it must be; {StoreError} UNSUPPORTED where it is not ACR's.
 */
export async function askAcr<T>(
  registry: RemoteRegistry,
  request: AcrRequest<T>,
  options: CallOptions,
  changes?: object,
): Promise<T> {
  const body = changes === undefined ? undefined : Buffer.from(JSON.stringify(changes));
  return explaining(request, async () => {
    const answer = await readWhole(
      registry,
      {
        ...common(request, options),
        method: body === undefined ? "GET" : "PATCH",
        path: `${request.path}?api-version=${API_VERSION}`,
        headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
        ...(body && { body: () => body, contentLength: body.length }),
        accept: [200],
        // Changing it to the same once more changes nothing.
        retry: true,
      },
      { limit: MAX_ANSWER_BYTES },
    );
    return read(registry, request, answer, body === undefined ? "GET" : "PATCH");
  });
}

/** A list of ACR's own API, and what tells its items apart. */
export interface AcrList<T> extends AcrRequest<readonly T[]> {
  readonly keyOf: (item: T) => string;
  /** Checks such a key. @throws {SyntaxError} Default: every key is valid. */
  readonly checkKey?: ((key: string) => unknown) | undefined;
}

/**
 * The pages of a list. 1 request each; ACR's are of 100 items unless another length is asked for.
 * @throws {RegistryError} PROTOCOL where an answer is not what it must be; {StoreError} UNSUPPORTED where one is not ACR's.
 * @throws {IncompleteListError} after what came, where the end is not proven.
 */
export async function* listAcr<T>(
  registry: RemoteRegistry,
  request: AcrList<T>,
  query: Readonly<Record<string, string>>,
  { maxPageSize, last, ...options }: CallOptions & PageOptions,
): AsyncGenerator<ListPage<T>, void, void> {
  const { kind, scope, keyOf, checkKey } = request;
  const pathAfter = (key: string | undefined): string =>
    `${request.path}${pageQuery({ maxPageSize, last: key }, { ...query, "api-version": API_VERSION })}`;
  const list = {
    path: pathAfter(last),
    after: pathAfter,
    length: maxPageSize ?? PAGE_LENGTH,
    kind,
    scopes: [scope],
    headers: { accept: "application/json" },
    keyOf,
    checkKey,
    read: (response: WholeResponse) => ({ items: read(registry, request, response, "GET") }),
  };
  try {
    yield* listPages(registry, list, options);
  } catch (error) {
    throw error instanceof IncompleteListError ? explained(error, request.action) : explainedBy(request, error);
  }
}

/**
 * Deletes. 1 request, not repeated: a second one would say that there is nothing to delete. Only for
 * a host that has shown that it is ACR (`whyNotAzure`): elsewhere neither a 404 nor a 405 means what it means there.
 * @throws {RegistryError} 404 only where ACR says that there is nothing; {StoreError} UNSUPPORTED where the answer is not ACR's.
 */
export async function deleteAcr(
  registry: RemoteRegistry,
  request: Omit<AcrRequest<unknown>, "parse">,
  options: CallOptions,
): Promise<void> {
  await explaining(request, async () => {
    const answer = await registry.client.request({
      ...common(request, options),
      method: "DELETE",
      path: `${request.path}?api-version=${API_VERSION}`,
      headers: { accept: "application/json" },
      accept: [200, 202, 204],
    });
    await answer.body.drop();
    if (isWebPage(answer)) throw noAcr(request.action);
  });
}

function common(
  { kind, scope }: Pick<AcrRequest<unknown>, "kind" | "scope">,
  options: CallOptions,
): Pick<RegistryRequest, "kind" | "scopes" | "call"> {
  return { kind, scopes: [scope], call: options };
}

type Explained = Pick<AcrRequest<unknown>, "action" | "unknown">;

async function explaining<R>(request: Explained, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw explainedBy(request, error);
  }
}

function explainedBy({ action, unknown }: Explained, error: unknown): unknown {
  if (isFromOtherRegistry(error)) return noAcr(action, error);
  const status = error instanceof RegistryError ? error.status : undefined;
  return explained(error, action, status === 404 ? unknown : undefined);
}

function read<T>(
  { profile }: RemoteRegistry,
  { action, parse }: AcrRequest<T>,
  answer: WholeResponse,
  method: "GET" | "PATCH",
): T {
  if (isWebPage(answer)) throw noAcr(action);
  try {
    const document: unknown = parseJson(new TextDecoder().decode(answer.bytes));
    const parsed = parse(document);
    if (isOfAzure(document)) profile.answersAsAzure = true;
    return parsed;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RegistryError("PROTOCOL", `the answer is not what it must be: ${error.message}`, {
      cause: error,
      method,
      url: answer.url.href,
      status: answer.status,
    });
  }
}
