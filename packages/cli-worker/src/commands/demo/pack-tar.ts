/** A file or folder of the sample's root file system. */
export interface TarEntry {
  /** Without a leading slash; a folder's ends in one. */
  readonly path: string;
  readonly content?: Uint8Array;
  readonly mode?: number;
}

const BLOCK = 512;

/** A tar archive in the ustar form, for the few small files of the sample: paths of at most 100 bytes, owner root, time 0. */
export function packTar(entries: readonly TarEntry[]): Uint8Array {
  const blocks = entries.flatMap(({ path, content = new Uint8Array(), mode }) => {
    const padding = new Uint8Array((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(path, content.length, mode ?? (path.endsWith("/") ? 0o755 : 0o644)), content, padding];
  });
  return Buffer.concat([...blocks, new Uint8Array(2 * BLOCK)]);
}

function header(path: string, size: number, mode: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, offset);
  };
  block.write(path, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(path.endsWith("/") ? "5" : "0", 156);
  block.write("ustar\x0000", 257);
  // The checksum is taken with its own field full of spaces.
  block.fill(" ", 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}
