import { stringify } from "yaml";
import type { Conversion } from "./conversion.ts";

/** A conversion as the text of a mirror file. @param from what it was converted from, for its first line. */
export function writeMirrorFile({ hosts, mirrors, variables }: Conversion, from: string): string {
  const document = {
    version: 1,
    ...(hosts.size > 0 && { hosts: Object.fromEntries(hosts) }),
    mirrors,
  };
  const needs = variables.length === 0 ? [] : [`# It needs these variables: ${variables.join(", ")}`];
  const head = [`# Converted from ${from}.`, ...needs].join("\n");
  return `${head}\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
