/** An error as JSON output has it: the engine's own form. */
export { type FailureRecord as ErrorJson, failureRecord as errorJson } from "@tranship/copy";
