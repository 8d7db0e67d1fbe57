import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { type Credential, parseUserPassword } from "@tranship/core";
import type { CloudQuestion, Trace } from "./credential-source.ts";
import { sdkFailure, warnOfRefusal } from "./sdk-failure.ts";

/** The longest wait for the instance's metadata, in ms: it is asked twice, for its two versions. */
const METADATA_TIMEOUT_MS = 400;
const CONNECT_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 15_000;

/** What a client of AWS is made with. */
export interface AwsClientConfig {
  readonly credentials: ReturnType<typeof defaultProvider>;
  readonly logger: ReturnType<typeof loggerOf>;
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number };
}

/** What ECR calls authorization data. */
export interface EcrAuthorization {
  /** `user:password` in base64. */
  readonly authorizationToken?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

/** What a client of AWS is made with, for the identity that AWS's default chain finds. */
export function awsClientConfig(trace: Trace): AwsClientConfig {
  const logger = loggerOf(trace);
  const credentials = defaultProvider({ timeout: METADATA_TIMEOUT_MS, maxRetries: 0, logger });
  const requestHandler = { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  return { credentials, logger, requestHandler };
}

/**
 * A registry's user and password for the identity that AWS's default chain finds: variables, profiles with SSO, web identity, the container's
 * or the instance's role. `AWS_EC2_METADATA_DISABLED` leaves the last out.
 * @param authorize asks ECR for them.
 */
export async function awsCredential(
  from: string,
  question: CloudQuestion,
  authorize: (config: AwsClientConfig) => Promise<EcrAuthorization | undefined>,
): Promise<Credential> {
  try {
    const data = await authorize(awsClientConfig(question.trace));
    const pair = Buffer.from(data?.authorizationToken ?? "", "base64").toString();
    if (pair === "") throw new SyntaxError("the answer has no authorization token");
    return { ...parseUserPassword(pair), from, expiresAt: data?.expiresAt?.getTime() };
  } catch (error) {
    const none = error instanceof Error && error.message.startsWith("Could not load credentials from any providers");
    // The SDK's word for an answer that blames who asked.
    const refused = error instanceof Error && "$fault" in error && error.$fault === "client";
    if (refused && question.env["AWS_ACCESS_KEY_ID"]) {
      warnOfRefusal("AWS identity of AWS_ACCESS_KEY_ID", error.name, question);
    }
    return sdkFailure(error, from, question, none ? "no identity was found" : undefined);
  }
}

/** What it warns of belongs to the trace; what it would debug holds whole requests. */
function loggerOf(
  trace: Trace,
): Record<"trace" | "debug" | "info" | "warn" | "error", (...content: unknown[]) => void> {
  const ignore = (): void => {};
  const warn = (...content: unknown[]): void => {
    for (const text of content) if (typeof text === "string") trace(text.replace(/\s+/g, " ").trim());
  };
  return { trace: ignore, debug: ignore, info: ignore, warn, error: ignore };
}
