import process from "node:process";
import type { CreateRule } from "../host-rules.ts";
import type { NewRepository } from "./not-created.ts";
import { runCreateCommand } from "./run-create-command.ts";

/** Makes a repository, unless it is there. @throws {StoreError} NOT_CREATED. */
export type CreateRepository = (place: NewRepository, signal: AbortSignal | undefined) => Promise<void>;

/** How the repositories of a host are made, as its file says. */
export function creatorOf(rule: CreateRule, trace: (message: string) => void): CreateRepository {
  if (rule.kind === "command") return (place, signal) => runCreateCommand(rule, place, { env: process.env, signal });
  return async (place, signal) => {
    const { createEcrRepository } = await import("./create-ecr-repository.ts");
    await createEcrRepository(rule, place, { env: process.env, trace, signal });
  };
}
