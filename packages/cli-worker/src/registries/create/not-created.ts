import { type NewRepository, StoreError } from "@tranship/core";

/** A repository that could not be made: nothing is pushed to it in this run. */
export function notCreated({ host, repository }: NewRepository, detail: string, cause?: unknown): StoreError {
  return new StoreError("NOT_CREATED", `Cannot create repository "${host}/${repository}": ${detail}`, { cause });
}
