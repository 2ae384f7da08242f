/**
 * What the tests of this folder share. They run in a guest, all in one process (`node --test --test-isolation=none`): a start of node takes
 * seconds there. They mount, make devices and watch all processes, which is for a machine that is thrown away.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { after, before, test } from "node:test";
import type { AttachOptions, Collection } from "../../../src/engine/engine.ts";
import { LinuxEngine, openLinux } from "../../../src/engine/linux/engine.ts";
import { MACHINE } from "../../../src/engine/linux/facts.ts";
import { atLeast } from "../../../src/engine/linux/release.ts";
import { openNative } from "../../../src/engine/linux/sys/native.ts";
import { readObject } from "../../../src/object/read.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { kernelDescriptors } from "../../kernel/census.ts";
import { fixture } from "../../linux/fixtures.ts";
import { kernelLinks, Variables } from "../../linux/scenario.ts";

if (!/ run=\S+/.test(readFileSync("/proc/cmdline", "utf8")))
  throw new Error("this runs in a guest of test/guest/boot.sh, and nowhere else: npm run test:guest");

/** The unpacked package of the kernel that runs. */
const FOLDER = process.env["SKEP_GUEST"] ?? "";
const config = readFileSync(`${FOLDER}/boot/config-${release()}`, "utf8");

/** Why a kind cannot be here, for `skip`; false when it must work: the kernel's version and configuration say it, nothing else. */
export function lacks(since: string, ...options: readonly string[]): string | false {
  if (!atLeast(release(), since)) return `needs Linux ${since}`;
  const missing = options.find((option) => !new RegExp(`^${option}=[ym]`, "m").test(config));
  return missing === undefined ? false : `this kernel is built without ${missing}`;
}

/** Loads a module of the kernel's package, without those that it needs. */
export function loadModule(name: string): void {
  const script = `file=$(find "$0/lib/modules" -name "$1.ko*"); [ -z "$file" ] && exit 0
    case $file in *.xz) xz -dc "$file";; *) cat "$file";; esac > "/run/$1.ko"; busybox insmod "/run/$1.ko"`;
  const { status, stderr } = spawnSync("sh", ["-c", script, FOLDER, name], { encoding: "utf8" });
  if (status !== 0 && !/File exists/.test(stderr)) throw new Error(`module ${name}: ${stderr.trim()}`);
}

/** Runs a command of the shell. @throws Error with what it wrote when it fails. */
export function sh(command: string): void {
  const { status, stderr, stdout } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}${stdout}`);
}

/** Removes a file that it made: `unlink`, which this process does itself. */
export function unlinks(): void {
  writeFileSync("/tmp/skep-unlinked", "");
  unlinkSync("/tmp/skep-unlinked");
}

/** Opens a UDP socket. */
export async function opensSocket(): Promise<void> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.close();
}

/** A control group that this process is in, `/skep`. */
export function ownCgroup(): string {
  if (!readdirSync("/sys/fs/cgroup").includes("cgroup.procs")) sh("mount -t cgroup2 none /sys/fs/cgroup");
  mkdirSync("/sys/fs/cgroup/skep", { recursive: true });
  writeFileSync("/sys/fs/cgroup/skep/cgroup.procs", String(process.pid));
  return "/skep";
}

/** The programs of a file of this folder, in our language, as `suite.ts` compiled them. */
export function typescript(name: string): Spec {
  return readObject(new Uint8Array(readFileSync(`${process.env["SKEP_GUEST_PROGRAMS"]}/${name}.bpf.o`)), { name });
}

/** A program with probes of its own; null where nothing could compile it. */
export function probesFile(): string | null {
  const file = `${process.env["SKEP_GUEST_PROGRAMS"]}/probes`;
  return existsSync(file) ? file : null;
}

/** How often a program ran: clang's fixtures count in places of `hits`, programs of ours in variables. */
export type Counter = (collection: Collection) => number;

export const hits =
  (place: number): Counter =>
  (collection) =>
    new Variables(collection).hits(place);

export const variable =
  (name: string): Counter =>
  (collection) =>
    Number(collection.variables[name]?.get());

interface Firing {
  readonly program: string;
  /** Clang's `trampolines`, when absent. */
  readonly spec?: Spec;
  readonly counter: Counter;
  readonly options?: AttachOptions;
  /** Makes it fire. */
  readonly act: () => unknown;
  /** Another engine than usual. */
  readonly engine?: () => Promise<LinuxEngine>;
  /** What else must hold while it is attached. */
  readonly during?: (collection: Collection) => unknown;
}

/** Loads, attaches, makes it fire, detaches, and looks that it fires no more. @returns the link's description. */
export async function fires({
  program,
  spec = fixture("trampolines"),
  counter,
  options = {},
  act,
  during,
  engine: open = openLinux,
}: Firing): Promise<string> {
  await using engine = await open();
  await using collection = await engine.load(spec, { programs: [program] });
  watchThis(collection);
  const loaded = collection.programs[program];
  assert.ok(loaded, `there is a program ${program}`);
  const before = engine.descriptors.length;
  const link = await loaded.attach(options);
  await act();
  const seen = counter(collection);
  assert.ok(seen > 0, `${link.description} fired`);
  await during?.(collection);
  await link.detach();
  const last = counter(collection);
  await act();
  assert.equal(counter(collection), last, `${link.description} is gone`);
  assert.equal(engine.descriptors.length, before, "what attaching opened is closed");
  return link.description;
}

/** An engine that does not see files whose path has that in it. */
export async function openWithout(part: string): Promise<LinuxEngine> {
  const read = (path: string) => (path.includes(part) ? null : MACHINE.read(path));
  return new LinuxEngine(await openNative(), { ...MACHINE, read });
}

/** Programs of the fixtures count for one process alone, where they have the variable for it. */
function watchThis(collection: Collection): void {
  if (collection.variables["watched"] !== undefined) collection.variables["watched"].set(process.pid);
}

const descriptors = kernelDescriptors().length;
let links: number[] | null = null;

/** To be called once in each file: what its tests left open fails it. */
export function leavesNothing(): void {
  before(() => {
    links = kernelLinks();
  });
  after(() => {
    assert.equal(kernelDescriptors().length, descriptors, `descriptors are open: ${kernelDescriptors().join(", ")}`);
    assert.deepEqual(kernelLinks(), links, "links are left");
  });
}

export { test };
