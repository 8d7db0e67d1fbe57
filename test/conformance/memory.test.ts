import { MemoryStore } from "@tranship/core";
import { storeConformance } from "./store-suite.ts";

storeConformance("MemoryStore", async () => ({ store: new MemoryStore(), cleanup: async () => undefined }));
