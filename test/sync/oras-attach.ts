import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestFrom } from "../peers/oracles.ts";
import { runPeer } from "../peers/run-peer.ts";
import { type Attach, artifactType } from "./sources.ts";

/** Attaches with `oras attach`, to a registry at `host`. */
export function orasAttach(oras: string, host: string): Attach {
  return async (repository, subject, kind) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "tranship-oras-"));
    await writeFile(join(folder.path, `${kind}.txt`), `${kind} of ${subject}\n`);
    const image = `${host}/${repository}@${subject}`;
    const args = ["attach", "--plain-http", "--no-tty", "--format", "go-template={{.digest}}"];
    const output = await runPeer(oras, [...args, "--artifact-type", artifactType(kind), image, `${kind}.txt`], {
      cwd: folder.path,
      env: { HOME: folder.path, DOCKER_CONFIG: folder.path },
    });
    return digestFrom(output);
  };
}
