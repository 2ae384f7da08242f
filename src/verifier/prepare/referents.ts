/** What instructions refer to: maps, and variables and functions of the kernel. The loader's half, and the kernel's. */

import type { Btf } from "../../btf/btf.ts";
import type { ExternReference, ExternSpec, ProgramSpec, Spec } from "../../object/spec.ts";
import { MAP_TYPE_SINCE } from "../../uapi/since.ts";
import type { Code, Referent } from "../program.ts";
import { refuse } from "../refusal.ts";
import { CALL, LD_IMM64, PSEUDO_BTF_ID, PSEUDO_KFUNC_CALL, PSEUDO_MAP, PSEUDO_MAP_VALUE } from "../shape/opcodes.ts";
import type { Target } from "../target.ts";
import type { MapTable } from "./maps.ts";

/** `MAX_KFUNC_DESCS`: different kernel functions that a program calls. */
const MOST_KFUNCS = 256;
/** What libbpf writes in place of a call of a kernel function that may be missing and is: a helper that does not exist. */
const MISSING_KFUNC = 2002000000;

/** Fills in what loaders fill in. `code` is changed. */
export function findReferents(
  spec: Spec,
  source: ProgramSpec,
  target: Target,
  maps: MapTable,
  code: Code,
): Map<number, Referent> {
  const referents = new Map<number, Referent>();
  for (const { slot, kind, map: name, offset } of source.relocations) {
    if (slot + 1 >= code.length || code.opcode[slot] !== LD_IMM64) continue;
    const map = maps.get(name);
    if (map === undefined) refuse(`map ${name} is not there`, "ENOENT", slot);
    if (!target.hasMapType(map.type)) {
      const since = MAP_TYPE_SINCE[map.type];
      refuse(`map ${name}: this kernel has no maps of type ${map.type}, which came with Linux ${since}`, "EINVAL", slot);
    }
    code.src[slot] = kind === "map" ? PSEUDO_MAP : PSEUDO_MAP_VALUE;
    code.imm[slot + 1] = offset;
    referents.set(slot, kind === "map" ? { kind, map } : { kind, map, offset });
  }
  for (const reference of source.externs ?? []) {
    const index = (spec.externs ?? []).findIndex(({ name }) => name === reference.name);
    const extern = spec.externs?.[index];
    if (extern === undefined) refuse(`extern ${reference.name} is not declared`, "ENOENT", reference.slot);
    const referent = linkExtern(reference, extern, index, target, code);
    if (referent !== null) referents.set(reference.slot, referent);
  }
  return referents;
}

/** @param index of the extern among all. */
function linkExtern(
  { slot, kind: use }: ExternReference,
  extern: ExternSpec,
  index: number,
  { types, era }: Target,
  code: Code,
): Referent | null {
  if (extern.kind === "kconfig") return null;
  const name = withoutFlavour(extern.name);
  const { weak } = extern;
  if (extern.kind === "unlinked") refuse(`extern ${name} is in another object, which is not linked`, "ENOENT", slot);
  if (extern.kind === "kfunc") {
    const btfId = types?.find(name, "function");
    if (btfId === undefined && !weak) refuse(`extern (func ksym) '${name}': not found in kernel or module BTFs`, "ENOENT", slot);
    if (use === "call") {
      if (btfId !== undefined) {
        code.src[slot] = PSEUDO_KFUNC_CALL;
        return { kind: "kfunc", name, weak, btfId };
      }
      code.src[slot] = 0;
      code.imm[slot] = MISSING_KFUNC + index;
      return null;
    }
    if (btfId === undefined || types === null) return nothing(code, slot);
    const referent = address(code, slot, name, weak, types, btfId);
    // Addresses of functions: since 6.2. What is refused later refers to nothing.
    return era < 602 ? null : referent;
  }
  if (extern.type === 0 && code.src[slot] !== PSEUDO_BTF_ID) {
    // An address from /proc/kallsyms: a number that only the kernel knows.
    code.src[slot] = 0;
    return { kind: "ksym", name, weak, btf: null, btfId: 0 };
  }
  const btfId = types?.find(name, "variable");
  if (btfId !== undefined && types !== null) return address(code, slot, name, weak, types, btfId);
  if (!weak) refuse(`extern (var ksym) '${name}': not found in kernel BTF`, "ENOENT", slot);
  return nothing(code, slot);
}

function address(code: Code, slot: number, name: string, weak: boolean, btf: Btf, btfId: number): Referent {
  code.src[slot] = PSEUDO_BTF_ID;
  code.imm[slot] = btfId;
  return { kind: "ksym", name, weak, btf, btfId };
}

/** What is missing and may be has the address 0. */
function nothing(code: Code, slot: number): null {
  code.src[slot] = 0;
  code.imm[slot] = 0;
  if (slot + 1 < code.length) code.imm[slot + 1] = 0;
  return null;
}

function withoutFlavour(name: string): string {
  const at = name.lastIndexOf("___");
  return at > 0 ? name.slice(0, at) : name;
}

/** Calls of kernel functions: `add_kfunc_call` of kernel/bpf/verifier.c. One for each program. */
export class KfuncCalls {
  readonly #code: Code;
  readonly #referents: Map<number, Referent>;
  readonly #types: Btf | null;
  readonly #gpl: boolean;
  readonly #deviceBound: boolean;
  readonly #known = new Set<number>();

  constructor(code: Code, referents: Map<number, Referent>, { types, deviceBound }: Target, gpl: boolean) {
    this.#code = code;
    this.#referents = referents;
    this.#types = types;
    this.#gpl = gpl;
    this.#deviceBound = deviceBound === true;
  }

  add(slot: number): void {
    if (this.#types === null)
      refuse("calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF", "EOPNOTSUPP", slot);
    if (!this.#gpl) refuse("cannot call kernel function from non-GPL compatible program", "EINVAL", slot);
    const linked = this.#referents.get(slot);
    const id = linked?.kind === "kfunc" ? linked.btfId : this.#code.imm[slot]!;
    const module = linked === undefined ? this.#code.offset[slot]! : 0;
    // 0 is refused where it is reached: code that is never run may call what is missing.
    if (id === 0 && module === 0) return;
    if (module < 0)
      refuse(
        `negative offset disallowed for kernel module function call\nfailed to find BTF for kernel function`,
        "EINVAL",
        slot,
      );
    if (module > 0)
      refuse("kfunc offset > 0 without fd_array is invalid\nfailed to find BTF for kernel function", "EPROTO", slot);
    if (this.#known.has(id)) {
      this.#refer(slot, id);
      return;
    }
    if (this.#known.size >= MOST_KFUNCS) refuse("too many different kernel function calls", "E2BIG", slot);
    if (id < 0 || id >= this.#types.count || this.#types.kind(id) !== "function")
      refuse(`kernel btf_id ${id >>> 0} is not a function`, "EINVAL", slot);
    // They read what the driver knows of a packet (since 6.3), and a Spec names no device.
    if (!this.#deviceBound && this.#types.name(id).startsWith("bpf_xdp_metadata_"))
      refuse("metadata kfuncs require device-bound program", "EINVAL", slot);
    this.#known.add(id);
    this.#refer(slot, id);
  }

  #refer(slot: number, btfId: number): void {
    if (this.#referents.has(slot) || this.#types === null) return;
    this.#referents.set(slot, { kind: "kfunc", name: this.#types.name(btfId), weak: false, btfId });
  }
}

/** Typed addresses that no loader wrote: `src` 3 and an id of the kernel's types. Refused later when there is none. */
export function findAddresses(code: Code, referents: Map<number, Referent>, { types, era }: Target): void {
  if (types === null) return;
  const { length, opcode, src, imm } = code;
  for (let slot = 0; slot + 1 < length; slot++) {
    if (opcode[slot] === CALL || opcode[slot] !== LD_IMM64) continue;
    const id = imm[slot]!;
    if (src[slot] === PSEUDO_BTF_ID && !referents.has(slot) && imm[slot + 1] === 0 && id > 0 && id < types.count) {
      const kind = types.kind(id);
      // Addresses of functions: since 6.2.
      if (kind === "variable" || (kind === "function" && era >= 602))
        referents.set(slot, { kind: "ksym", name: types.name(id), weak: false, btf: types, btfId: id });
    }
    slot++;
  }
}
