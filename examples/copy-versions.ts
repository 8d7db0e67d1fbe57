// Copies the newest versions in a range, read from a mirror where the registry cannot answer:
// node examples/copy-versions.ts registry.example/app mirror.example/app target.example/app ">=1.4 <2" 3
import "./shared/errors.ts";
import { CopyRun, copy, EVERY_TAG, parseVersionRange, selectTags } from "@tranship/copy";
import { FallbackSource, fileCredentials, HostHealth, parseRepository, Registry } from "@tranship/core";
import { print } from "./shared/print.ts";

const [from, mirror, to] = process.argv.slice(2, 5).map(parseRepository);
const [range = "", newest = "1"] = process.argv.slice(5);
if (from === undefined || mirror === undefined || to === undefined)
  throw new TypeError("Expected: copy-versions.ts SOURCE MIRROR TARGET RANGE [COUNT]");

const credentials = fileCredentials();
await using registry = new Registry({ host: from.host, credentials });
await using second = new Registry({ host: mirror.host, credentials });
await using target = new Registry({ host: to.host, credentials });
const warn = (error: Error): void => void process.stderr.write(`${error.message}\n`);
const source = new FallbackSource([
  { store: registry.repository(from.repository), health: new HostHealth(warn) },
  { store: second.repository(mirror.repository), health: new HostHealth(warn) },
]);

const rules = { ...EVERY_TAG, semver: parseVersionRange(range), newest: Number(newest) };
const { tags } = selectTags(await Array.fromAsync(source.listedTags()), rules, { nowMs: Date.now() });
// What the copies share: limits, and what is known of blobs.
const run = new CopyRun();
for (const reference of tags)
  await copy({ store: source, reference }, { store: target.repository(to.repository), reference }, { run });
print({ tags });
