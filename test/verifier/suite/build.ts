/**
 * From a case to a Spec. Beside what `assemble` reads, a text may say
 *
 *     r1 = map array8           the map of that name (maps.ts)
 *     r1 = value array8 +4      the address of byte 4 of its first value
 *     r1 = ksym bpf_prog_active a variable of the kernel
 *     r2 = func callback        the address of the function at that label
 *     call kfunc bpf_rcu_read_lock
 *     call bpf_ktime_get_ns     a helper
 *     call sub                  the function at that label
 *     raw 0f 10 …               a slot of 8 bytes, in hexadecimal: what `assemble` would not write
 *
 * Statements end with `;` or the line; what follows `//` on a line is a comment.
 */

import { BtfBuilder } from "../../../src/btf/builder.ts";
import { assemble } from "../../../src/isa/assemble.ts";
import { encode } from "../../../src/isa/encode.ts";
import { type Instruction, slots } from "../../../src/isa/instruction.ts";
import type {
  ExternReference,
  ExternSpec,
  FunctionInfo,
  MapSpec,
  ProgramSpec,
  Relocation,
  Spec,
} from "../../../src/object/spec.ts";
import { HELPER, type HelperName } from "../../../src/uapi/helpers.ts";
import type { Case } from "./case.ts";
import { MAPS } from "./maps.ts";

/** What a text refers to, in the order in which it is first named. */
class Names {
  readonly #numbers = new Map<string, number>();

  number(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  get all(): readonly string[] {
    return [...this.#numbers.keys()];
  }
}

interface Assembled {
  readonly code: Uint8Array;
  readonly maps: readonly string[];
  readonly relocations: readonly Relocation[];
  readonly externs: readonly ExternReference[];
  /** Slots of labels that are called or whose address is taken, and slot 0. */
  readonly functions: ReadonlyMap<string, number>;
  /** Of some function. */
  readonly takesAddress: boolean;
}

/** @throws Error that names the program, when its text is wrong. */
export function buildSpec(one: Case): Spec {
  try {
    return specOf(one, one.raw === undefined ? assembleText(one.text ?? "") : assembleRaw(one.raw));
  } catch (cause) {
    throw new Error(`${one.name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function specOf(one: Case, assembled: Assembled): Spec {
  const builder = new BtfBuilder();
  let typed = false;
  const maps = assembled.maps.map((name): MapSpec => {
    const known = MAPS[name];
    if (known === undefined) throw new Error(`${one.name}: there is no map ${name}`);
    const types = known.types?.(builder);
    typed ||= types !== undefined;
    return { name, keyType: types?.key ?? 0, valueType: types?.value ?? 0, ...known.spec };
  });
  // The address of a function is taken only of those that are known to be static.
  const functionTypes =
    one.functions?.(builder) ?? (assembled.takesAddress ? staticFunctions(builder, assembled.functions.keys()) : {});
  typed ||= one.functions !== undefined || assembled.takesAddress;
  const functions = [...assembled.functions]
    .map(([name, slot]): FunctionInfo => ({ slot, name, type: functionTypes[name] ?? 0 }))
    .sort((a, b) => a.slot - b.slot);
  const externs = new Map<string, ExternSpec>();
  for (const { name, kind } of assembled.externs) {
    // A variable without a type would be an address alone.
    const type = kind === "call" ? 0 : builder.int("int", 4, { signed: true });
    typed ||= kind === "address";
    externs.set(name, { kind: kind === "call" ? "kfunc" : "ksym", name, weak: false, type });
  }
  const program: ProgramSpec = {
    name: "main",
    section: "",
    type: one.type ?? "socket_filter",
    attachType: one.attachType ?? null,
    code: assembled.code,
    relocations: assembled.relocations,
    functions,
    lines: [],
    ...(one.target === undefined ? {} : { target: one.target }),
    ...(one.flags === undefined ? {} : { flags: one.flags }),
    ...(assembled.externs.length === 0 ? {} : { externs: assembled.externs }),
  };
  return {
    name: "suite",
    license: one.license ?? "GPL",
    types: typed ? builder.encode() : null,
    maps,
    programs: [program],
    ...(externs.size === 0 ? {} : { externs: [...externs.values()] }),
  };
}

/** `int f(void)` for all, static but for the first. */
function staticFunctions(types: BtfBuilder, names: Iterable<string>): Readonly<Record<string, number>> {
  const prototype = types.prototype(types.int("int", 4, { signed: true }), []);
  return Object.fromEntries(
    [...names].map((name) => [name, types.function(name, prototype, name === "main" ? "global" : "static")]),
  );
}

function assembleRaw(raw: readonly string[]): Assembled {
  const code = bytesOf(raw);
  return { code, maps: [], relocations: [], externs: [], functions: new Map([["main", 0]]), takesAddress: false };
}

function bytesOf(raw: readonly string[]): Uint8Array {
  return Uint8Array.from(
    raw.flatMap((slot) => slot.replaceAll(" ", "").match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)),
  );
}

function assembleText(text: string): Assembled {
  const maps = new Names();
  const kernelNames = new Names();
  const labels = new Names();
  const statements = text.split("\n").flatMap((line) => line.replace(/\/\/.*/, "").split(";"));
  const lines = statements.map((statement) =>
    statement
      .replace(/\bmap ([a-z]\w*)/, (_, name: string) => `map[fd:${maps.number(name)}]`)
      .replace(
        /\bvalue ([a-z]\w*) *(\+\d+)?/,
        (_, name: string, offset?: string) => `map[fd:${maps.number(name)}][0]${offset ?? "+0"}`,
      )
      .replace(/\bksym (\w+)/, (_, name: string) => `btf[id:${kernelNames.number(name)}]`)
      .replace(/\bcall kfunc (\w+)/, (_, name: string) => `call kernel-function#${kernelNames.number(name)}`)
      // Its bytes are put in afterwards.
      .replace(/\braw [0-9a-f ]+/, "exit")
      .replace(/\bfunc (\w+)/, (_, label: string) => {
        labels.number(label);
        return `subprog[${label}]`;
      }),
  );
  const instructions = assemble(lines.join("\n"), { helperId: (name) => HELPER[name as HelperName] ?? null });
  const assembled = refer(instructions, lines, maps.all, kernelNames.all, labels);
  for (const [index, slot] of walk(lines).statements.entries()) {
    const raw = /\braw ([0-9a-f ]+)/.exec(statements[index]!)?.[1];
    if (raw !== undefined) assembled.code.set(bytesOf([raw]), slot * 8);
  }
  return assembled;
}

/** Turns the numbers that stood for names into relocations and externs. */
function refer(
  instructions: readonly Instruction[],
  lines: readonly string[],
  maps: readonly string[],
  kernelNames: readonly string[],
  labels: Names,
): Assembled {
  const relocations: Relocation[] = [];
  const externs: ExternReference[] = [];
  const functionSlots = new Set<number>();
  let slot = 0;
  const clean = instructions.map((instruction): Instruction => {
    const at = slot;
    slot += slots(instruction);
    const { opcode, src, imm, high } = instruction;
    if (opcode === 0x18 && (src === 1 || src === 2)) {
      const kind = src === 1 ? "map" : "map-value";
      relocations.push({ slot: at, kind, map: maps[imm]!, offset: kind === "map" ? 0 : high });
      return { ...instruction, imm: 0, high: 0 };
    }
    if (opcode === 0x18 && src === 3) {
      externs.push({ slot: at, kind: "address", name: kernelNames[imm]! });
      return { ...instruction, imm: 0 };
    }
    if (opcode === 0x85 && src === 2) {
      externs.push({ slot: at, kind: "call", name: kernelNames[imm]! });
      return { ...instruction, imm: 0 };
    }
    if ((opcode === 0x85 && src === 1) || (opcode === 0x18 && src === 4)) functionSlots.add(at + 1 + imm);
    return instruction;
  });
  return {
    code: encode(clean),
    maps,
    relocations,
    externs,
    functions: functionNames(lines, labels, functionSlots),
    takesAddress: labels.all.length > 0,
  };
}

function functionNames(lines: readonly string[], labels: Names, functionSlots: ReadonlySet<number>): ReadonlyMap<string, number> {
  const byLabel = walk(lines).labels;
  const functions = new Map([["main", 0]]);
  for (const slot of [...functionSlots].sort((a, b) => a - b)) {
    if (slot === 0) continue;
    const label = [...byLabel].find(([, at]) => at === slot)?.[0] ?? `sub_${slot}`;
    functions.set(label, slot);
  }
  for (const label of labels.all) if (byLabel.get(label) !== 0) functions.set(label, byLabel.get(label) ?? 0);
  return functions;
}

/** The slot of every label, and of every statement (of empty ones: the next). */
function walk(lines: readonly string[]): {
  readonly labels: ReadonlyMap<string, number>;
  readonly statements: readonly number[];
} {
  const labels = new Map<string, number>();
  let slot = 0;
  const statements = lines.map((line) => {
    const at = slot;
    let rest = line.trim();
    for (let label = /^([A-Za-z_]\w*):/.exec(rest); label !== null; label = /^([A-Za-z_]\w*):/.exec(rest)) {
      labels.set(label[1]!, slot);
      rest = rest.slice(label[0].length).trim();
    }
    if (rest !== "") slot += / = (?:map\[|btf\[|subprog\[|\S+ ll$)/.test(rest) ? 2 : 1;
    return at;
  });
  return { labels, statements };
}
