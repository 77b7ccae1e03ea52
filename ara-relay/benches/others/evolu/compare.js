// Runs the relay and, one after the other, two devices, each in a process of its own, with files in a new folder.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [count] = process.argv.slice(2);
const program = (name) => join(import.meta.dirname, name);
const cwd = mkdtempSync(join(tmpdir(), "evolu-"));
const relay = spawn(process.execPath, [program("relay.js")], { cwd, stdio: ["ignore", "pipe", "inherit"] });
try {
  const port = String(await new Promise((resolve) => relay.stdout.once("data", resolve))).trim();
  const secret = randomBytes(32).toString("hex");
  const client = (what) =>
    execFileSync(process.execPath, [program("client.js"), what, secret, port, count], {
      cwd,
      stdio: ["ignore", "inherit", "inherit"],
    });
  const size = () => statSync(join(cwd, "relay.db")).size;
  const before = size();
  client("push");
  const stored = (size() - before) / Number(count);
  console.log(`bytes ${stored.toFixed(1)} bytes on the relay's disk, a change in bulk`);
  client("pull");
} finally {
  relay.kill("SIGKILL");
  rmSync(cwd, { recursive: true });
}
