import { formatReference, parseReference } from "@tranship/core";
import type { Group } from "../group.ts";

const SHORT = "alpine";
const LONG = `registry.example:5000/team/platform/service/app@sha256:${"4f".repeat(32)}`;
const PARSED = parseReference(LONG);

/** Thousands of them are read of a mirror file and a list of tags. */
export const references: Group = {
  name: "references",
  title: "References",
  cases: {
    "parse a short name": { run: () => parseReference(SHORT) },
    "parse host, path and digest": { run: () => parseReference(LONG) },
    "write it": { run: () => formatReference(PARSED) },
  },
};
