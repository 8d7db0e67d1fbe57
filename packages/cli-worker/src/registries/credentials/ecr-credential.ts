import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { Credential } from "@tranship/core";
import { awsCredential } from "./aws-identity.ts";
import type { CloudQuestion } from "./credential-source.ts";

/** User and password of the private ECR of a region, good for 12 h: `GetAuthorizationToken`. One request. */
export function ecrCredential(
  { region, fips }: { readonly region: string; readonly fips: boolean },
  question: CloudQuestion,
): Promise<Credential> {
  return awsCredential("Amazon ECR", question, async (config) => {
    const client = new ECRClient({ ...config, region, useFipsEndpoint: fips });
    try {
      const options = { abortSignal: question.signal };
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand(), options);
      return authorizationData?.[0];
    } finally {
      client.destroy();
    }
  });
}
