import type { Fault } from "./fault.ts";
import { LIST_FAULTS } from "./list-faults.ts";
import { LOCATION_FAULTS } from "./location-faults.ts";
import { MANIFEST_FAULTS } from "./manifest-faults.ts";
import { MOUNT_FAULTS } from "./mount-faults.ts";
import { PACE_FAULTS } from "./pace-faults.ts";
import { READ_FAULTS } from "./read-faults.ts";
import type { Row } from "./rows.ts";
import { TOKEN_FAULTS } from "./token-faults.ts";
import { UPLOAD_FAULTS } from "./upload-faults.ts";

/** Every fault that is scripted. */
export const FAULTS: readonly Fault[] = [
  ...UPLOAD_FAULTS,
  ...LOCATION_FAULTS,
  ...MOUNT_FAULTS,
  ...READ_FAULTS,
  ...MANIFEST_FAULTS,
  ...LIST_FAULTS,
  ...PACE_FAULTS,
  ...TOKEN_FAULTS,
];

/** Rows that no answer of a registry makes: what is done about them, and the test that holds it. */
export const ELSEWHERE: Readonly<
  Partial<Record<Row, { readonly copes: string; readonly test: string; readonly file: string }>>
> = {
  "broken-tag": {
    copes: "the tag is looked for again; while it is listed nothing in its repository is deleted, and it is named",
    test: "deletes nothing and names a tag that is listed twice",
    file: "test/cli/broken-tags.test.ts",
  },
  "d2-session": {
    copes:
      "the probe asks at an older `Location` after a whole chunk, and breaks no request where that gets 404; what its DELETEs leave is a hash state of 108 bytes each, as at 3.1",
    test: "leaves nothing of its probe where no journal remembers the host either, run after run",
    file: "test/interop/uploads.test.ts",
  },
  "old-file": {
    copes:
      "what a repair uploads is read back; a host that keeps wrong bytes is remembered, and no further blob is deleted there",
    test: "remembers a host that keeps the wrong bytes, and deletes no further blob there, in later runs neither",
    file: "packages/core/src/registry/repair/replace-blob.test.ts",
  },
  "head-length": {
    copes: "a suspicion: the blob is read and hashed before anything is said of it",
    test: "deletes and reports nothing of a blob that is right, whatever it states: %s",
    file: "packages/copy/src/verify/verify-mirrors.test.ts",
  },
  "delete-404": {
    copes: "it counts as deleted only where neither HEAD nor GET finds it",
    test: "leaves a blob that the registry does not delete: %s",
    file: "packages/core/src/registry/repair/replace-blob.test.ts",
  },
  "hub-names": {
    copes: "the host and the name are put right before the first request",
    test: "apiHost()",
    file: "packages/core/src/content/reference.test.ts",
  },
};
