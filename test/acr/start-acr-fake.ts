import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtempDisposable, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, serve } from "tranship";
import { answerEntra } from "./access/entra.ts";
import { ANONYMOUS, OWNER, Principals, READER } from "./access/principals.ts";
import { TokenMint } from "./access/token-mint.ts";
import type { AcrFake } from "./acr-fake.ts";
import { type AcrFakeOptions, AUDIENCES, BODY_LIMIT, LIFETIMES } from "./acr-fake-options.ts";
import { behaviourOf } from "./behaviour.ts";
import { Clock } from "./clock.ts";
import { Downloads } from "./content/downloads.ts";
import { Records } from "./content/records.ts";
import { Uploads } from "./content/uploads.ts";
import { type Answering, fakeHook } from "./fake-hook.ts";
import { answerRegistry } from "./registry-endpoints.ts";
import type { LoggedRequest } from "./request-log.ts";
import { serverCertificate } from "./server-certificate.ts";

const ADMIN_USER = "transhipfake";

/**
 * Starts an Azure Container Registry with its Entra ID and its blob storage: three TLS servers, content in a temporary folder.
 * It is made from facts about the service, and held against Azure's own clients.
 * @throws {Error} where openssl is not there.
 */
export async function startAcrFake(options: AcrFakeOptions = {}): Promise<AcrFake> {
  const behaviour = behaviourOf(options.behaviour);
  const clock = new Clock(behaviour);
  const lifetimes = { ...LIFETIMES, ...options.lifetimes };
  const mint = new TokenMint(behaviour, clock, lifetimes);
  const records = new Records(clock);
  const downloads = new Downloads(behaviour, clock);
  const requests: LoggedRequest[] = [];
  const application = {
    tenantId: randomUUID(),
    clientId: randomUUID(),
    clientSecret: randomBytes(24).toString("base64url"),
  };
  const admin = { adminUser: ADMIN_USER, adminPassword: randomBytes(24).toString("base64url") };
  const principals = principalsOf(options, application.clientId, admin.adminPassword);

  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), "tranship-acr-")));
  const { authority, ...tls } = await serverCertificate();
  const caFile = join(folder.path, "ca.crt");
  await writeFile(caFile, authority);
  const start = async (server: LoggedRequest["server"], dir: string, port: number, answering: Answering) => {
    const hook = fakeHook({ server, requests, behaviour, clock }, answering);
    const running: RunningServer = await serve({ dir, port, tls, writable: true, hook });
    stack.defer(() => running.close({ graceMs: 0 }));
    return running;
  };
  const entraDir = await newFolder(folder.path, "entra");
  const entra = await start("entra", entraDir, 0, (request, _next, note) =>
    answerEntra({ ...application, lifetimeSeconds: lifetimes.aad }, mint, request, note),
  );
  const dir = await newFolder(folder.path, "repositories");
  const storage = await start("storage", dir, 0, (request, next) => downloads.answer(request, next));
  // Another name as well as another port: some clients compare the one, some the other.
  const storageUrl = `https://localhost:${storage.port}`;
  const parts = {
    authority: { behaviour, mint, principals },
    trust: { tenantId: application.tenantId, audiences: options.audiences ?? AUDIENCES },
    management: { records, dir, paging: { behaviour, pageSize: options.pageSize ?? 100 } },
    uploads: new Uploads(records, options.bodyLimit ?? BODY_LIMIT),
    downloads,
    storageUrl,
  };
  const registry = await start("registry", dir, options.port ?? 0, (request, next, note) =>
    answerRegistry(parts, request, next, note),
  );

  const kept = stack.move();
  const close = (): Promise<void> => kept.disposeAsync();
  const fake = {
    ...application,
    ...admin,
    url: registry.url,
    host: registry.address,
    storageUrl,
    authorityHost: entra.url,
    caFile,
    requests,
    behaviour,
    revoke: (kind: Parameters<AcrFake["revoke"]>[0]) => mint.revoke(kind),
    close,
    [Symbol.asyncDispose]: close,
  };
  return { ...fake, environment: environmentOf(fake) };
}

function principalsOf(options: AcrFakeOptions, clientId: string, adminPassword: string): Principals {
  const { anonymousPull = true, servicePrincipal = OWNER, tokens = {} } = options;
  return new Principals(
    { ...tokens, [ADMIN_USER]: { password: adminPassword, grants: OWNER } },
    { [clientId]: servicePrincipal, ...(anonymousPull && { [ANONYMOUS]: READER }) },
  );
}

async function newFolder(parent: string, name: string): Promise<string> {
  const path = join(await realpath(parent), name);
  await mkdir(path);
  return path;
}

function environmentOf(fake: Omit<AcrFake, "environment">): Readonly<Record<string, string>> {
  return {
    CONTAINERREGISTRY_ENDPOINT: fake.url,
    CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT: fake.url,
    TRANSHIP_ACR_HOSTS: fake.host,
    AZURE_TENANT_ID: fake.tenantId,
    AZURE_CLIENT_ID: fake.clientId,
    AZURE_CLIENT_SECRET: fake.clientSecret,
    AZURE_AUTHORITY_HOST: fake.authorityHost,
    NODE_EXTRA_CA_CERTS: fake.caFile,
    REQUESTS_CA_BUNDLE: fake.caFile,
    SSL_CERT_FILE: fake.caFile,
  };
}
