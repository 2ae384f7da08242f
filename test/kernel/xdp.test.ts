/** XDP programs on a veth of our own: real packets, dropped, passed and counted; and nothing left attached, however it ends. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { ethernet, icmp, ipv4, ipv6, packet, padding, tcp, udp, vlan } from "../../src/packets/index.ts";
import { type Lab, openLab, probeLab } from "../support/netns.ts";
import { Conversation } from "./child.ts";
import { KIND } from "./traffic.ts";
import "./leaks.ts";

const probe = probeLinux();
const skip = probe.available ? ((await probeLab()) ?? false) : probe.reason;
const WATCHER = fileURLToPath(new URL("./watcher.ts", import.meta.url));

/** The watcher on host b's interface. */
function watch(lab: Lab, ...options: readonly string[]): Conversation {
  const command = [process.execPath, "--no-warnings", WATCHER, ...(options.length === 0 ? ["veth0"] : options)];
  return new Conversation(lab.spawn("b", command, { stdio: ["pipe", "pipe", "pipe"] }));
}

/** What the kernel says is attached to an interface: `xdp`, `xdpgeneric`, or null. */
async function attachedXdp(lab: Lab, host: string, name: string): Promise<string | null> {
  const { stdout } = await lab.exec(host, ["ip", "link", "show", "dev", name]);
  return / (xdp\w*)[ /]/.exec(stdout)?.[1] ?? null;
}

async function pings(lab: Lab, address: string): Promise<boolean> {
  const { status } = await lab.exec("a", ["ping", "-c", "1", "-W", "0.3", address], { check: false });
  return status === 0;
}

async function soon(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`${what}, even after a second`);
}

describe("XDP on a veth", { skip, concurrency: 4 }, () => {
  for (const [mode, flag] of [
    ["native", "xdp"],
    ["generic", "xdpgeneric"],
  ] as const) {
    test(`${mode}: packets of every kind are counted, dropped when asked, and passed otherwise`, async () => {
      await using lab = await openLab();
      const watcher = watch(lab, "veth0", mode);
      assert.deepEqual(await watcher.hear(), { attached: `xdp on veth0 (${mode})` });
      assert.equal(await attachedXdp(lab, "b", "veth0"), flag);

      assert.equal(await pings(lab, "192.0.2.2"), true);
      assert.equal(await pings(lab, "2001:db8::2"), true);
      await watcher.ask(`drop ${KIND.icmp}`);
      assert.equal(await pings(lab, "192.0.2.2"), false, "IPv4 echo requests are dropped");
      assert.equal(await pings(lab, "2001:db8::2"), true, "IPv6 ones are not");
      await watcher.ask(`allow ${KIND.icmp}`);
      assert.equal(await pings(lab, "192.0.2.2"), true);

      const before = (await watcher.ask("counts")) as Record<string, number>;
      const frames = [
        packet(ethernet(), ipv4(), udp({ destinationPort: 53 }), padding()),
        packet(ethernet(), ipv4(), udp({ destinationPort: 99 }), padding()),
        packet(ethernet(), ipv4(), tcp({ destinationPort: 80 }), padding()),
        packet(ethernet(), ipv4(), icmp(), padding()),
        packet(ethernet(), ipv6(), udp({ destinationPort: 53 }), padding()),
        packet(ethernet(), ipv6(), tcp({ destinationPort: 80 }), padding()),
        packet(ethernet(), vlan({ id: 42 }), ipv4(), udp(), padding()),
        packet(ethernet(), vlan({ id: 43 }), ipv4(), udp(), padding()),
        packet(ethernet(), vlan({ id: 44 }), ipv6(), udp(), padding()),
      ];
      await lab.send("a", "veth0", frames);
      const expected = { udp: 2, tcp: 1, icmp: 1, udp6: 1, tcp6: 1, vlan: 3 };
      let counted: Record<string, number> = {};
      await soon(async () => {
        const after = (await watcher.ask("counts")) as Record<string, number>;
        counted = Object.fromEntries(
          Object.keys(expected).map((name) => {
            const kind = KIND[name as keyof typeof KIND];
            return [name, (after[kind] ?? 0) - (before[kind] ?? 0)];
          }),
        );
        return Object.entries(expected).every(([name, count]) => (counted[name] ?? 0) >= count);
      }, "not every frame was seen");
      assert.deepEqual(counted, expected);

      assert.deepEqual(await watcher.ask("exit"), { left: [] }, "every descriptor was closed");
      assert.equal(await attachedXdp(lab, "b", "veth0"), null);
    });
  }

  test("no TCP connection comes about while TCP is dropped; afterwards it does", async () => {
    await using lab = await openLab();
    const watcher = watch(lab);
    await watcher.hear();
    const server = new Conversation(lab.spawn("b", [process.execPath, "-e", SERVER], { stdio: ["pipe", "pipe", "pipe"] }));
    assert.equal(await server.hear(), "listening");
    const fetch = () => lab.exec("a", [process.execPath, "-e", CLIENT], { check: false });
    await watcher.ask(`drop ${KIND.tcp}`);
    assert.equal((await fetch()).stdout.trim(), "timeout");
    await watcher.ask(`allow ${KIND.tcp}`);
    assert.equal((await fetch()).stdout.trim(), "hello");
  });

  test("detaching lets everything through again; attaching again works", async () => {
    await using lab = await openLab();
    const watcher = watch(lab);
    await watcher.hear();
    await watcher.ask(`drop ${KIND.icmp}`);
    assert.equal(await pings(lab, "192.0.2.2"), false);
    assert.deepEqual(await watcher.ask("detach"), { detached: true });
    assert.equal(await attachedXdp(lab, "b", "veth0"), null);
    assert.equal(await pings(lab, "192.0.2.2"), true);
    assert.deepEqual(await watcher.ask("attach"), { attached: "xdp on veth0 (native)" });
    assert.equal(await pings(lab, "192.0.2.2"), false);
  });

  test("an interface takes one program, and one mode", async () => {
    await using lab = await openLab();
    const first = watch(lab);
    await first.hear();
    const second = (await watch(lab).hear()) as { error: string; message: string };
    assert.equal(second.error, "AttachError");
    assert.match(second.message, /^attaching watch to veth0: another XDP program is attached there/);
    const generic = (await watch(lab, "veth0", "generic").hear()) as { error: string; message: string };
    assert.equal(generic.error, "AttachError");
    assert.match(generic.message, /attached there in native mode/);
  });

  test("an interface that does not exist is named, with those that do", async () => {
    await using lab = await openLab();
    const answer = await watch(lab, "vet0").hear();
    assert.deepEqual(answer, {
      error: "AttachError",
      message: 'there is no network interface "vet0": did you mean veth0? (there are veth0, lo)',
    });
  });

  test("a driver without XDP runs it in the network stack, unless native was asked for", async () => {
    await using lab = await openLab();
    assert.deepEqual(await watch(lab, "lo").hear(), { attached: "xdp on lo (generic)" });
    await using other = await openLab();
    const refused = (await watch(other, "lo", "native").hear()) as { message: string };
    assert.match(refused.message, /attaching watch to lo: its driver has no XDP; use mode "generic"/);
  });

  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGSEGV"] as const) {
    test(`after ${signal} nothing is attached`, async () => {
      await using lab = await openLab();
      const watcher = watch(lab);
      await watcher.hear();
      assert.equal(await attachedXdp(lab, "b", "veth0"), "xdp");
      watcher.kill(signal);
      await watcher.ended;
      await soon(async () => (await attachedXdp(lab, "b", "veth0")) === null, "the program is still attached");
      assert.equal(await pings(lab, "192.0.2.2"), true);
    });
  }
});

const SERVER = `require("net").createServer((socket) => socket.end("hello")).listen(8080, "192.0.2.2", () => console.log('"listening"'))`;
const CLIENT = `
  const socket = require("net").connect(8080, "192.0.2.2");
  socket.on("data", (text) => console.log(String(text))).on("error", (error) => console.log(error.code));
  setTimeout(() => { console.log("timeout"); process.exit(); }, 700).unref();
  socket.on("close", () => process.exit());
`;
