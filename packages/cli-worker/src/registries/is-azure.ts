import process from "node:process";
import { cloudOf } from "./credentials/cloud-of.ts";

/** Whether the host is Azure's by its name, or said to be by `TRANSHIP_ACR_HOSTS`. */
export function isAzure(host: string): boolean {
  return cloudOf(host, process.env)?.kind === "azure";
}
