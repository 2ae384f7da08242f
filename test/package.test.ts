/** What is published works: packed, unpacked into another project, type-checked, imported and run there. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Folder, ROOT } from "./cli/skep.ts";

const run = promisify(execFile);

const USER = `
import { compile, openEngine } from "skep";
import { assemble } from "skep/isa";
import { openEmbedded } from "skep/embedded";
import { nodeThreads } from "skep/threads";
import { defineHook, u8, u32 } from "skep/hooks";
import { ethernet, ipv4, load, packet as layers, udp } from "skep/test";
import { kernelTarget, verify } from "skep/verifier";

const spec = await compile("firewall.bpf.ts");
await using engine = await openEngine("embedded");
await using fw = await engine.load<typeof import("./firewall.bpf.ts")>(spec);
fw.maps.blocked.set({ prefixLength: 24, address: "203.0.113.0" }, 1);
const packet = new Uint8Array(60);
packet.set([8, 0, 0x45], 12);
packet.set([203, 0, 113, 7], 26);
const { verdict } = fw.programs.firewall.run({ packet });
await using tested = await load<typeof import("./firewall.bpf.ts")>("firewall.bpf.ts");
tested.program("firewall").run(layers(ethernet(), ipv4(), udp())).expectPass();
tested.map("drops").expectEmpty();
const dropped: bigint[] | undefined = fw.maps.drops.get("203.0.113.7");
await using many = openEmbedded({ cpus: 2, threads: nodeThreads() });
const device = many.addDevice("net0");
const { programs } = await many.load(spec);
await programs["firewall"]!.attach({ interface: "net0" });
const { verdicts } = await device.receiveMany([packet, packet]);
console.log(JSON.stringify({ onThread: [...verdicts], verdict, dropped: dropped?.map(Number), hook: defineHook("a", { b: u8 }, { returns: u32 }).run({ b: 1 }), instructions: assemble("r0 = 0\\nexit").length, cpus: openEmbedded().cpus, accepted: verify(spec, spec.programs[0]!, kernelTarget("6.18", null)).accepted }));
`;

/** With types of the kernel, which `skep types` declares for editors. */
const TRACE = `
import { hash, tpBtf, u32, type u64 } from "skep/bpf";
import type { task_struct } from "skep/vmlinux";
export const switches = hash<u32, u64>({ maxEntries: 64 });
export const onSwitch = tpBtf("sched_switch", (_preempt: boolean, _previous: task_struct, next: task_struct) => {
  switches.increment(u32(next.tgid));
});
`;

const TSCONFIG = {
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    types: ["node"],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
  },
};

test("the published package type-checks and runs in a project of its own", async () => {
  using folder = new Folder();
  await run("npm", ["pack", "--silent", "--pack-destination", folder.path], { cwd: ROOT });
  const { version, exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const program = readFileSync(join(ROOT, "examples/firewall.bpf.ts"), "utf8");
  for (const entry of Object.keys(exports).filter((entry) => entry !== "./package.json")) {
    assert.ok(`${USER}${program}${TRACE}`.includes(`from "skep${entry.slice(1)}"`), `${entry} is used here`);
  }
  const modules = join(folder.path, "node_modules");
  mkdirSync(join(modules, "skep"), { recursive: true });
  await run("tar", ["-xzf", join(folder.path, `skep-${version}.tgz`), "--strip-components=1", "-C", join(modules, "skep")]);
  for (const name of ["@babel", "@koromix", "@types", "koffi", "pako", "undici-types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  folder.file("package.json", JSON.stringify({ type: "module", private: true }));
  folder.file("tsconfig.json", JSON.stringify(TSCONFIG));
  folder.file("firewall.bpf.ts", program);
  folder.file("user.ts", USER);
  folder.file("trace.bpf.ts", TRACE);
  const skep = join(modules, "skep/bin/skep.js");
  await run(process.execPath, [skep, "types", "trace.bpf.ts", "-o", "vmlinux.d.ts"], { cwd: folder.path });
  await run(process.execPath, [skep, "compile", "trace.bpf.ts", "-o", "trace.o", "--target", "kernel"], { cwd: folder.path });

  await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder.path]);
  const { stdout } = await run(process.execPath, ["user.ts"], { cwd: folder.path });
  assert.deepEqual(JSON.parse(stdout), {
    onThread: [[2, 2]],
    verdict: 1,
    dropped: [1],
    hook: 0,
    instructions: 2,
    cpus: 1,
    accepted: true,
  });

  const capture = join(ROOT, "examples/captures/office.pcap");
  const ended = await run(process.execPath, [skep, "run", "firewall.bpf.ts", "--replay", capture, "--json"], {
    cwd: folder.path,
  });
  assert.ok(JSON.parse(ended.stdout).packets > 1000);
});
