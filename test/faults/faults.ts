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
  "hub-names": {
    copes: "the host and the name are put right before the first request",
    test: "apiHost()",
    file: "packages/core/src/content/reference.test.ts",
  },
};
