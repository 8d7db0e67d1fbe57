import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import { NormalizedSocket } from "./normalized-socket.ts";

/** Connects as `connect` does, and reads responses leniently: see `NormalizedSocket`. */
export function lenientConnector(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connect(options, (...[error, socket]) => {
      if (error !== null) callback(error, null);
      // undici uses of a socket what every Duplex has, and `ref` and `unref`.
      else callback(null, new NormalizedSocket(socket) as unknown as Socket);
    });
  };
}
