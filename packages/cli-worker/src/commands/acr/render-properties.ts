import type { ChangeableProperties, ManifestProperties, RepositoryProperties, TagProperties } from "@tranship/core";
import { oneLine } from "../../terminal/one-line.ts";
import { alignColumns } from "../../terminal/table.ts";
import { formatBytes } from "../../terminal/units.ts";

type Row = readonly [label: string, value: string];

/** What is known of a repository, a manifest or a tag, as lines; what the registry doesn't say is left out. */
export function renderProperties(
  name: string,
  properties: RepositoryProperties | ManifestProperties | TagProperties,
): readonly string[] {
  const { createdOn, lastUpdatedOn } = properties;
  const rows: readonly Row[] = [
    ...ownRows(properties),
    ...row("created", createdOn?.toISOString()),
    ...row("updated", lastUpdatedOn?.toISOString()),
    ["locked", renderLocks(properties)],
  ];
  return [name, ...alignColumns(rows.map(([label, value]) => [`  ${label}`, value]))];
}

/** A table of manifests, with a head. */
export function renderManifests(manifests: readonly ManifestProperties[]): readonly string[] {
  return alignColumns([
    ["DIGEST", "TAGS", "SIZE", "PLATFORM", "CREATED", "UPDATED", "LOCKED"],
    ...manifests.map((manifest) => [
      manifest.digest,
      renderTags(manifest.tags),
      manifest.sizeInBytes === undefined ? "-" : formatBytes(manifest.sizeInBytes),
      platformOf(manifest) ?? "-",
      shortTime(manifest.createdOn),
      shortTime(manifest.lastUpdatedOn),
      renderLocks(manifest),
    ]),
  ]);
}

/** `write, delete`: what is forbidden; `no` where nothing is. */
export function renderLocks({ canWrite, canDelete, canList, canRead }: ChangeableProperties): string {
  const all = { write: canWrite, delete: canDelete, list: canList, read: canRead };
  const locked = Object.entries(all).filter(([, allowed]) => allowed === false);
  return locked.length === 0 ? "no" : locked.map(([verb]) => verb).join(", ");
}

function ownRows(properties: RepositoryProperties | ManifestProperties | TagProperties): readonly Row[] {
  if ("tagCount" in properties) {
    const { manifestCount, tagCount } = properties;
    return [...row("manifests", manifestCount?.toString()), ["tags", String(tagCount)]];
  }
  if ("name" in properties) return [["digest", properties.digest]];
  const { digest, mediaType, configMediaType, sizeInBytes, tags, relatedArtifacts } = properties;
  return [
    ["digest", digest],
    ...row("type", mediaType),
    ...row("config", configMediaType),
    ...row("size", sizeInBytes === undefined ? undefined : formatBytes(sizeInBytes)),
    ...row("platform", platformOf(properties)),
    ["tags", renderTags(tags)],
    ...relatedArtifacts.map((artifact): Row => {
      const platform = platformOf(artifact);
      return ["lists", platform === undefined ? artifact.digest : `${artifact.digest} ${platform}`];
    }),
  ];
}

function row(label: string, value: string | undefined): readonly Row[] {
  return value === undefined ? [] : [[label, oneLine(value)]];
}

function platformOf({
  operatingSystem,
  architecture,
}: Pick<ManifestProperties, "operatingSystem" | "architecture">): string | undefined {
  const parts = [operatingSystem, architecture].filter((part) => part !== undefined && part !== "");
  return parts.length === 0 ? undefined : oneLine(parts.join("/"));
}

function renderTags(tags: readonly string[]): string {
  return tags.length === 0 ? "-" : tags.map(oneLine).join(",");
}

function shortTime(time: Date | undefined): string {
  return time === undefined ? "-" : time.toISOString().replace(/\.\d+Z$/, "Z");
}
