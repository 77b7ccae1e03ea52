// Evolu's relay, with a file in the current folder. It prints its port.
import { createConsole } from "@evolu/common";
import { createRelayDeps, createRun, startRelay } from "@evolu/nodejs";

const console = createConsole({ level: "warn" });
const run = createRun({ ...createRelayDeps(), console });
const relay = await run.orThrow(
  startRelay({ port: 0, name: "relay", isOwnerWithinQuota: () => true }),
);
process.stdout.write(`${relay.port}\n`);
await run.deps.shutdown;
