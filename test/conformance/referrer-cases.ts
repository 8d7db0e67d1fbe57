import { describe, expect } from "vitest";
import { openBytes, sampleArtifact, sampleImage, seed } from "../support/sample-image.ts";
import { collect, type Suite } from "./suite.ts";

/** Referrers are found from their subject. */
export function referrerCases(suite: Suite): void {
  describe("referrers", () => {
    suite.itWith(
      "referrers",
      "referrers() lists each manifest with the subject once, with type and annotations",
      async () => {
        const subject = await seed(suite.store, sampleImage(), "v1");
        const other = await seed(suite.store, sampleImage({ seed: "other" }), "v2");
        const sbom = await seed(suite.store, sampleArtifact({ subject, seed: "sbom" }));
        const signature = await seed(suite.store, sampleArtifact({ subject, seed: "sig", artifactType: "text/x.sig" }));
        await seed(suite.store, sampleArtifact({ subject: other, seed: "of another" }));
        const found = await collect(suite.store.referrers?.(subject));
        expect(found.map((referrer) => referrer.digest).toSorted()).toEqual([sbom.digest, signature.digest].toSorted());
        expect(found.find((referrer) => referrer.digest === sbom.digest)).toMatchObject({
          size: sbom.size,
          mediaType: sbom.mediaType,
          artifactType: "application/vnd.example.sbom.v1+json",
          annotations: { "org.opencontainers.image.title": "sbom" },
        });
        const signatures = await collect(suite.store.referrers?.(subject, { artifactType: "text/x.sig" }));
        expect(signatures.map((referrer) => referrer.digest)).toEqual([signature.digest]);
        expect(await collect(suite.store.referrers?.(sbom))).toEqual([]);
      },
    );

    suite.itWith(
      "referrers",
      "referrers() finds one that was pushed before its subject, and one of a subject that is not there",
      async () => {
        const image = sampleImage();
        const early = await seed(suite.store, sampleArtifact({ subject: image.root.descriptor, seed: "early" }));
        const found = async () =>
          (await collect(suite.store.referrers?.(image.root.descriptor))).map(({ digest }) => digest);
        expect(await found()).toEqual([early.digest]);
        await seed(suite.store, image, "v1");
        expect(await found()).toEqual([early.digest]);
      },
    );

    suite.itWith("referrers", "referrers() finds many that are pushed at once", async () => {
      const subject = await seed(suite.store, sampleImage(), "v1");
      const samples = Array.from({ length: 10 }, (_, at) => sampleArtifact({ subject, seed: `referrer ${at}` }));
      // Their blobs first: distribution 2.8 reads a blob's link while it is written anew, and finds it empty.
      for (const { blobs } of samples) {
        for (const { descriptor, bytes } of blobs) await suite.store.push(descriptor, openBytes(bytes));
      }
      const roots = samples.map(({ root }) => root);
      await Promise.all(roots.map(({ descriptor, bytes }) => suite.store.push(descriptor, openBytes(bytes))));
      const found = await collect(suite.store.referrers?.(subject));
      const expected = roots.map(({ descriptor }) => descriptor.digest);
      expect(found.map(({ digest }) => digest).toSorted()).toEqual(expected.toSorted());
    });
  });
}
