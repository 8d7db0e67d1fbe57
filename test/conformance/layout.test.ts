import { mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLayout } from "@tranship/core";
import { storeConformance } from "./store-suite.ts";

storeConformance("LayoutStore", async () => {
  const dir = await mkdtemp(join(tmpdir(), "tranship-layout-"));
  return {
    store: await openLayout(dir, { create: true }),
    cleanup: () => rm(dir, { recursive: true }),
    leftovers: () => readdir(join(dir, ".tranship")).catch(() => []),
    openHandles: async () => {
      const handles = await readdir("/proc/self/fd");
      const paths = await Promise.all(handles.map((handle) => readlink(`/proc/self/fd/${handle}`).catch(() => "")));
      return paths.filter((path) => path.startsWith(dir)).length;
    },
  };
});
