/**
 * Programs on functions of a kernel that has kprobes and trampolines: what this one does, all in one process, for `node test/linux/guest.ts`,
 * which boots Debian's kernels in QEMU (SKEP_KERNELS: a folder with unpacked packages, see test/verifier/guest/).
 */

import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AttachOptions } from "../../src/engine/engine.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { ethernet, ipv4, packet, padding, udp } from "../../src/packets/index.ts";
import { runInGuest } from "../verifier/guest/run.ts";
import { fixture } from "./fixtures.ts";
import { kernelDescriptors, Variables } from "./scenario.ts";

/** Removes a file that it made: `unlink`, which Node does itself. */
function unlinks(): void {
  writeFileSync("/tmp/skep-unlinked", "");
  unlinkSync("/tmp/skep-unlinked");
}

async function one(program: string, place: number, options: AttachOptions, act: () => unknown): Promise<string> {
  try {
    await using engine = await openLinux();
    await using collection = await engine.load(fixture("trampolines"), { programs: [program] });
    const variables = new Variables(collection);
    variables.set("watched", process.pid);
    const link = await collection.programs[program]?.attach(options);
    await act();
    const hits = variables.hits(place);
    await link?.detach();
    await act();
    return `${link?.description}: ${hits > 0 ? "fired" : "silent"}, ${variables.hits(place) === hits ? "gone" : "still there"}`;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** A function of one program replaced by another program. */
async function replaced(): Promise<string> {
  try {
    await using engine = await openLinux();
    await using target = await engine.load(fixture("trampolines"), { programs: ["calls"] });
    const { calls } = target.programs;
    if (calls === undefined) throw new RangeError("no program calls");
    await using other = await engine.load(fixture("trampolines"), { programs: ["replaces"], replaces: { replaces: calls } });
    const run = () => calls.run({ packet: packet(ethernet(), ipv4(), udp(), padding()) }).verdict;
    const before = run();
    const link = await other.programs["replaces"]?.attach();
    const during = run();
    await link?.detach();
    return `${link?.description}: ${before} ${during} ${run()}`;
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

async function inside(): Promise<void> {
  const say = (name: string, text: string) => process.stdout.write(`${name}: ${text}\n`);
  const before = kernelDescriptors().length;
  for (const [name, place] of [
    ["on_kprobe", 0],
    ["on_kretprobe", 1],
    ["on_syscall", 2],
    ["on_many", 3],
    ["on_entry", 4],
    ["on_exit", 5],
    ["on_modify", 6],
    ["on_lsm", 7],
  ] as const) {
    say(name, await one(name, place, {}, unlinks));
  }
  spawnSync("mount", ["-t", "cgroup2", "none", "/sys/fs/cgroup"]);
  mkdirSync("/sys/fs/cgroup/skep", { recursive: true });
  writeFileSync("/sys/fs/cgroup/skep/cgroup.procs", String(process.pid));
  const opens = () => new Promise<void>((resolve) => createSocket("udp4").bind(0, "127.0.0.1").on("listening", resolve).unref());
  say("on_socket", await one("on_socket", 8, { cgroup: "/skep" }, opens));
  const unpack =
    'file=$(find "$0/lib/modules" -name "veth.ko*"); case $file in *.xz) xz -dc "$file";; *) cat "$file";; esac > /tmp/veth.ko';
  spawnSync("sh", ["-c", `${unpack}; busybox insmod /tmp/veth.ko`, process.argv[3] ?? ""], { stdio: "inherit" });
  spawnSync("ip", ["link", "add", "name", "skep0", "type", "veth", "peer", "name", "skep1"]);
  say(
    "on_module",
    await one("on_module", 9, {}, () => {
      spawnSync("ip", ["link", "set", "dev", "skep0", "down"]);
      spawnSync("ip", ["link", "set", "dev", "skep0", "up"]);
    }),
  );
  say("replaces", await replaced());
  say("left", String(kernelDescriptors().length - before));
}

/** It mounts, makes devices and watches all processes: in a machine that is thrown away alone. */
const inGuest = / run=\S+/.test(readFileSync("/proc/cmdline", "utf8"));

if (process.argv[2] === "inside") {
  if (!inGuest) throw new Error("this runs in a guest of test/verifier/guest/boot.sh, and nowhere else");
  await inside();
  process.exit(0);
}
for (const kernel of process.argv.slice(2)) {
  console.log(`Linux ${kernel}`);
  console.log(runInGuest(kernel, import.meta.filename, "inside", join(process.env["SKEP_KERNELS"] ?? "", kernel)));
}
