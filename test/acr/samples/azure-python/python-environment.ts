import { createHash, randomUUID } from "node:crypto";
import { access, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPeer } from "../../../peers/run-peer.ts";

/** The interpreter that has what `requirements.txt` names, or why there is none. */
export type PythonEnvironment = { readonly python: string } | { readonly missing: string };

/**
 * A virtual environment in the temporary folder, kept between runs, made anew where the requirements or Python changed.
 * The first time takes 20 s, and needs pip's package index.
 */
export async function pythonEnvironment(): Promise<PythonEnvironment> {
  const requirements = join(import.meta.dirname, "requirements.txt");
  try {
    const version = await runPeer("python3", ["-c", "import ensurepip, sys, venv; print(sys.version, sys.prefix)"]);
    const key = createHash("sha256")
      .update(version)
      .update(await readFile(requirements));
    const folder = join(tmpdir(), `tranship-azure-python-${key.digest("hex").slice(0, 16)}`);
    const python = join(folder, "bin", "python");
    if (!(await exists(python))) await make(folder, requirements);
    return { python };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/** Made under another name first, so that nobody sees half of it; the interpreter finds its packages wherever the folder is. */
async function make(folder: string, requirements: string): Promise<void> {
  const partial = `${folder}.${randomUUID()}`;
  try {
    await runPeer("python3", ["-m", "venv", partial]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    await runPeer(join(partial, "bin", "python"), [...pip, "--requirement", requirements]);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process was faster.
    if (!(await exists(join(folder, "bin", "python")))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
