/** Where a layout is. `openLayout` checks that it is one. */
export interface LayoutPlace {
  /** The folder's real path, without links: nothing outside it is written. */
  readonly root: string;
  /** What messages call it: `oci:DIR`. */
  readonly name: string;
  /** Real paths of other folders that its links may lead into, for reading. Default: none. */
  readonly linkRoots?: readonly string[] | undefined;
}
