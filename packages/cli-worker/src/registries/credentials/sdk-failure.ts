import type { AnonymousCredential, Environment } from "@tranship/core";
import type { CloudQuestion } from "./credential-source.ts";

const MAX_DETAIL = 300;
const SECRET_NAME = /(?:SECRET|TOKEN|PASSWORD|ACCESS_KEY|IDENTITY_HEADER)$/i;

/**
 * No credential, since a cloud's library gave none: it goes on without, and says why where the registry then refuses. An abort is thrown.
 * @param meaning in the place of the first line of what the library says.
 */
export function sdkFailure(
  error: unknown,
  library: string,
  { env, trace, signal }: CloudQuestion,
  meaning?: string | undefined,
): AnonymousCredential {
  signal.throwIfAborted();
  const message = error instanceof Error ? error.message : String(error);
  trace(`${library}: ${withoutSecrets(message, env).replace(/\s+/g, " ").trim()}`);
  const [first = ""] = (meaning ?? message).trim().split("\n", 1);
  const reason = withoutSecrets(first, env).slice(0, MAX_DETAIL);
  return { kind: "anonymous", reason: `${library}: ${reason}` };
}

/** Warns that an identity which the environment names was refused: access goes on without it, which may show less or nothing. */
export function warnOfRefusal(identity: string, reason: string, { warn, env }: CloudQuestion): void {
  warn(`the ${identity} was refused (${withoutSecrets(reason, env)}); going on anonymously`);
}

/** The text without the values of the variables that hold secrets: a library may quote what it was given. */
export function withoutSecrets(text: string, env: Environment): string {
  return Object.entries(env).reduce(
    (shown, [name, value = ""]) =>
      value !== "" && SECRET_NAME.test(name) ? shown.replaceAll(value, "(secret)") : shown,
    text,
  );
}
