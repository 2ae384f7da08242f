/**
 * Loads programs into the kernel that runs here, as a loader does, and tells what it said: run it in a child process only.
 * Unlike the Linux engine it is strict (a map's types are taken or the case fails) and it knows kfuncs, kernel variables and
 * targets by name. Everything is closed after each program.
 */

import { readFileSync } from "node:fs";
import { type Btf, openBtf } from "../../src/btf/btf.ts";
import { lineRecords, typesForKernel } from "../../src/engine/linux/programs/source-lines.ts";
import { Request } from "../../src/engine/linux/request.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import type { Transport } from "../../src/engine/linux/sys/transport.ts";
import { relocate as relocateCore } from "../../src/object/core/relocate.ts";
import type { ExternSpec, MapSpec, ProgramSpec, Spec } from "../../src/object/spec.ts";
import { ATTACH_TYPE } from "../../src/uapi/attach-types.ts";
import { MAP_TYPE } from "../../src/uapi/map-types.ts";
import { PROGRAM_TYPE } from "../../src/uapi/program-types.ts";

/** What a kernel said of a program. */
export interface Answer {
  readonly accepted: boolean;
  /** `EACCES` …; empty when it was accepted. */
  readonly errno: string;
  /** The log of level 2, without what it says of the time. */
  readonly log: string;
  /** Set when the program was not given to the verifier at all, e.g. because the kernel has no such map. */
  readonly failed?: string;
}

/** Room for a log. A program whose log is longer is loaded once more with one line of log only. */
const LOG_SIZE = 1 << 24;

export async function openLoader(): Promise<KernelLoader> {
  return new KernelLoader(await openNative(), openBtf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux"))));
}

/** What libbpf calls in place of a kernel function that may be missing and is. */
const MISSING_KFUNC = 2002000000;

const ARENA_ADDRESS = 1n << 44n;

class Failure extends Error {}

export class KernelLoader {
  readonly #transport: Transport;
  readonly #kernelTypes: Btf;
  readonly #log = new Uint8Array(LOG_SIZE);

  constructor(transport: Transport, kernelTypes: Btf) {
    this.#transport = transport;
    this.#kernelTypes = kernelTypes;
  }

  /** @param level of the log: 2 all, 1 the path to the refusal, 4 the statistics only. */
  load(spec: Spec, program: ProgramSpec, level = 2): Answer {
    const open: number[] = [];
    try {
      const adapted = relocateCore(spec, this.#kernelTypes, { programs: ({ name }) => name === program.name });
      return this.#load(adapted, adapted.programs.find(({ name }) => name === program.name) ?? program, open, level);
    } catch (error) {
      return { accepted: false, errno: "", log: "", failed: error instanceof Error ? error.message : String(error) };
    } finally {
      for (const fd of open) this.#transport.close(fd);
    }
  }

  #load(spec: Spec, program: ProgramSpec, open: number[], level: number): Answer {
    const types = typesForKernel(spec);
    const typesFd = types === null ? 0 : this.#loadTypes(types.btf, open);
    const maps = new Map<string, number>();
    const used = new Set(program.relocations.map(({ map }) => map));
    for (const map of spec.maps) if (used.has(map.name)) maps.set(map.name, this.#makeMap(map, typesFd, open));
    const code = this.#relocate(program, maps, spec.externs ?? []);
    const request = new Request(this.#transport, "prog_load")
      .u32("prog_type", PROGRAM_TYPE[program.type])
      .u32("insn_cnt", code.length / 8)
      .pointer("insns", code)
      .pointer("license", new TextEncoder().encode(`${spec.license}\0`))
      .u32("expected_attach_type", program.attachType === null ? 0 : ATTACH_TYPE[program.attachType])
      .u32("prog_flags", program.flags ?? 0)
      .text("prog_name", program.name)
      .u32("log_level", level)
      .u32("log_size", LOG_SIZE)
      .pointer("log_buf", this.#log);
    if (program.type === "kprobe") request.u32("kern_version", 0);
    const attachTo = program.type === "struct_ops" ? this.#implements(spec, program, request) : this.#attachTo(program);
    if (attachTo !== 0) request.u32("attach_btf_id", attachTo);
    if (types !== null) {
      const functions = recordsOf(program);
      const lines = lineRecords(program, types);
      if (functions !== null || lines !== null || program.section !== "") request.u32("prog_btf_fd", typesFd);
      if (functions !== null)
        request
          .u32("func_info_rec_size", 8)
          .u32("func_info_cnt", functions.length / 8)
          .pointer("func_info", functions);
      if (lines !== null)
        request
          .u32("line_info_rec_size", 16)
          .u32("line_info_cnt", lines.length / 16)
          .pointer("line_info", lines);
    }
    this.#log[0] = 0;
    const result = request.send();
    if (result >= 0) open.push(result);
    const end = this.#log.indexOf(0);
    const log = new TextDecoder().decode(this.#log.subarray(0, end < 0 ? LOG_SIZE : end));
    if (result >= 0) return { accepted: true, errno: "", log };
    const errno = request.error(result).code;
    const failed = notAskedBecause(errno, log);
    return { accepted: false, errno, log, ...(failed === null ? {} : { failed }) };
  }

  #loadTypes(btf: Uint8Array, open: number[]): number {
    const request = new Request(this.#transport, "btf_load")
      .pointer("btf", btf)
      .u32("btf_size", btf.length)
      .u32("btf_log_level", 1)
      .u32("btf_log_size", LOG_SIZE)
      .pointer("btf_log_buf", this.#log);
    this.#log[0] = 0;
    const fd = request.send();
    if (fd < 0) {
      const log = new TextDecoder().decode(this.#log.subarray(0, this.#log.indexOf(0))).trimEnd();
      throw new Failure(`types: ${log.slice(log.lastIndexOf("\n") + 1)} (${request.error(fd).code})`);
    }
    open.push(fd);
    return fd;
  }

  #makeMap(map: MapSpec, typesFd: number, open: number[]): number {
    const request = new Request(this.#transport, "map_create")
      .u32("map_type", MAP_TYPE[map.type])
      .u32("key_size", map.keySize)
      .u32("value_size", map.valueSize)
      .u32("max_entries", map.maxEntries === 0 && map.type === "perf_event_array" ? 1 : map.maxEntries)
      .u32("map_flags", map.flags)
      // An arena without an address of its own is mapped by its owner before programs are loaded: any address will do.
      .u64("map_extra", Number(map.extra ?? (map.type === "arena" ? ARENA_ADDRESS : 0n)))
      .text("map_name", map.name);
    if (map.inner !== undefined) request.u32("inner_map_fd", this.#makeMap(map.inner, typesFd, open));
    if (map.valueType !== 0 && TAKES_TYPES.has(map.type))
      request.u32("btf_fd", typesFd).u32("btf_key_type_id", map.keyType).u32("btf_value_type_id", map.valueType);
    const fd = request.send();
    if (fd < 0) throw new Failure(`map ${map.name}: ${request.error(fd).code}`);
    open.push(fd);
    if (map.contents?.kind === "bytes" && map.type === "array") this.#fill(map, fd, map.contents.bytes);
    return fd;
  }

  #fill(map: MapSpec, fd: number, bytes: Uint8Array): void {
    const value = new Uint8Array(map.valueSize);
    value.set(bytes.subarray(0, map.valueSize));
    const update = new Request(this.#transport, "map_update_elem")
      .u32("map_fd", fd)
      .pointer("key", new Uint8Array(4))
      .pointer("value", value);
    const result = update.send();
    if (result < 0) throw new Failure(`contents of map ${map.name}: ${update.error(result).code}`);
    if (map.frozen === true) new Request(this.#transport, "map_freeze").u32("map_fd", fd).send();
  }

  #relocate(program: ProgramSpec, maps: ReadonlyMap<string, number>, externs: readonly ExternSpec[]): Uint8Array {
    const code = program.code.slice();
    const view = new DataView(code.buffer);
    for (const { slot, map, kind, offset } of program.relocations) {
      const fd = maps.get(map);
      if (fd === undefined) throw new Failure(`there is no map ${map}`);
      view.setUint8(slot * 8 + 1, (view.getUint8(slot * 8 + 1) & 15) | ((kind === "map" ? 1 : 2) << 4));
      view.setInt32(slot * 8 + 4, fd, true);
      view.setUint32(slot * 8 + 12, offset, true);
    }
    for (const { slot, kind, name } of program.externs ?? []) {
      const known = name.replace(/___.*/, "");
      const extern = externs.find((extern) => extern.name === name);
      const weak = extern?.kind !== "kconfig" && extern?.kind !== "unlinked" && extern?.weak === true;
      // The address of an untyped symbol is a number that programs cannot look into: any will do.
      const untyped = extern?.kind === "ksym" && extern.type === 0 && view.getUint8(slot * 8 + 1) >> 4 !== 3;
      const id = untyped ? undefined : this.#kernelTypes.find(known, extern?.kind === "kfunc" ? "function" : "variable");
      if (id === undefined && !untyped && !weak) throw new Failure(`the kernel has no ${known}`);
      view.setInt16(slot * 8 + 2, 0, true);
      view.setInt32(slot * 8 + 4, id ?? (kind === "call" ? MISSING_KFUNC + externs.indexOf(extern!) : untyped ? 1 : 0), true);
      if (id === undefined) view.setUint8(slot * 8 + 1, view.getUint8(slot * 8 + 1) & 15);
      else if (kind === "address") view.setUint8(slot * 8 + 1, (view.getUint8(slot * 8 + 1) & 15) | (3 << 4));
    }
    return code;
  }

  /** The struct of functions that it is one of; which one is told as its attach type. */
  #implements(spec: Spec, { name }: ProgramSpec, request: Request<"prog_load">): number {
    for (const { structOps } of spec.maps) {
      const member = structOps?.functions.find(({ program }) => program === name)?.member;
      if (structOps === undefined || member === undefined) continue;
      const struct = structOps.typeName.replace(/___.*/, "");
      const id = this.#kernelTypes.find(struct, "struct");
      const type = id === undefined ? undefined : this.#kernelTypes.type(id);
      const index = type?.kind === "struct" ? type.members.findIndex((each) => each.name === member) : -1;
      if (id === undefined || index < 0) throw new Failure(`the kernel has no ${struct}.${member}`);
      request.u32("expected_attach_type", index);
      return id;
    }
    throw new Failure("no struct has it as a member");
  }

  #attachTo({ type, attachType, target }: ProgramSpec): number {
    if (target === undefined || target === "") return 0;
    const find = (name: string, kind: "function" | "typedef" | "struct") => {
      const id = this.#kernelTypes.find(name, kind);
      if (id === undefined) throw new Failure(`the kernel has no ${name}`);
      return id;
    };
    if (type === "lsm") return find(`bpf_lsm_${target}`, "function");
    if (type !== "tracing") return 0;
    if (attachType === "trace_raw_tp") return find(`btf_trace_${target}`, "typedef");
    if (attachType === "trace_iter") return find(`bpf_iter_${target}`, "function");
    return find(target, "function");
  }
}

/** All functions or none: those that nobody calls, as handlers of exceptions are, too. */
function recordsOf({ functions }: ProgramSpec): Uint8Array | null {
  if (functions.length === 0 || functions.some(({ type }) => type === 0)) return null;
  const records = new Uint32Array(functions.flatMap(({ slot, type }) => [slot, type]));
  return new Uint8Array(records.buffer);
}

/** Not what the verifier thinks of a program, but what this kernel was built with. */
function notAskedBecause(errno: string, log: string): string | null {
  if (errno === "EPERM" && log.replace(/^(processed|func#|verification time|stack depth).*/gm, "").trim() === "")
    return "this kernel loads no such programs";
  return log.includes("ldimm64 failed to find the address for kernel symbol") ? "this kernel does not tell addresses" : null;
}

/** Maps of other kinds refuse a value type. */
const TAKES_TYPES: ReadonlySet<string> = new Set([
  ...["hash", "array", "lru_hash", "percpu_hash", "percpu_array", "lru_percpu_hash", "lpm_trie"],
  ...["sk_storage", "task_storage", "inode_storage", "cgrp_storage", "cgroup_storage", "percpu_cgroup_storage"],
]);
