import { ContainerRegistryClient, ContainerRegistryContentClient } from "@azure/container-registry";
import { DefaultAzureCredential } from "@azure/identity";

const endpoint = process.env["CONTAINERREGISTRY_ENDPOINT"] ?? "";
const anonymousEndpoint = process.env["CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT"] ?? "";

export const HELLO = "library/hello-world";

/** The service principal of the environment. */
export function connect(): ContainerRegistryClient {
  return new ContainerRegistryClient(endpoint, credential());
}

/** As `connect`, for the manifests and blobs of one repository. */
export function connectContent(repository: string): ContainerRegistryContentClient {
  return new ContainerRegistryContentClient(endpoint, repository, credential());
}

export function connectAnonymously(): ContainerRegistryClient {
  return new ContainerRegistryClient(anonymousEndpoint);
}

function credential(): DefaultAzureCredential {
  return new DefaultAzureCredential({ disableInstanceDiscovery: true });
}

export interface Permissions {
  readonly canDelete?: boolean | undefined;
  readonly canWrite?: boolean | undefined;
  readonly canList?: boolean | undefined;
  readonly canRead?: boolean | undefined;
}

export function permissions({ canDelete, canWrite, canList, canRead }: Permissions): Permissions {
  return { canDelete, canWrite, canList, canRead };
}

/** The HTTP status with which a call fails. */
export async function refused(call: Promise<unknown>): Promise<number> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number")
      return error.statusCode;
    throw error;
  }
  return 0;
}

export function print(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
