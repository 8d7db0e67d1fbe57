import { Document, visit } from "yaml";
import { escapeInStrings, isHarmless } from "../../terminal/escape-text.ts";
import type { Conversion } from "./conversion.ts";

export interface WriteMirrorFileOptions {
  /** What it was converted from, for its first line. */
  readonly from: string;
  /** A cron expression. */
  readonly schedule: string | undefined;
}

/** A conversion as the text of a mirror file. */
export function writeMirrorFile(
  { hosts, mirrors, variables }: Conversion,
  { from, schedule }: WriteMirrorFileOptions,
): string {
  const document = {
    version: 1,
    ...(schedule !== undefined && { schedule }),
    ...(hosts.size > 0 && { hosts: Object.fromEntries(hosts) }),
    mirrors,
  };
  const needs = variables.length === 0 ? [] : [`# It needs these variables: ${variables.join(", ")}`];
  const head = [`# Converted from ${from}.`, ...needs].join("\n");
  return `${escapeInStrings(head)}\n${yamlOf(document)}`;
}

/** Texts with characters that change a terminal are quoted, with escapes in their place. */
function yamlOf(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "string" && !isHarmless(scalar.value)) scalar.type = "QUOTE_DOUBLE";
    },
  });
  return escapeInStrings(document.toString({ lineWidth: 0 }));
}
