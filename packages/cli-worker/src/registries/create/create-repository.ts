import process from "node:process";
import type { CreateRepository } from "@tranship/core";
import type { CreateRule } from "../host-rules.ts";
import { runCreateCommand } from "./run-create-command.ts";

/** How the repositories of a host are made, as its file says. What it gives throws a StoreError, NOT_CREATED. */
export function creatorOf(rule: CreateRule, trace: (message: string) => void): CreateRepository {
  if (rule.kind === "command") return (place, signal) => runCreateCommand(rule, place, { env: process.env, signal });
  return async (place, signal) => {
    const { createEcrRepository } = await import("./create-ecr-repository.ts");
    await createEcrRepository(rule, place, { env: process.env, trace, signal });
  };
}
