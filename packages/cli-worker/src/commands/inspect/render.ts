import { readImageConfig } from "@tranship/core";
import { oneLine } from "../../terminal/one-line.ts";
import { alignColumns } from "../../terminal/table.ts";
import { counted, formatBytes } from "../../terminal/units.ts";
import type { Description, Entry, Piece } from "./describe.ts";

type Row = readonly [label: string, value: string];

/** A description for a reader, as lines. */
export function renderDescription(description: Description): readonly string[] {
  const { manifests, layers = [] } = description;
  const head = alignColumns(
    [...headRows(description), ...configRows(description)].map(([label, value]) => [label, oneLine(value)]),
  );
  if (manifests !== undefined) return [...head, "", "Manifests", ...indented(manifests.map(entryCells))];
  return [...head, "", "Layers", ...indented(layers.map(layerCells))];
}

function headRows({
  name,
  digest,
  mediaType,
  artifactType,
  subject,
  annotations,
  layers,
  config,
}: Description): readonly Row[] {
  const blobs = layers === undefined || config === undefined ? [] : [config, ...layers];
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
  return [
    ["Name", name],
    ["Digest", digest],
    ["Type", mediaType],
    ...row("Artifact", artifactType),
    ...row("Subject", subject?.digest),
    ...row("Size", layers && `${formatBytes(size)} in ${counted(layers.length, "layer")}`),
    ...Object.entries(annotations ?? {}).map(([key, value]): Row => ["Annotation", `${key}=${value}`]),
  ];
}

function configRows({ config }: Description): readonly Row[] {
  if (config === undefined) return [];
  if (config.document === undefined) return [["Config", `${config.digest} (${config.mediaType})`]];
  const image = readImageConfig(config.document);
  return [
    ["Config", config.digest],
    ...row("Platform", image.platform),
    ...row("Created", image.created),
    ...row("User", image.user),
    ...row("Directory", image.workingDir),
    ...row("Entrypoint", words(image.entrypoint)),
    ...row("Command", words(image.cmd)),
    ...image.ports.map((port): Row => ["Port", port]),
    ...image.volumes.map((volume): Row => ["Volume", volume]),
    ...image.env.map((variable): Row => ["Env", variable]),
    ...image.labels.map(([name, value]): Row => ["Label", `${name}=${value}`]),
  ];
}

function row(label: string, value: string | undefined): readonly Row[] {
  return value === undefined ? [] : [[label, value]];
}

function words(list: readonly string[]): string | undefined {
  return list.length === 0 ? undefined : JSON.stringify(list);
}

function entryCells({
  platform,
  role,
  artifactType,
  digest,
  mediaType,
  layers,
  contentSize,
}: Entry): readonly string[] {
  const isForPlatform = platform !== undefined && platform !== "unknown/unknown";
  const what = isForPlatform ? platform : (role ?? artifactType ?? platform ?? mediaType);
  if (layers === undefined || contentSize === undefined) return [oneLine(what), digest];
  return [oneLine(what), digest, counted(layers, "layer"), formatBytes(contentSize)];
}

function layerCells({ digest, size, mediaType }: Piece): readonly string[] {
  return [digest, formatBytes(size).padStart(8), oneLine(mediaType)];
}

function indented(rows: readonly (readonly string[])[]): readonly string[] {
  return alignColumns(rows).map((line) => `  ${line}`);
}
