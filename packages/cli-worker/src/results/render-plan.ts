import { type HostCost, type PlannedImage, type SyncPlan, sumAmounts } from "@tranship/copy";
import { oneLine } from "../terminal/one-line.ts";
import { alignColumns } from "../terminal/table.ts";
import { counted, formatBytes } from "../terminal/units.ts";
import { cutDownInPlan } from "./cut-down.ts";
import { imageName, referenceName } from "./image-name.ts";
import { renderRequests } from "./summary.ts";

/** Images that are shown one by one, at most, and as many deletions; the plan's file has all. */
const SHOWN = 40;

/** A plan for a reader, as lines: what changes, and what it costs. What could not be planned is not in it: it goes to stderr, one line each. */
export function renderPlan(plan: SyncPlan): readonly string[] {
  const { images, hosts, create, notices, requests } = plan;
  const changes = images.filter(({ action }) => action !== "skip");
  return [
    ...renderChanges(changes.filter(({ action }) => action !== "delete")),
    ...renderChanges(changes.filter(({ action }) => action === "delete")),
    `Plan: ${renderActions(images)}`,
    ...renderContent(changes),
    ...cutDownInPlan(images).map((line) => `  platforms ${line}`),
    ...Object.entries(hosts).map(([host, cost]) => renderHost(host, cost)),
    ...create.map((name) => `  creates   ${oneLine(name)}, unless the registry makes it at the first push`),
    ...notices.map((notice) => `  note      ${oneLine(notice)}`),
    `  planning  ${renderRequests(requests)} requests`,
  ];
}

function renderChanges(images: readonly PlannedImage[]): readonly string[] {
  const lines = alignColumns(images.slice(0, SHOWN).map(renderImage)).map((line) => `  ${line}`);
  return images.length > SHOWN ? [...lines, `  … and ${images.length - SHOWN} more`] : lines;
}

function renderImage(image: PlannedImage): readonly string[] {
  const { action, reason, to, targetTag, sparse, content } = image;
  if (action === "delete") return ["delete", oneLine(referenceName(to, targetTag)), reason, ownedAs(image)];
  const size = content === undefined ? "" : `up to ${formatBytes(content.copy.bytes)}`;
  return [action, oneLine(imageName(image)), sparse === true ? `${reason}, sparse` : reason, size];
}

/** Why a tag that is deleted counts as the mirror's own. */
function ownedAs({ own }: PlannedImage): string {
  if (own === undefined) return "";
  const since = own.since === undefined ? "" : ` ${own.since.slice(0, 10)}`;
  if (own.because === "written") return `own: written by this mirror${since}`;
  return own.because === "equal" ? `own: equal to its source${since}` : "own: matches the mirror's tags";
}

function renderActions(images: readonly PlannedImage[]): string {
  const count = (action: PlannedImage["action"]): number => images.filter((image) => image.action === action).length;
  const parts = [
    `${count("copy")} to copy`,
    ...(count("retag") === 0 ? [] : [`${count("retag")} to retag`]),
    `${count("skip")} unchanged`,
    ...(count("delete") === 0 ? [] : [`${count("delete")} to delete`]),
  ];
  return `${counted(images.length, "tag")}: ${parts.join(", ")}`;
}

function renderContent(changes: readonly PlannedImage[]): readonly string[] {
  const contents = changes.flatMap(({ content }) => content ?? []);
  const unread = changes.filter(({ action, content }) => action === "copy" && content === undefined).length;
  if (contents.length === 0 && unread === 0) return [];
  const [copy, mount] = [sumAmounts(contents.map((one) => one.copy)), sumAmounts(contents.map((one) => one.mount))];
  const skip = sumAmounts(contents.map((one) => one.skip));
  const parts = [
    `up to ${copy.count} blobs (${formatBytes(copy.bytes)})`,
    ...(mount.count === 0 ? [] : [`mounts ${mount.count} (${formatBytes(mount.bytes)})`]),
    ...(skip.count === 0 ? [] : [`shared ${skip.count} (${formatBytes(skip.bytes)})`]),
    ...(unread === 0 ? [] : [`${counted(unread, "image")} not read`]),
  ];
  return [`  moves     ${parts.join("; ")}`];
}

function renderHost(host: string, { requests, read, written, pulls }: HostCost): string {
  const parts = [
    `about ${counted(requests, "request")}`,
    ...(read === 0 ? [] : [`reads ${formatBytes(read)}`]),
    ...(written === 0 ? [] : [`writes ${formatBytes(written)}`]),
    ...(pulls === undefined ? [] : [`${counted(pulls, "pull")} of its quota at least`]),
  ];
  return `  host      ${oneLine(host)}: ${parts.join("; ")}`;
}
