import { CreateRepositoryCommand, ECRClient, RepositoryAlreadyExistsException } from "@aws-sdk/client-ecr";
import type { Environment, NewRepository } from "@tranship/core";
import { awsClientConfig } from "../credentials/aws-identity.ts";
import { withoutSecrets } from "../credentials/sdk-failure.ts";
import type { CreateRule } from "../host-rules.ts";
import { notCreated } from "./not-created.ts";

/**
 * Makes a repository in Amazon ECR, as the identity that AWS's default chain finds, with the account's defaults (its creation templates are for others). 1 request; the
 * account is that of the host, so that another account's identity makes nothing by mistake.
 * @throws {StoreError} NOT_CREATED; an abort rejects with `signal.reason`.
 */
export async function createEcrRepository(
  { region, fips, account }: Extract<CreateRule, { readonly kind: "ecr" }>,
  place: NewRepository,
  {
    env,
    trace,
    signal,
  }: {
    readonly env: Environment;
    readonly trace: (message: string) => void;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const client = new ECRClient({ ...awsClientConfig(trace), region, useFipsEndpoint: fips });
  try {
    const command = new CreateRepositoryCommand({ registryId: account, repositoryName: place.repository });
    await client.send(command, signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RepositoryAlreadyExistsException) return;
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const [first = ""] = withoutSecrets(message, env).trim().split("\n", 1);
    throw notCreated(place, `Amazon ECR in ${region}: ${first}`, error);
  } finally {
    client.destroy();
  }
}
