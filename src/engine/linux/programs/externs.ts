/**
 * What programs use of the kernel by name: functions (kfuncs, 5.13), variables by their type (5.10) or as addresses alone. Numbers go into the
 * instructions: an id among the kernel's types, or an address. What may be missing (`weak`) becomes 0 where its address is asked for, and
 * a call of no function where it is called, which the verifier refuses where it is reached.
 */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import { nearest } from "../../../nearest.ts";
import { typesAreCompatible } from "../../../object/core/compatible.ts";
import { CoreTypes } from "../../../object/core/types.ts";
import type { KsymExtern, ProgramSpec, Spec } from "../../../object/spec.ts";
import { FeatureError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { explainRefusal, missingCapabilities } from "../privileges.ts";

/** Where an extern was found. */
export type FoundExtern =
  | { readonly kind: "type"; readonly id: number; readonly module: string | null }
  | { readonly kind: "address"; readonly address: bigint }
  | { readonly kind: "absent" };

/** `BPF_PSEUDO_KFUNC_CALL`, `BPF_PSEUDO_BTF_ID`. */
const PSEUDO_KFUNC_CALL = 2;
const PSEUDO_BTF_ID = 3;
/** What libbpf calls in the place of a kernel function that is not there (`POISON_CALL_KFUNC_BASE`): no kernel has as many helpers. */
export const ABSENT_KFUNC = 2_002_000_000;

/**
 * By name, all externs of some programs. The list of the kernel's addresses is read once, and only for addresses.
 * @throws FeatureError for what must be there and is not.
 */
export function findExterns(kernel: Kernel, spec: Spec, programs: readonly ProgramSpec[]): ReadonlyMap<string, FoundExtern> {
  const used = new Map<string, ProgramSpec>();
  for (const program of programs) for (const { name } of program.externs ?? []) if (!used.has(name)) used.set(name, program);
  const found = new Map<string, FoundExtern>();
  if (used.size === 0) return found;
  const addresses: KsymExtern[] = [];
  for (const [name, program] of used) {
    const extern = (spec.externs ?? []).find((each) => each.name === name);
    if (extern === undefined || extern.kind === "unlinked") throw unlinked(`program ${program.name}`, name);
    if (extern.kind === "kconfig") continue;
    if (extern.type === 0) {
      addresses.push(extern);
      continue;
    }
    found.set(name, findType(kernel, spec, program, extern));
  }
  if (addresses.length > 0) {
    const symbols = readSymbols(kernel, new Set(addresses.map(({ name }) => plain(name))));
    for (const { name, weak } of addresses) {
      const address = symbols.get(plain(name)) || undefined;
      if (address === undefined && !weak && symbols.has(plain(name))) throw hidden(kernel, used.get(name)!, name);
      if (address === undefined && !weak) throw missing(used.get(name)!, name, "symbol", "/proc/kallsyms does not list it");
      found.set(name, address === undefined ? { kind: "absent" } : { kind: "address", address });
    }
  }
  return found;
}

/** @throws FeatureError when something is to come from another object, whether a program uses it or not. */
export function checkLinked({ name, externs = [] }: Spec): void {
  const missing = externs.find(({ kind }) => kind === "unlinked");
  if (missing !== undefined) throw unlinked(name, missing.name);
}

const unlinked = (who: string, name: string): FeatureError =>
  new FeatureError(name, null, `${who}: ${name} is defined in another object; link them first (skep link)`);

/** `___` begins a flavour, which is the program's own name for one of several prototypes. */
const plain = (name: string): string => name.replace(/___.*$/, "");

function findType(kernel: Kernel, spec: Spec, program: ProgramSpec, extern: KsymExtern): FoundExtern {
  const { vmlinux, modules } = kernel.types;
  const isFunction = extern.kind === "kfunc";
  const kind = isFunction ? "function" : "variable";
  const name = plain(extern.name);
  const fits = (types: Btf, id: number | undefined): id is number => id !== undefined && hasType(spec, extern, types, id);
  const own = vmlinux?.find(name, kind);
  if (vmlinux !== null && fits(vmlinux, own)) return { kind: "type", id: own, module: null };
  for (const module of own === undefined ? modules : []) {
    const types = kernel.types.module(module);
    const id = types?.find(name, kind);
    if (types !== null && fits(types, id)) return { kind: "type", id, module };
  }
  if (extern.weak) return { kind: "absent" };
  const what = isFunction ? "kernel function" : "kernel variable";
  if (vmlinux === null) throw missing(program, name, what, "it does not tell its types");
  if (own !== undefined) throw missing(program, name, what, "it has another type there");
  const near = nearest(name, isFunction ? kfuncNames(vmlinux) : []);
  throw missing(
    program,
    name,
    what,
    near === null ? "it was added later, or is part of what this kernel was built without" : `did you mean ${near}?`,
  );
}

function missing(program: ProgramSpec, name: string, what: string, why: string): FeatureError {
  return new FeatureError(name, null, `program ${program.name}: this kernel has no ${what} ${name}: ${why}`);
}

function* kfuncNames(types: Btf): Generator<string> {
  for (const id of types.ids("function")) {
    const name = types.name(id);
    if (name.startsWith("bpf_")) yield name;
  }
}

/** Whether what the kernel has is what the program declares, as libbpf compares them. */
function hasType(spec: Spec, extern: KsymExtern, types: Btf, id: number): boolean {
  if (spec.types === null) return true;
  const found = types.type(id);
  const theirs = found.kind === "function" ? found.type : found.kind === "variable" ? types.resolve(found.type) : id;
  const local = new CoreTypes(openBtf(spec.types));
  return typesAreCompatible(local, extern.type, new CoreTypes(types), theirs);
}

/** The kernel lists it, and does not say where it is. */
function hidden(kernel: Kernel, program: ProgramSpec, name: string): Error {
  const cause = new Error("the kernel shows zeroes (kernel.kptr_restrict)");
  if (missingCapabilities(kernel.facts, ["CAP_SYSLOG"]).length === 0)
    return missing(program, name, "symbol", `it hides all addresses: ${cause.message}`);
  return explainRefusal(
    kernel.facts,
    `program ${program.name}: reading the address of ${name} in /proc/kallsyms`,
    ["CAP_SYSLOG"],
    cause,
  );
}

/** Addresses of some symbols, 0 where the kernel hides them, in one pass over /proc/kallsyms: `ffffffff81000000 T name`, or with ` [module]` behind. */
export function readSymbols({ facts }: Kernel, names: ReadonlySet<string>): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  const bytes = facts.bytes("/proc/kallsyms");
  if (bytes === null) return found;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const name of names) {
    // A search for the whole field: `address T name` ends with a newline or a tab.
    const wanted = ` ${name}`;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      const end = text[at + wanted.length];
      if (end !== undefined && end !== 0x0a && end !== 0x09 && end !== 0x20) continue;
      const start = text.lastIndexOf(0x0a, at) + 1;
      found.set(name, BigInt(`0x${text.toString("latin1", start, text.indexOf(0x20, start))}`));
      break;
    }
  }
  return found;
}

/** Writes what was found into a program's instructions. `moduleIndex`: which descriptor of the program's list is a module's types. */
export function writeExterns(
  program: ProgramSpec,
  code: Uint8Array,
  found: ReadonlyMap<string, FoundExtern>,
  moduleDescriptor: (module: string) => { readonly index: number; readonly fd: number },
): void {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  (program.externs ?? []).forEach(({ slot, kind, name }, index) => {
    const at = slot * 8;
    const extern = found.get(name);
    if (extern === undefined) return;
    const destination = view.getUint8(at + 1) & 0x0f;
    if (kind === "call") {
      const present = extern.kind === "type";
      view.setUint8(at + 1, (present ? PSEUDO_KFUNC_CALL : 0) << 4);
      view.setInt16(at + 2, present && extern.module !== null ? moduleDescriptor(extern.module).index : 0, true);
      view.setInt32(at + 4, present ? extern.id : ABSENT_KFUNC + index, true);
      return;
    }
    const typed = extern.kind === "type";
    view.setUint8(at + 1, destination | ((typed ? PSEUDO_BTF_ID : 0) << 4));
    const value = extern.kind === "address" ? extern.address : 0n;
    view.setInt32(at + 4, typed ? extern.id : Number(BigInt.asIntN(32, value)), true);
    const high = typed && extern.module !== null ? moduleDescriptor(extern.module).fd : Number(BigInt.asIntN(32, value >> 32n));
    view.setInt32(at + 12, high, true);
  });
}
