// Opens a journal in a process, a mount or a namespace of its own: `node journal-program.ts FOLDER
// open|claim|fill|lease`. It prints what came of it.
import { writeSync } from "node:fs";
import { openJournal } from "../../packages/copy/src/index.ts";
import { digestOf, type UploadKey } from "../../packages/core/src/index.ts";

const [folder = "", task] = process.argv.slice(2);
const key: UploadKey = { host: "r.example", access: "me", repository: "app", digest: digestOf(Buffer.from("blob")) };

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

try {
  const journal = await openJournal(folder);
  if (task === "open") {
    await journal.uploads.opened(key, { size: 10, location: "https://r.example/1", confirmed: 5 });
    say(`opened by ${process.pid}`);
    // Until it is killed, or its stdin ends.
    for await (const _ of process.stdin);
  }
  if (task === "lease") {
    const lease = await journal.leases.acquire("a blob", { ttlMs: 3_600_000 });
    say(lease === undefined ? "held" : `lease ${lease.fence}`);
    for await (const _ of process.stdin);
  }
  if (task === "claim") say((await journal.uploads.claim(key)) === undefined ? "nothing" : "claimed");
  for (let number = 0; task === "fill" && number < 100_000; number += 1) {
    await journal.blobs.seen(key, digestOf(Buffer.from(`${number}`)));
  }
  await journal.close();
  say("closed");
} catch (error) {
  say(`failed: ${error instanceof Error ? error.message : String(error)}`);
}
