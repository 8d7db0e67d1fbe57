import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionPool } from "./connection-pool.ts";
import { LaneConnection } from "./lane-connection.ts";

const NEVER = new AbortController().signal;

describe("ConnectionPool", () => {
  const server = createServer();
  /** What came to the server, the newest last. */
  const accepted: Socket[] = [];
  const pools: ConnectionPool[] = [];
  server.on("connection", (socket) => accepted.push(socket.on("error", () => {})));

  beforeEach(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  afterEach(async () => {
    for (const pool of pools.splice(0)) pool.close();
    for (const socket of accepted.splice(0)) socket.destroy();
    server.close();
    await once(server, "close");
  });

  function poolOf(most: number): ConnectionPool {
    const { port } = server.address() as AddressInfo;
    const open = (onClose: () => void): LaneConnection =>
      new LaneConnection((onread) => connect({ host: "127.0.0.1", port, onread }), "connect", onClose);
    const pool = new ConnectionPool(open, most);
    pools.push(pool);
    return pool;
  }

  it("opens as many as it may; who finds none waits, first come, first served, and one that gave up is passed over", async () => {
    const pool = poolOf(1);
    const connection = await pool.take(NEVER);
    const gone = new AbortController();
    const order: string[] = [];
    const waiting = [
      pool.take(NEVER).then((taken) => order.push("first") && taken),
      pool.take(gone.signal),
      pool.take(NEVER).then((taken) => order.push("third") && taken),
    ] as const;
    gone.abort(new Error("enough"));
    await expect(waiting[1]).rejects.toThrow("enough");
    pool.giveBack(connection, undefined);
    expect(await waiting[0]).toBe(connection);
    pool.giveBack(connection, undefined);
    expect(await waiting[2]).toBe(connection);
    expect(order).toEqual(["first", "third"]);
  });

  it("gives the one that was used last, and closes one that was idle for as long as the server keeps it", async () => {
    const pool = poolOf(2);
    const [first, second] = [await pool.take(NEVER), await pool.take(NEVER)];
    while (accepted.length < 2) await once(server, "connection");
    const closed = Promise.all(accepted.map((socket) => once(socket.resume(), "close")));
    pool.giveBack(first, undefined);
    pool.giveBack(second, undefined);
    expect(await pool.take(NEVER)).toBe(second);
    expect(await pool.take(NEVER)).toBe(first);
    // Which the client counts as a second less, so as none.
    for (const connection of [first, second]) pool.giveBack(connection, "timeout=1, max=100");
    await closed;
    while (first.isUsable || second.isUsable) await new Promise((resolve) => setImmediate(resolve));
    expect([first, second]).not.toContain(await pool.take(NEVER));
  });

  it("has one opened for who waits when another is closed", async () => {
    const pool = poolOf(1);
    const connection = await pool.take(NEVER);
    const next = pool.take(NEVER);
    connection.destroy();
    expect(await next).not.toBe(connection);
  });
});
