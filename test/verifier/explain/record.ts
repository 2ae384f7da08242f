/**
 * Compiles fixtures/refused.bpf.c, loads every program of it and of programs.ts, and prints what the kernel's verifier says:
 *
 *     node test/verifier/explain/record.ts compile
 *     node test/verifier/explain/record.ts record 6.18 > test/verifier/explain/fixtures/logs-6.18.json
 *
 * A child process of its own, as root. Nothing is attached and nothing runs. Logs are of level 2 (or LOG_LEVEL), of long ones the end.
 * Other files are from the same command: level1 with LOG_LEVEL=1, unprivileged under `setpriv --bounding-set=-all,+bpf,+net_admin`; of
 * both only some programs are kept, as `NAME@KERNEL`.
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Btf, openBtf } from "../../../src/btf/btf.ts";
import { DescriptorLedger } from "../../../src/engine/linux/descriptors.ts";
import { MACHINE } from "../../../src/engine/linux/facts.ts";
import type { Kernel } from "../../../src/engine/linux/kernel.ts";
import { KernelTypes } from "../../../src/engine/linux/kernel-types.ts";
import { createMap } from "../../../src/engine/linux/maps/create.ts";
import { relocate } from "../../../src/engine/linux/programs/relocate.ts";
import { functionRecords, lineRecords, typesForKernel } from "../../../src/engine/linux/programs/source-lines.ts";
import { loadTypes } from "../../../src/engine/linux/programs/types.ts";
import { Request } from "../../../src/engine/linux/request.ts";
import { openNative } from "../../../src/engine/linux/sys/native.ts";
import { assemble } from "../../../src/isa/assemble.ts";
import { encode } from "../../../src/isa/encode.ts";
import { readObject } from "../../../src/object/read.ts";
import type { Relocation, Spec } from "../../../src/object/spec.ts";
import { ATTACH_TYPE } from "../../../src/uapi/attach-types.ts";
import { PROGRAM_TYPE } from "../../../src/uapi/program-types.ts";
import { MANY_BRANCHES, MAPS, PROGRAMS, type Refused } from "./programs.ts";

const FOLDER = new URL("fixtures/", import.meta.url).pathname;
/** Since 6.4 the kernel keeps the end of a log that is longer, before that its beginning: such logs are not kept here. */
const LOG_SIZE = 12_000;
/** Of long logs so many characters. */
const KEPT = 5_000;

function compile(): void {
  const flags = ["-target", "bpfel", "-mcpu=v3", "-g", "-O2", "-Wall", "-Werror", "-fdebug-compilation-dir=.", "-fno-ident"];
  for (const [tool, ...args] of [
    ["clang-19", ...flags, "-c", "refused.bpf.c", "-o", "refused.o"],
    ["llvm-strip-19", "-g", "refused.o"],
  ] as const) {
    const { status, stderr } = spawnSync(tool, args, { cwd: FOLDER, encoding: "utf8" });
    if (status !== 0) throw new Error(`${tool}: ${stderr}`);
  }
}

/** A Spec of programs in the kernel's notation. */
export function assembled(programs: readonly Refused[], kernelTypes: Btf | null): Spec {
  return {
    name: "refused",
    license: "GPL",
    types: null,
    maps: MAPS,
    programs: programs.map(({ name, type, attachType, code, flags = 0 }) => {
      const relocations: Relocation[] = [];
      const text = code.replace(
        /kfunc (\w+)/g,
        (_, kfunc: string) => `call kernel-function#${kernelTypes?.find(kfunc, "function") ?? 0}`,
      );
      const bytes = encode(assemble(text));
      for (let slot = 0; slot * 8 < bytes.length; slot++) {
        if (bytes[slot * 8] !== 0x18) continue;
        if (bytes[slot * 8 + 1]! >> 4 === 1) {
          relocations.push({ slot, kind: "map", map: MAPS[bytes[slot * 8 + 4]!]!.name, offset: 0 });
          bytes[slot * 8 + 4] = 0;
        }
        slot++;
      }
      return {
        name,
        section: type,
        type,
        attachType: attachType ?? null,
        code: bytes,
        relocations,
        functions: [{ slot: 0, name, type: 0 }],
        lines: [],
        flags,
      };
    }),
  };
}

interface Recorded {
  readonly errno: number;
  readonly log: readonly string[];
}

async function record(): Promise<Record<string, Recorded>> {
  const transport = await openNative();
  const kernel: Kernel = {
    transport,
    ledger: new DescriptorLedger(transport),
    facts: MACHINE,
    types: new KernelTypes(MACHINE),
    cpus: 2,
  };
  const vmlinux = openBtf(readFileSync("/sys/kernel/btf/vmlinux"));
  const out: Record<string, Recorded> = {};
  const object = readObject(readFileSync(`${FOLDER}refused.o`), { name: "refused.o" });
  for (const spec of [object, assembled([...PROGRAMS, MANY_BRANCHES], vmlinux)]) {
    const texts = typesForKernel(spec);
    const loaded = texts === null ? null : loadTypes(kernel, spec.name, texts.btf);
    if (loaded !== null && "reason" in loaded) throw new Error(loaded.reason);
    const maps = new Map(spec.maps.map((map) => [map.name, createMap(kernel, map, loaded)]));
    for (const program of spec.programs) {
      const code = relocate(program, (name) => maps.get(name)?.fd);
      const buffer = new Uint8Array(LOG_SIZE);
      const request = new Request(transport, "prog_load")
        .u32("prog_type", PROGRAM_TYPE[program.type])
        .u32("insn_cnt", code.length / 8)
        .pointer("insns", code)
        .pointer("license", new TextEncoder().encode("GPL\0"))
        .u32("expected_attach_type", program.attachType === null ? 0 : ATTACH_TYPE[program.attachType])
        .u32("prog_flags", program.flags ?? 0)
        .text("prog_name", program.name)
        .u32("log_level", Number(process.env["LOG_LEVEL"] ?? 2))
        .u32("log_size", buffer.length)
        .pointer("log_buf", buffer);
      const functions = functionRecords(program);
      const lines = texts === null ? null : lineRecords(program, texts);
      if (functions !== null && lines !== null && loaded !== null)
        request
          .u32("prog_btf_fd", loaded.fd)
          .u32("func_info_rec_size", 8)
          .u32("func_info_cnt", functions.length / 8)
          .pointer("func_info", functions)
          .u32("line_info_rec_size", 16)
          .u32("line_info_cnt", lines.length / 16)
          .pointer("line_info", lines);
      const result = request.send();
      const text = new TextDecoder().decode(buffer).replace(/\0[\s\S]*$/, "");
      if (result >= 0) transport.close(result);
      else if (/processed \d+ insns/.test(text))
        out[program.name] = { errno: result, log: endOf(text.replace(/\n$/, "").split("\n")) };
    }
  }
  kernel.ledger.closeAll();
  return out;
}

function endOf(lines: readonly string[]): readonly string[] {
  let from = lines.length;
  for (let size = 0; from > 0 && size + lines[from - 1]!.length <= KEPT; ) size += lines[--from]!.length;
  return lines.join("").length > 2 * KEPT ? lines.slice(from) : lines;
}

if (import.meta.main) {
  if (process.argv[2] === "compile") compile();
  else process.stdout.write(`${JSON.stringify(await record(), null, 1)}\n`);
}
