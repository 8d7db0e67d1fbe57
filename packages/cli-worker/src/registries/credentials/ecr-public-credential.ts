import { ECRPUBLICClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr-public";
import type { Credential } from "@tranship/core";
import { awsCredential } from "./aws-identity.ts";
import type { CloudQuestion } from "./credential-source.ts";

/** Where the public ECR gives its tokens, whatever region is set. */
const REGION = "us-east-1";

/** User and password of the public ECR, good for 12 h; who has none may pull less in a day. One request. */
export function ecrPublicCredential(question: CloudQuestion): Promise<Credential> {
  return awsCredential("Amazon ECR Public", question, async (config) => {
    const client = new ECRPUBLICClient({ ...config, region: REGION });
    try {
      const options = { abortSignal: question.signal };
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand(), options);
      return authorizationData;
    } finally {
      client.destroy();
    }
  });
}
