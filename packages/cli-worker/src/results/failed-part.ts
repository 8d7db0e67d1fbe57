import type { FailureRecord } from "@tranship/copy";
import type { FailedPart } from "../errors/some-failed.ts";
import { imageName, type NamedImage } from "./image-name.ts";
import { recordedError } from "./recorded-error.ts";

/** What is said of an image that failed: its name, and its error with what can be done about it. */
export function failedPart(image: NamedImage & { readonly error?: FailureRecord | undefined }): FailedPart {
  const { error } = image;
  return { error: error === undefined ? new Error("it failed") : recordedError(error), of: imageName(image) };
}
