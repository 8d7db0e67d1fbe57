import { readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { isSystemError } from "./system-error.ts";

/** A process that holds something in a folder. */
export interface Holder {
  /** Within what process ids mean something; `machineId()` of that process. */
  readonly machine: string;
  readonly pid: number;
}

/** Whether the holder is surely gone. Of another machine nothing is known, and a process id may have a new owner: both count as alive. */
export async function isGone({ machine, pid }: Holder): Promise<boolean> {
  if (machine !== (await machineId())) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isSystemError(error, "ESRCH");
  }
}

let knownMachineId: Promise<string> | undefined;

/** Within what process ids mean something: containers share a host's name, yet each may number its processes anew. */
export function machineId(): Promise<string> {
  knownMachineId ??= readlink("/proc/self/ns/pid").then(
    (namespace) => `${hostname()} ${namespace}`,
    () => hostname(),
  );
  return knownMachineId;
}
