/** What may go wrong on a connection of this lane, besides what Node says of its sockets. */
export type LaneErrorCode =
  | "LANE_CONNECT_TIMEOUT"
  /** The peer took nothing more of the request's body. */
  | "LANE_SEND_TIMEOUT"
  | "LANE_HEADERS_TIMEOUT"
  | "LANE_BODY_TIMEOUT"
  /** The peer ended the connection before the answer. */
  | "LANE_CLOSED"
  /** The content is not as long as it was said to be. */
  | "LANE_CONTENT_LENGTH"
  | "LANE_HEAD_TOO_LONG";

export class LaneError extends Error {
  override readonly name = "LaneError";
  readonly code: LaneErrorCode;

  constructor(code: LaneErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
