import { digestOf, isDigest, Registry } from "@tranship/core";
import { sampleArtifact, seed } from "../support/sample-image.ts";

/** A process of the referrers test: pushes referrers to one subject, all at once, and prints their digests. */
const [host = "", repository = "", subject = "", seedText = "", count = "0"] = process.argv.slice(2);
if (!isDigest(subject)) throw new SyntaxError(`Bad subject "${subject}"`);

await using registry = new Registry({ host });
const store = registry.repository(repository);
const descriptor = await store.resolve(subject);
const samples = Array.from({ length: Number(count) }, (_, at) =>
  sampleArtifact({ subject: descriptor, seed: `${seedText} ${at}` }),
);
await Promise.all(samples.map((sample) => seed(store, sample)));
console.log(samples.map((sample) => digestOf(sample.root.bytes)).join("\n"));
