import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OCI_INDEX, Registry, type RegistryStore } from "@tranship/core";
import { type Answer, type Hook, serve } from "tranship";
import { startAcrFake } from "../acr/start-acr-fake.ts";
import { indexOf, openBytes, sampleImage, seed } from "../support/sample-image.ts";

/**
 * What the lists of a registry bring: names; digests beside them, as Google Artifact Registry's do; digests in a list of Azure's own. `distribution`: names, and there is no API for
 * referrers.
 */
export type ListKind = "names" | "google" | "azure" | "distribution";

const NO_REFERRERS: Answer = {
  status: 200,
  headers: { "content-type": OCI_INDEX },
  body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] }),
};

/** What stands before the registry of each kind. */
const HOOKS: Readonly<Record<Exclude<ListKind, "azure">, () => Hook>> = {
  // Serve looks for referrers among all manifests; other registries have them at hand.
  names: () => async (request, next) => (request.route.kind === "referrers" ? NO_REFERRERS : next()),
  google: withDigests,
  distribution: () => async (request, next) =>
    request.route.kind === "referrers" ? { status: 404, body: "404 page not found" } : next(),
};

/** A registry that counts what it is asked. */
export interface TaggedRegistry extends AsyncDisposable {
  /** `127.0.0.1:5000` */
  readonly host: string;
  /** What a mirror file has to say of it. */
  readonly rules: object;
  store(repository: string): RegistryStore;
  /** What was asked since the last take: `{ "GET tags": 1 }`. */
  take(): Readonly<Record<string, number>>;
}

/** Starts an empty one. */
export function startTaggedRegistry(kind: ListKind): Promise<TaggedRegistry> {
  return kind === "azure" ? startAzure() : startPlain(HOOKS[kind]());
}

/** The tags that there are. */
export function tagNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `1.${at}.0`);
}

/** Puts tags into a repository, each an index of its own over the same images for three platforms. */
export async function seedTags(store: RegistryStore, tags: readonly string[]): Promise<void> {
  const children = ["amd64", "arm64", "s390x"].map((architecture) => {
    const platform = { os: "linux", architecture };
    return { platform, sample: sampleImage({ seed: architecture, layers: 1, layerSize: 1024, platform }) };
  });
  await seed(store, indexOf(children));
  await Promise.all(
    tags.map((tag) => {
      const { descriptor, bytes } = indexOf(children, { seed: tag }).root;
      return store.push(descriptor, openBytes(bytes), { reference: tag });
    }),
  );
}

async function startPlain(hook: Hook): Promise<TaggedRegistry> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-requests-"))).path;
  const counts = new Counts();
  const server = await serve({
    dir,
    writable: true,
    hook: (request, next) => {
      counts.add(`${request.method} ${request.path.endsWith("/_tags") ? "_tags" : request.route.kind}`);
      return hook(request, next);
    },
  });
  stack.defer(() => server.close({ graceMs: 0 }));
  const registry = stack.use(new Registry({ host: server.address }));
  return registryOf(stack, registry, { rules: {}, take: () => counts.take() });
}

async function startAzure(): Promise<TaggedRegistry> {
  await using stack = new AsyncDisposableStack();
  const fake = stack.use(await startAcrFake());
  const { adminUser: username, adminPassword: password, host, caFile } = fake;
  const credential = { kind: "basic", username, password } as const;
  const tls = { ca: [await readFile(caFile, "utf8")] };
  const registry = stack.use(new Registry({ host, credentials: async () => credential, tls }));
  return registryOf(stack, registry, {
    rules: { ca: caFile, credentials: { username, password } },
    take() {
      const counts = new Counts();
      for (const { method, path } of fake.requests.splice(0)) counts.add(`${method} ${azureKind(path)}`);
      return counts.take();
    },
  });
}

function registryOf(
  stack: AsyncDisposableStack,
  registry: Registry,
  rest: Pick<TaggedRegistry, "rules" | "take">,
): TaggedRegistry {
  const kept = stack.move();
  return {
    host: registry.host,
    store: (repository) => registry.repository(repository),
    ...rest,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Google's list of tags: beside the names an object of digests, with their tags. */
function withDigests(): Hook {
  const digests = new Map<string, string>();
  return async (request, next) => {
    const answer = await next();
    const { method, route } = request;
    if (method === "PUT" && route.kind === "manifest") {
      digests.set(`${route.repository}:${route.reference}`, answer.headers?.["docker-content-digest"] ?? "");
    }
    if (route.kind !== "tags" || answer.status !== 200 || typeof answer.body !== "string") return answer;
    const document = JSON.parse(answer.body) as { readonly tags: readonly string[] };
    const manifest = Object.fromEntries(
      document.tags.map((tag) => [
        digests.get(`${route.repository}:${tag}`),
        { tag: [tag], timeUploadedMs: "1760000000000" },
      ]),
    );
    const { "content-length": _, ...headers } = answer.headers ?? {};
    return { ...answer, headers, body: JSON.stringify({ ...document, manifest }) };
  };
}

function azureKind(path: string): string {
  if (path.startsWith("/oauth2/")) return "token";
  if (path.endsWith("/_tags")) return "_tags";
  if (path.endsWith("/tags/list")) return "tags";
  return path.includes("/manifests/") ? "manifest" : "blob";
}

class Counts {
  #asked = new Map<string, number>();

  add(what: string): void {
    this.#asked.set(what, (this.#asked.get(what) ?? 0) + 1);
  }

  take(): Readonly<Record<string, number>> {
    const taken = Object.fromEntries([...this.#asked].toSorted());
    this.#asked = new Map();
    return taken;
  }
}
