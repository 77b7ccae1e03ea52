// A device: Evolu's worker of the database, which keeps a file, and what its shared worker does for it with the relay.
import { createStore } from "@evolu/common";
import { startDbWorker } from "@evolu/common/local-first";
import { createBetterSqliteDriver, createBroadcastChannel, createRun } from "@evolu/nodejs";
import { createConsole } from "@evolu/common";
import { WebSocket } from "ws";

const columns = ["title", "note", "done", "stars", "score"];

/** Opens a file in the current folder. */
export const openDevice = async (name, owner) => {
  const [port, native] = createPorts();
  const self = { onMessage: null, [Symbol.dispose]: () => {} };
  const run = createRun({
    console: createConsole({ level: "warn" }),
    consoleStoreOutputEntry: createStore(null),
    createBroadcastChannel,
    createMessagePort: (port) => port,
    createSqliteDriver: createBetterSqliteDriver,
    lockManager: navigator.locks,
  });
  const ready = new Promise((resolve) => (port.onMessage = resolve));
  const started = run(startDbWorker(self));
  while (!self.onMessage) await new Promise(setImmediate);
  self.onMessage({
    type: "DbWorkerInit",
    name,
    consoleLevel: "warn",
    sqliteSchema: { tables: { task: new Set(columns) }, indexes: [] },
    encryptionKey: owner.encryptionKey,
    memoryOnly: false,
    port: native,
  });
  await started;
  await ready;
  const ask = (request) =>
    new Promise((resolve) => {
      port.onMessage = (message) => resolve(message.response.message);
      port.postMessage({ type: "Request", callbackId: "only", request });
    });
  return {
    create: (changes) =>
      ask({
        type: "ForEvolu",
        id: "only",
        message: { type: "Mutate", changes, onCompleteIds: [], subscribedQueries: new Set() },
      }),
    sync: (url) => sync(ask, owner, url),
  };
};

/** Two ends, of which each is told what the other one is given. */
const createPorts = () => {
  const create = () => ({ onMessage: null, other: null, [Symbol.dispose]: () => {} });
  const ports = [create(), create()];
  ports[0].other = ports[1];
  ports[1].other = ports[0];
  for (const port of ports) {
    port.postMessage = (message) => queueMicrotask(() => port.other.onMessage?.(message));
  }
  return ports;
};

/** Sends and receives until nothing is left. Returns how many bytes the connection had, both ways. */
const sync = (ask, owner, url) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.on("error", reject);
    socket.on("open", async () => {
      const { protocolMessagesByOwnerId } = await ask({
        type: "ForSharedWorker",
        message: { type: "CreateSyncMessages", owners: [owner] },
      });
      socket.send(protocolMessagesByOwnerId.get(owner.id));
    });
    socket.on("message", async (data) => {
      const { result } = await ask({
        type: "ForSharedWorker",
        message: { type: "ApplySyncMessage", owner, inputMessage: new Uint8Array(data) },
      });
      if (!result.ok) {
        reject(new Error(JSON.stringify(result.error)));
      } else if (result.value.type === "Response") {
        socket.send(result.value.message);
      } else {
        const { bytesRead, bytesWritten } = socket._socket;
        socket.close();
        resolve(bytesRead + bytesWritten);
      }
    });
  });
