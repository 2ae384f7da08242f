/** From a program of a Spec to one that the interpreter runs: what only loading can know is filled in. */

import type { Btf } from "../../btf/btf.ts";
import { IsaError } from "../../isa/errors.ts";
import type { Instruction } from "../../isa/instruction.ts";
import { targetOf } from "../../isa/jumps.ts";
import type { ExternReference, ExternSpec, ProgramSpec, Relocation } from "../../object/spec.ts";
import { HELPER, helperName } from "../../uapi/helpers.ts";
import { FeatureError, VerifierError } from "../errors.ts";
import { FUNCTION_TAG } from "./access.ts";
import { ABSENT_KFUNC, ABSENT_TYPE, kfuncNumber } from "./helpers/helper.ts";
import type { MapStore } from "./maps/store.ts";
import { type Pair, type PreparedProgram, prepare } from "./program.ts";
import type { ProgramKind } from "./programs/kind.ts";

export interface ResolvedProgram {
  readonly code: PreparedProgram;
  /** The maps that it refers to. */
  readonly maps: readonly MapStore[];
}

/** `src` of a wide instruction (`BPF_PSEUDO_*`). */
const PSEUDO_MAP = 1;
const PSEUDO_MAP_VALUE = 2;

/** Upper half of the address of a kfunc: not null, and no address that could be followed. */
const KFUNC_TAG = 0x3;

/**
 * Checks the structure, fills in references.
 * @param types of the Spec, for objects that the program allocates.
 * @param externs what the Spec says of kernel functions and variables that the program names.
 * @throws FeatureError for what this engine does not offer: helpers, kernel functions, kernel types. VerifierError when
 *   the program is malformed, or refers to a map that is not there.
 */
export function resolve(
  spec: ProgramSpec,
  kind: ProgramKind,
  maps: ReadonlyMap<string, MapStore>,
  externs: readonly ExternSpec[] = [],
  types: Btf | null = null,
): ResolvedProgram {
  const { name } = spec;
  const { helpers, packetLoads } = kind;
  // A type's number among the program's own types is known without a kernel.
  const local = new Map((spec.core ?? []).filter(({ kind }) => kind === "type_id_local").map(({ slot, type }) => [slot, type]));
  const core = (spec.core ?? []).find(({ kind }) => kind !== "type_id_local");
  if (core !== undefined) {
    throw new FeatureError(
      "CO-RE",
      null,
      `${name}, slot ${core.slot}: depends on the layout of a kernel type, and the room has no kernel types; open the engine with room: { types } (BTF)`,
    );
  }
  const refuse = (slot: number, why: string, cause?: unknown): never => {
    const message = `${name}, slot ${slot}: ${why}`;
    throw new VerifierError(name, [message], message, cause === undefined ? undefined : { cause });
  };
  const relocations = new Map(spec.relocations.map((relocation) => [relocation.slot, relocation]));
  const used = new Set<MapStore>();

  const references = new Map((spec.externs ?? []).map((extern) => [extern.slot, extern]));
  /** The number of a kernel function or variable that the program may use; null: it is not here, and need not be. */
  const extern = ({ name: symbol, slot }: ExternReference): number | null => {
    const own = kind.functions?.get(symbol);
    if (own !== undefined) return own.id;
    // `___` begins a flavour, which is the program's own name for one of several prototypes.
    const plain = symbol.replace(/___.*$/, "");
    const number = kfuncNumber(plain);
    if (number !== undefined && helpers[number] !== undefined) return number;
    if (externs.find((extern) => extern.name === symbol)?.weak === true) return null;
    const offered =
      number === undefined
        ? "the embedded engine has no kernel"
        : `the embedded engine does not offer it to ${spec.type} programs`;
    throw new FeatureError(plain, null, `${name}, slot ${slot}: uses ${plain} of the kernel; ${offered}`);
  };

  for (const reference of references.values()) extern(reference);

  const reference = (relocation: Relocation, instruction: Instruction): Pair => {
    const { slot, kind, offset } = relocation;
    const map = maps.get(relocation.map);
    if (map === undefined)
      return refuse(
        slot,
        `refers to map ${relocation.map}, which the Spec does not have; it has ${[...maps.keys()].join(", ") || "none"}`,
      );
    const source = kind === "map" ? PSEUDO_MAP : PSEUDO_MAP_VALUE;
    if (instruction.src !== source && instruction.src !== 0)
      refuse(slot, `a ${kind} goes there, but its src is ${instruction.src}`);
    used.add(map);
    if (kind === "map") return { low: map.handle, high: 0 };
    // `map_direct_value_addr` of a map of one value, and of an arena: an address within it.
    if (map.type !== "arena" && (map.type !== "array" || map.maxEntries !== 1))
      refuse(slot, `refers into the value of ${map.name}, which must be an array of one entry, or an arena`);
    if (!(offset >= 0 && offset < map.valueSize))
      refuse(slot, `refers to byte ${offset} of ${map.name}, which has ${map.valueSize}`);
    return { low: map.values.start + offset, high: 0 };
  };

  const poisoned = new Set((spec.poisoned ?? []).map(({ slot }) => slot));
  // A task that a helper gave is a typed pointer, too.
  let hasTask = false;
  try {
    const code = prepare(spec.code, {
      name,
      packetLoads,
      types,
      lines: spec.lines,
      refuse(_instruction, slot, why) {
        throw new FeatureError(why, null, `${name}, slot ${slot}: ${why}`);
      },
      nullReads: () => kind.kernelPointers === true || hasTask,
      helper(id, slot) {
        hasTask ||= id === HELPER.bpf_get_current_task_btf;
        if (helpers[id] !== undefined) return id;
        // What is missing became a call of no helper; a wide load became two.
        if (poisoned.has(slot) || poisoned.has(slot - 1)) return ABSENT_TYPE;
        const helper = helperName(id);
        if (helper === null) return refuse(slot, `calls helper ${id}, which does not exist`);
        throw new FeatureError(
          helper,
          null,
          `${name}, slot ${slot}: ${helper} is not offered by the embedded engine to ${spec.type} programs`,
        );
      },
      kfunc(_instruction, slot) {
        const called = references.get(slot);
        if (called === undefined) return refuse(slot, "calls a kernel function that no reference names");
        return extern(called) ?? ABSENT_KFUNC;
      },
      wide(instruction, slot) {
        const type = local.get(slot);
        if (type !== undefined) return { low: type, high: 0 };
        const symbol = references.get(slot);
        if (symbol !== undefined) {
          const number = extern(symbol);
          return number === null ? { low: 0, high: 0 } : { low: number, high: KFUNC_TAG };
        }
        const relocation = relocations.get(slot);
        relocations.delete(slot);
        if (relocation !== undefined) return reference(relocation, instruction);
        if (instruction.src === 0) return null;
        const target = targetOf(instruction, slot);
        if (target !== null) return { low: target, high: FUNCTION_TAG };
        return refuse(slot, `loads something (src ${instruction.src}) that no relocation names`);
      },
    });
    const [stray] = relocations.values();
    if (stray !== undefined)
      refuse(stray.slot, `a reference to map ${stray.map} belongs there, but the instruction is no wide load with src 1 or 2`);
    return { code, maps: [...used] };
  } catch (error) {
    if (error instanceof IsaError) return refuse(error.slot, error.message, error);
    throw error;
  }
}
