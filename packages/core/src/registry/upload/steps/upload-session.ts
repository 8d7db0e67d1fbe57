/** An upload that is open at the registry. */
export interface UploadSession {
  /** The newest Location, a capability: it shows in no message. */
  location: URL;
  /** The fewest bytes of a chunk that is not the last one, where the registry says it (OCI-Chunk-Min-Length). */
  readonly chunkMinLength?: number;
}
