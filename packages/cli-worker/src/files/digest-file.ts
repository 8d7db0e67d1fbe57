import { writeWhole } from "./write-whole.ts";
import { checkWrittenFile } from "./written-file.ts";

/** Checks that the file of `--digestfile` can be made. @throws {UsageError} where it can't. */
export function checkDigestFile(path: string): Promise<void> {
  return checkWrittenFile("--digestfile", path);
}

/** Writes the digest, with nothing around it as skopeo does; whoever reads the file sees the old content or the new one. */
export function writeDigestFile(path: string, digest: string): Promise<void> {
  return writeWhole(path, digest);
}
