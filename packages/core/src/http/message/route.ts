/** How a host is reached, for what messages say of a failure. */
export interface Route {
  /** The proxy in between: a connection that is not made is its failure, or that of the way to it. */
  readonly proxy?: URL | undefined;
  /** Whether the caller gave authorities to trust. */
  readonly givenAuthorities?: boolean | undefined;
}
