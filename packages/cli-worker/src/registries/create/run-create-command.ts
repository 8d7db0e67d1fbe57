import { type Environment, type NewRepository, runProgram } from "@tranship/core";
import { withoutSecrets } from "../credentials/sdk-failure.ts";
import type { CreateRule } from "../host-rules.ts";
import { notCreated } from "./not-created.ts";

/** How long a command may take, in ms. */
const TIMEOUT_MS = 120_000;
/** Characters of what it wrote to stderr that an error shows. */
const SHOWN = 300;

type Command = Extract<CreateRule, { readonly kind: "command" }>;

/**
 * Runs the command that makes a repository: without a shell, `{host}` and `{repository}` in its arguments replaced, and both in `TRANSHIP_HOST` and
 * `TRANSHIP_REPOSITORY`. It has to exit with 0 where the repository is there already.
 * @throws {StoreError} NOT_CREATED with the end of what it wrote to stderr; an abort rejects with `signal.reason`.
 */
export async function runCreateCommand(
  { program, args }: Command,
  place: NewRepository,
  { env, signal }: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const { host, repository } = place;
  const filled = args.map((arg) =>
    arg.replaceAll(/\{(host|repository)\}/g, (_, key) => (key === "host" ? host : repository)),
  );
  const end = await runProgram({
    program,
    args: filled,
    env: { ...env, TRANSHIP_HOST: host, TRANSHIP_REPOSITORY: repository },
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  switch (end.kind) {
    case "not started":
      throw notCreated(
        place,
        `${JSON.stringify(program)} can't be started (${end.code}); it is "create" of ${host} in the mirror file`,
      );
    case "timed out":
      throw notCreated(place, `${JSON.stringify(program)} took longer than ${TIMEOUT_MS / 1000} s and was stopped`);
    case "too long":
      throw notCreated(place, `${JSON.stringify(program)} printed more than 1 MiB and was stopped`);
    case "exited": {
      if (end.exitCode === 0) return;
      const said = withoutSecrets(end.errorOutput, env).trim().replaceAll(/\s+/g, " ").slice(-SHOWN);
      throw notCreated(
        place,
        `${JSON.stringify(program)} exited with ${end.exitCode ?? "a signal"}${said === "" ? "" : `: ${said}`}`,
      );
    }
  }
}
