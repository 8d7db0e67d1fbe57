// Copies an image with all its platforms: node examples/copy-image.ts registry.example/app:v1 mirror.example/app:v1
import "./shared/errors.ts";
import { copy } from "@tranship/copy";
import { fileCredentials, parseReference, Registry } from "@tranship/core";
import { print } from "./shared/print.ts";

const [from, to] = process.argv.slice(2, 4).map(parseReference);
if (from === undefined || to === undefined) throw new TypeError("Expected: copy-image.ts SOURCE TARGET");

// What `docker login` and `podman login` have kept.
const credentials = fileCredentials();
await using source = new Registry({ host: from.host, credentials });
await using target = new Registry({ host: to.host, credentials });
const { outcome, root, moved, mounted, skipped } = await copy(
  { store: source.repository(from.repository), reference: from.digest ?? from.tag ?? "latest" },
  { store: target.repository(to.repository), reference: to.digest ?? to.tag ?? "latest" },
  { onEvent: (event) => event.type === "done" && process.stderr.write(`${event.descriptor.digest}\n`) },
);
print({ outcome, digest: root.digest, moved, mounted, skipped });
