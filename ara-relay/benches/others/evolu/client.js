// Creates rows and sends them, or takes over those of another device of the owner, and prints what that took.
import { readFileSync } from "node:fs";

import { createId, createRandomBytes } from "@evolu/common";
import { createAppOwner } from "@evolu/common/local-first";
import BetterSqlite from "better-sqlite3";

import { openDevice } from "./device.js";

/** How many rows an app writes in one transaction. */
const atOnce = 100;

const words = (
  "water the plants in garden before noon and ask Maria for her ladder call dentist about " +
  "Tuesday buy milk bread coffee two lemons return books to library pay rent with new " +
  "account repair bicycle tyre send letter from insurance book train tickets Vienna clean " +
  "windows of kitchen plan birthday dinner eight people write report until Friday read " +
  "chapter seven again find keys old shed"
).split(" ");

const below = (bound) => Math.floor(Math.random() * bound);
const text = (count) => Array.from({ length: count }, () => words[below(words.length)]).join(" ");

const deps = { randomBytes: createRandomBytes() };

const task = (ownerId) => ({
  ownerId,
  table: "task",
  id: createId(deps),
  values: {
    title: text(3),
    note: text(6),
    done: below(3) === 0 ? 1 : 0,
    stars: below(100),
    score: below(4000) / 4,
  },
  isInsert: true,
  isDelete: null,
});

const [what, secret, port, full] = process.argv.slice(2);
const count = Number(full);
const owner = createAppOwner(Uint8Array.from(Buffer.from(secret, "hex")));
const device = await openDevice(what, owner);
if (what === "push") {
  for (let made = 0; made < count; made += atOnce) {
    const some = Math.min(count - made, atOnce);
    await device.create(Array.from({ length: some }, () => task(owner.id)));
  }
}
const start = performance.now();
const bytes = await device.sync(`ws://127.0.0.1:${port}`);
const seconds = (performance.now() - start) / 1000;

const { there } = new BetterSqlite(`${what}.db`).prepare("select count(*) as there from task").get();
if (there !== count) throw new Error(`${there} rows are there instead of ${count}`);
const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
const names = {
  push: ["push 100,000 changes", "pushed", "that pushes"],
  pull: ["pull 100,000 changes into an empty device", "pulled", "at its first sync of"],
};
const [row, done, memory] = names[what];
console.log(`per-second ${Math.round(count / seconds)} ${row}`);
console.log(`bytes ${(bytes / count).toFixed(1)} bytes on the wire, a change: ${done} in bulk`);
console.log(`memory ${peak} memory of a client ${memory} 100,000 changes`);
process.exit(0);
