import { fileURLToPath } from "node:url";
import { expectText } from "../text/expect-text.ts";

/** The path that a path or a `file:` URL names. @throws {TypeError} for what is neither, and for a URL of another machine. */
export function filePath(file: string | URL): string {
  if (!(file instanceof URL)) {
    expectText("path", file);
    return file;
  }
  try {
    return fileURLToPath(file);
  } catch (error) {
    throw new TypeError("Bad path: expected the file: URL of a file of this machine", { cause: error });
  }
}
