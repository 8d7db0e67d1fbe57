import type { Answer } from "tranship";
import { jsonAnswer } from "./json-answer.ts";

export interface RefusalOptions {
  readonly detail?: object | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What the client is told instead of what it asked for: `{"errors":[{"code","message","detail"}]}`. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, code: string, message: string, { detail, headers }: RefusalOptions = {}) {
    super(message);
    this.name = "Refusal";
    this.answer = jsonAnswer(status, { errors: [{ code, message, ...(detail && { detail }) }] }, headers);
  }
}

/** The item, or something above it, is locked. */
export function disallowed(what: string): Refusal {
  return new Refusal(
    405,
    "UNSUPPORTED",
    "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation",
    { detail: { locked: what } },
  );
}

export function unknownRepository(name: string): Refusal {
  return new Refusal(404, "NAME_UNKNOWN", `repository "${name}" is not found`, { detail: { name } });
}

export function unknownTag(name: string, tag: string): Refusal {
  return new Refusal(404, "TAG_UNKNOWN", "the specified tag does not exist", { detail: { name, tag } });
}

export function unknownManifest(name: string, revision: string): Refusal {
  const message = `manifest sha256:${revision.replace(/^sha256:/, "")} is not found`;
  return new Refusal(404, "MANIFEST_UNKNOWN", message, { detail: { name, revision } });
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, "INVALID_REQUEST", message);
}
