/** A table of figures, as it is printed and written. */
export interface Figure {
  /** One word, for `--only`. */
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}
