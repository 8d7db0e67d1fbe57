import { it } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { rootFilesystemObstacle } from "../support/root-filesystem.ts";
import { meetFaults } from "./meet-faults.ts";
import { debianOriginal } from "./original-image.ts";

describePeers("a Debian root file system", ["debootstrap"], ({ debootstrap }) => {
  const obstacle = rootFilesystemObstacle();
  if (obstacle === undefined) meetFaults("a Debian root file system", () => debianOriginal(debootstrap));
  else it.skip(obstacle, () => {});
});
