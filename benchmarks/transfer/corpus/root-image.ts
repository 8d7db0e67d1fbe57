import { copy } from "@tranship/copy";
import { openLayout } from "@tranship/core";
import { findPeer } from "../../../test/peers/find-peer.ts";
import {
  ROOT_FILESYSTEM,
  rootFilesystemLayout,
  rootFilesystemObstacle,
} from "../../../test/support/root-filesystem.ts";
import { type Corpus, IMAGE_TAG } from "./corpus.ts";

/** A Debian root file system for one platform and a small image for another: about 100 MB of real layers. */
export const rootImage: Corpus = {
  name: "debian",
  title: "a Debian root file system, 100 MB in 2 layers",
  scope: "image",
  async seed(store) {
    const debootstrap = findPeer("debootstrap");
    const obstacle = debootstrap === undefined ? "debootstrap is not there" : rootFilesystemObstacle();
    if (debootstrap === undefined || obstacle !== undefined) throw new Error(`Cannot make it: ${obstacle}`);
    const layout = await openLayout(await rootFilesystemLayout(debootstrap));
    const { root } = await copy({ store: layout, reference: ROOT_FILESYSTEM.index }, { store, reference: IMAGE_TAG });
    return new Map([[IMAGE_TAG, root.digest]]);
  },
};
