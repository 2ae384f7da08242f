/**
 * libbpf as an oracle: a C program lets it load an object and answers its system calls (`oracle/libbpf.c`), so that what it
 * would hand to the kernel can be compared with a Spec, without a kernel.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MapSpec, ProgramSpec, Spec } from "../../src/object/spec.ts";
import { ATTACH_TYPE } from "../../src/uapi/attach-types.ts";
import { MAP_TYPE } from "../../src/uapi/map-types.ts";
import { PROGRAM_TYPE } from "../../src/uapi/program-types.ts";

interface OpenedLine {
  readonly kind: "opened";
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly attach: number;
  readonly autoload: boolean;
}

interface MapLine {
  readonly kind: "map";
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly keyType: number;
  readonly valueType: number;
  readonly numa: number;
  readonly extra: number;
}

interface ProgramLine {
  readonly kind: "program";
  readonly name: string;
  readonly flags: number;
  /** Slot and map name (15 bytes). */
  readonly maps: readonly (readonly [number, string])[];
  readonly functions: readonly (readonly [number, number])[];
  readonly lines: readonly (readonly [number, number, number])[];
  /** Hexadecimal; descriptors of maps are zero. */
  readonly code: string;
}

type Line =
  | OpenedLine
  | MapLine
  | ProgramLine
  | { readonly kind: "btf"; readonly bytes: string }
  | { readonly kind: "done"; readonly error: number }
  | { readonly kind: "refused"; readonly errno: number };

export interface Answer {
  readonly lines: readonly Line[];
  /** What libbpf said on stderr. */
  readonly log: string;
}

/** Compiles the oracle; returns the reason when that cannot be done. */
export function buildOracle(): { readonly path: string } | { readonly missing: string } {
  const folder = mkdtempSync(join(tmpdir(), "skep-oracle-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "libbpf-oracle");
  const source = new URL("oracle/libbpf.c", import.meta.url).pathname;
  const built = spawnSync("cc", ["-O1", "-o", path, source, "-lbpf"], { encoding: "utf8" });
  if (built.error !== undefined) return { missing: "a C compiler (cc)" };
  return built.status === 0 ? { path } : { missing: "libbpf-dev" };
}

/** @param btf a file with the types that CO-RE relocations adapt to; default: those of the running kernel */
export function ask(oracle: string, object: string, kconfig = "", btf?: string): Answer {
  const result = spawnSync(oracle, btf === undefined ? [object, kconfig] : [object, kconfig, btf], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const lines = result.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
  return { lines, log: result.stderr };
}

/**
 * Everything in which a Spec differs from what libbpf did, one line each; empty when nothing does. Instructions with CO-RE
 * relocations and values of externs are left out: they depend on the kernel.
 */
export function differences(spec: Spec, { lines }: Answer): string[] {
  const found: string[] = [];
  const opened = lines.filter((line) => line.kind === "opened");
  same(found, "programs", spec.programs.map(({ name }) => name).join(" "), opened.map(({ name }) => name).join(" "));
  for (const line of opened) {
    const program = spec.programs.find(({ name }) => name === line.name);
    if (program === undefined) continue;
    same(found, `${line.name}: section`, program.section, line.section);
    // libbpf 1.1 knows fewer names than we do.
    if (line.type !== 0) {
      same(found, `${line.name}: type`, PROGRAM_TYPE[program.type], line.type);
      const attach = program.attachType === null ? 0 : ATTACH_TYPE[program.attachType];
      if (!program.attachType?.startsWith("tcx")) same(found, `${line.name}: attach type`, attach, line.attach);
    }
    same(found, `${line.name}: autoload`, program.autoload ?? true, line.autoload);
  }
  // Several maps may share the 15 bytes that the kernel keeps of a name: libbpf makes them in order.
  const maps = spec.maps.flatMap((map) => (map.inner === undefined ? [map] : [map.inner, map]));
  for (const line of lines) {
    if (line.kind === "map") compareMap(found, maps, line);
    else if (line.kind === "program") {
      const program = spec.programs.find(({ name }) => name === line.name);
      if (program === undefined) found.push(`${line.name}: not in the Spec`);
      else compareProgram(found, spec, program, line);
    }
  }
  const btf = lines
    .filter((line) => line.kind === "btf")
    .reduce((longest, { bytes }) => (bytes.length > longest.length ? bytes : longest), "");
  if (spec.types !== null && btf.length > 500) same(found, "types", Buffer.from(spec.types).toString("hex"), btf);
  return found;
}

function compareMap(found: string[], left: MapSpec[], line: MapLine): void {
  const index = left.findIndex(({ name }) => name.slice(0, 15) === line.name);
  const map = left[index];
  if (map === undefined) {
    found.push(`map ${line.name}: not in the Spec`);
    return;
  }
  left.splice(index, 1);
  const what = (field: string) => `map ${line.name}: ${field}`;
  same(found, what("type"), MAP_TYPE[map.type], line.type);
  same(found, what("key size"), map.keySize, line.keySize);
  same(found, what("value size"), map.valueSize, line.valueSize);
  // Entries of a perf event array are CPUs.
  if (map.maxEntries !== 0) same(found, what("entries"), map.maxEntries, line.maxEntries);
  same(found, what("flags"), map.flags, line.flags);
  same(found, what("NUMA node"), map.numaNode ?? 0, line.numa);
  same(found, what("extra"), Number(map.extra ?? 0n), line.extra);
  // Some kinds take no types; loaders leave them out then.
  if (line.valueType !== 0) {
    same(found, what("key type"), map.keyType, line.keyType);
    same(found, what("value type"), map.valueType, line.valueType);
  }
}

function compareProgram(found: string[], spec: Spec, program: ProgramSpec, line: ProgramLine): void {
  const ours = Buffer.from(program.code);
  const theirs = Buffer.from(line.code, "hex");
  const view = new DataView(ours.buffer, ours.byteOffset, ours.byteLength);
  for (const { slot, offset, kind } of program.relocations) if (kind === "map-value") view.setUint32(slot * 8 + 12, offset, true);
  const hide = (slot: number, from: number, to: number) => {
    for (const code of [ours, theirs]) code.fill(0, slot * 8 + from, slot * 8 + to);
  };
  for (const { slot, kind, name } of program.externs ?? []) {
    // A missing weak one gets a poisoned call, or the address 0.
    const weak = spec.externs?.find((extern) => extern.name === name)?.weak === true;
    hide(slot, weak ? 0 : 2, 8);
    if (kind === "address") hide(slot, 1, 16);
  }
  for (const { slot } of program.core ?? []) hide(slot, 0, ours[slot * 8] === 0x18 ? 16 : 8);
  const name = line.name;
  same(found, `${name}: flags`, program.flags ?? 0, line.flags);
  same(found, `${name}: length`, ours.length / 8, theirs.length / 8);
  for (let slot = 0; slot < Math.min(ours.length, theirs.length) / 8; slot++) {
    const range = [slot * 8, slot * 8 + 8] as const;
    if (ours.compare(theirs, ...range, ...range) === 0) continue;
    same(found, `${name}: slot ${slot}`, ours.subarray(...range).toString("hex"), theirs.subarray(...range).toString("hex"));
    break;
  }
  const maps = program.relocations.map(({ slot, map }) => [slot, map.slice(0, 15)]);
  same(found, `${name}: maps`, JSON.stringify(maps), JSON.stringify(line.maps));
  if (line.functions.length > 0) {
    const functions = program.functions.map(({ slot, type }) => [slot, type]);
    same(found, `${name}: functions`, JSON.stringify(functions), JSON.stringify(line.functions));
  }
  if (line.lines.length > 0) {
    const places = program.lines.map(({ slot, line: number, column }) => [slot, number, column]);
    same(found, `${name}: lines`, JSON.stringify(places), JSON.stringify(line.lines));
  }
}

function same(found: string[], what: string, ours: unknown, theirs: unknown): void {
  if (ours !== theirs) found.push(`${what}: ours ${short(ours)}, libbpf's ${short(theirs)}`);
}

function short(value: unknown): string {
  const text = String(value);
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
}

/** Is a tool installed? */
export function has(tool: string): boolean {
  try {
    execFileSync(tool, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
