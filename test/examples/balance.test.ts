/** The load balancer between two hosts of a laboratory: who connects to port 80 is served on 8080, and does not notice. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLab, probeLab } from "../support/netns.ts";
import { noClang } from "./clang.ts";

const CHILD = fileURLToPath(new URL("./balance.ts", import.meta.url));
const CLIENT = `
const socket = require("node:net").connect(80, "192.0.2.2");
socket.on("data", (bytes) => process.stdout.write(socket.remotePort + " " + bytes));
socket.on("error", (error) => { console.error(error); process.exitCode = 1; });`;

const missing = (await probeLab()) ?? false;

for (const source of ["ts", "c"] as const) {
  test(`from ${source}: a connection to the service reaches its backend`, {
    skip: missing || (source === "c" && noClang()),
  }, async () => {
    await using lab = await openLab();
    const command = [process.execPath, "--no-warnings", CHILD, source, "veth0", "192.0.2.2"];
    const balancer = lab.spawn("b", command, { stdio: ["pipe", "pipe", "inherit"] });
    assert.ok(balancer.stdout !== null && balancer.stdin !== null);
    const lines = createInterface({ input: balancer.stdout })[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "ready");
    for (let count = 0; count < 3; count++) {
      const { stdout } = await lab.exec("a", [process.execPath, "-e", CLIENT]);
      assert.equal(stdout, "80 served on 8080\n");
    }
    balancer.stdin.end();
    assert.deepEqual(JSON.parse((await lines.next()).value ?? "null"), { packets: [[0, true], [1, true]], flows: 3 }); // biome-ignore format: a pair each
    await once(balancer, "exit");
  });
}
