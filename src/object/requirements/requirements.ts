/** What a Spec needs of the kernel that runs it, and since when Linux has each: found in the code itself. */

import { openBtf } from "../../btf/btf.ts";
import type { BtfKind } from "../../btf/format.ts";
import type { Operation } from "../../isa/opcodes.ts";
import { operationOf } from "../../isa/operation.ts";
import { helperName } from "../../uapi/helpers.ts";
import {
  ATTACH_TYPE_SINCE,
  helperSince,
  type KernelVersion,
  KFUNC_SINCE,
  MAP_FLAGS,
  MAP_TYPE_SINCE,
  PROGRAM_FLAGS,
  PROGRAM_TYPE_SINCE,
} from "../../uapi/since.ts";
import { essentialName } from "../core/types.ts";
import type { MapSpec, ProgramSpec, Spec } from "../spec.ts";
import { type KernelFacts, knownValues } from "./facts.ts";
import { type Flow, followCode } from "./flow.ts";
import { instructionsOf } from "./instructions.ts";
import { compareKernels } from "./version.ts";

export interface Requirement {
  readonly kind:
    | "program type"
    | "attach type"
    | "program flag"
    | "map type"
    | "map flag"
    | "helper"
    | "kernel function"
    | "instruction"
    | "construct"
    | "types";
  /** E.g. `bpf_ringbuf_output`, `ringbuf`, `BPF_F_MMAPABLE`, `loop`. */
  readonly name: string;
  /** The first Linux that has it; null when no table says, as for most kernel functions. */
  readonly since: KernelVersion | null;
  /**
   * `always`: without it nothing loads. `guarded`: the program asks the kernel before it goes there. `on request`: only a
   * program that is not loaded by itself (`autoload: false`) needs it. `optional`: loaders do without where it is missing.
   */
  readonly demand: Demand;
  /** One place a program, the first; and maps. */
  readonly where: readonly Place[];
}

export type Demand = "always" | "guarded" | "on request" | "optional";

export interface Place {
  readonly program?: string;
  readonly map?: string;
  readonly slot?: number;
  /** Source, where the program says. */
  readonly file?: string;
  readonly line?: number;
}

export interface MinimumKernel {
  readonly version: KernelVersion;
  /** What no earlier kernel has. Empty when any kernel with `bpf(2)` will do. */
  readonly because: readonly Requirement[];
}

/** The first Linux with the `bpf` system call. */
const FIRST: KernelVersion = "3.18";

/**
 * Lists requirements, the newest first. With `facts` about a kernel, code that it never reaches requires nothing.
 *
 * Mainline versions: a distribution's kernel may have things earlier, and a configuration may leave them out.
 * @throws BtfError when the types are malformed.
 */
export function requirementsOf(spec: Spec, facts: KernelFacts = {}): Requirement[] {
  const found = new Collector();
  const used = new Set<string>();
  for (const program of spec.programs) {
    for (const { map } of program.relocations) used.add(map);
    new ProgramReader(spec, program, facts, found).read();
  }
  for (const map of spec.maps) readMap(map, used.has(map.name), found);
  if (spec.types !== null) readTypes(spec, found);
  return found.sorted();
}

/**
 * The first mainline Linux that loads all that is loaded by itself.
 * @throws as `requirementsOf`.
 */
export function minimumKernel(spec: Spec, requirements: readonly Requirement[] = requirementsOf(spec)): MinimumKernel {
  const always = requirements.filter(({ demand, since }) => demand === "always" && since !== null);
  const version = always.reduce((newest, { since }) => (compareKernels(since!, newest) > 0 ? since! : newest), FIRST);
  return { version, because: always.filter(({ since }) => since === version && version !== FIRST) };
}

/** Merges what is required at several places. */
class Collector {
  readonly #found = new Map<string, Requirement & { readonly where: Place[] }>();

  add(kind: Requirement["kind"], name: string, since: KernelVersion | null, demand: Demand, place: Place): void {
    const key = `${kind}\n${name}\n${demand}`;
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, { kind, name, since, demand, where: [place] });
    else if (place.program === undefined || known.where.at(-1)?.program !== place.program) known.where.push(place);
  }

  sorted(): Requirement[] {
    const order: readonly Demand[] = ["always", "guarded", "on request", "optional"];
    return [...this.#found.values()].sort(
      (a, b) =>
        order.indexOf(a.demand) - order.indexOf(b.demand) ||
        (a.since === null ? -1 : b.since === null ? 1 : compareKernels(b.since, a.since)) ||
        (a.name < b.name ? -1 : 1),
    );
  }
}

// ── programs ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** These say how to attach, and loaders leave them away where the kernel does not know them. */
const OPTIONAL_ATTACH_TYPES: ReadonlySet<string> = new Set(["xdp", "sk_reuseport_select", "perf_event"]);
/** `BPF_MAXINSNS`: what a program might have before 5.2, and unprivileged ones still. */
const FEW_INSTRUCTIONS = 4096;

const CALL = 0x85;
class ProgramReader {
  readonly #spec: Spec;
  readonly #program: ProgramSpec;
  readonly #found: Collector;
  readonly #flow: Flow;

  constructor(spec: Spec, program: ProgramSpec, facts: KernelFacts, found: Collector) {
    this.#spec = spec;
    this.#program = program;
    this.#found = found;
    this.#flow = followProgram(spec, program, facts);
  }

  read(): void {
    const { type, attachType, flags = 0, section, code, functions } = this.#program;
    if (type !== "unspec") this.#add("program type", type, PROGRAM_TYPE_SINCE[type]);
    if (attachType !== null) {
      // `tc/ingress` is attached to a clsact qdisc where there is no tcx.
      const isOptional = OPTIONAL_ATTACH_TYPES.has(attachType) || section.startsWith("tc/");
      this.#add("attach type", attachType, ATTACH_TYPE_SINCE[attachType], { isOptional });
    }
    for (const { bit, name, since } of PROGRAM_FLAGS) if ((flags & bit) !== 0) this.#add("program flag", name, since);
    if (code.length / 8 > FEW_INSTRUCTIONS) this.#add("construct", `more than ${FEW_INSTRUCTIONS} instructions`, "5.2");
    if (this.#flow.loop >= 0) this.#add("construct", "loop", "5.3", { at: this.#flow.loop });
    this.#readCode(functions.length > 1);
    // The types may come from elsewhere, but kernels have them at hand since then.
    const [first] = this.#program.core ?? [];
    if (first !== undefined) this.#add("types", "the kernel's own types (CO-RE)", "5.4", { at: first.slot, isOptional: true });
  }

  #readCode(hasFunctions: boolean): void {
    const externs = new Map((this.#program.externs ?? []).map(({ slot, name }) => [slot, name]));
    const seen = new Set<string>();
    for (const [at, instruction] of instructionsOf(this.#program.code)) {
      const used = externs.get(at);
      const extern = used === undefined ? undefined : this.#spec.externs?.find(({ name }) => name === used);
      // Another object's function or variable: like its own, once they are linked.
      if (extern?.kind === "unlinked") continue;
      const reached = this.#flow.reached[at] === 1;
      if (instruction.opcode === CALL && instruction.src === 0 && reached) this.#readHelper(instruction.imm, at, hasFunctions);
      // Loaders look for all that must be there; what may be missing they replace where they do not find it.
      const isWeak = extern?.weak === true;
      if (isWeak && !reached) continue;
      if (extern?.kind === "kfunc" && instruction.opcode === CALL) this.#readKfunc(extern.name, at, isWeak ? at : undefined);
      const operation = operationOf(instruction);
      if (operation === null || operation.since === null || operation.since === "3.18") continue;
      const isVariant = VARIANTS.has(operation.kind);
      if (isVariant && !reached) continue;
      const name = describe(operation);
      const asks = isWeak || isVariant ? at : undefined;
      const key = `${name} ${operation.since} ${asks === undefined ? 0 : this.#flow.guarded[asks]}`;
      if (seen.has(key)) continue;
      seen.add(key);
      this.#add("instruction", name, operation.since as KernelVersion, { at, asks });
    }
  }

  #readHelper(number: number, at: number, hasFunctions: boolean): void {
    const since = helperSince(number);
    const name = helperName(number) ?? `helper ${number}`;
    this.#add("helper", name, since, { at, asks: at });
    if (name === "bpf_tail_call" && hasFunctions) this.#add("construct", "tail call beside function calls", "5.10", { at });
  }

  #readKfunc(name: string, at: number, asks: number | undefined): void {
    this.#add("kernel function", essentialName(name), KFUNC_SINCE.get(essentialName(name)) ?? null, { at, asks });
  }

  /**
   * @param at the slot, where there is one
   * @param asks the slot again, when what is behind a question to the kernel need not be there
   * @param isOptional loaders do without
   */
  #add(
    kind: Requirement["kind"],
    name: string,
    since: KernelVersion | null,
    { at, asks, isOptional = false }: { at?: number | undefined; asks?: number | undefined; isOptional?: boolean } = {},
  ): void {
    let demand: Demand = "always";
    if (this.#program.autoload === false) demand = "on request";
    else if (isOptional) demand = "optional";
    else if (asks !== undefined && this.#flow.guarded[asks] === 1) demand = "guarded";
    this.#found.add(kind, name, since, demand, placeOf(this.#program, at));
  }
}

/**
 * Kernels know all opcodes of a program before they follow it, so new ones are refused wherever they stand. These are old
 * opcodes, which mean something new by what is in their offset: that is looked at where the program gets.
 */
const VARIANTS: ReadonlySet<Operation["kind"]> = new Set(["alu-reg", "alu-imm", "mov-sign-extend", "address-space-cast"]);

/** What an operation that came late is called. */
function describe(operation: Operation): string {
  const cpu = operation.cpu > 1 ? ` (cpu v${operation.cpu})` : "";
  switch (operation.kind) {
    case "jump-reg":
    case "jump-imm":
      return `${operation.bits === 32 ? "32-bit comparison" : "jump if less"}${cpu}`;
    case "alu-reg":
    case "alu-imm":
      return `signed division${cpu}`;
    case "mov-sign-extend":
      return `sign-extending move${cpu}`;
    case "endian":
      return `byte swap${cpu}`;
    case "load-signed":
      return `sign-extending load${cpu}`;
    case "atomic":
      return `atomic ${operation.fetch ? "operation that fetches" : operation.op}${cpu}`;
    case "wide":
      return WIDE_NAMES[operation.loads] ?? operation.loads;
    case "jump-long":
      return `long jump${cpu}`;
    case "call-local":
      return "function call";
    case "call-kfunc":
      return "call of a kernel function";
    case "address-space-cast":
      return "address space cast";
    default:
      return `${operation.kind}${cpu}`;
  }
}

const WIDE_NAMES: Readonly<Record<string, string>> = {
  "map-value": "address of a variable",
  btf: "address of a kernel variable",
  function: "address of a function",
};

/** Follows a program with what is known of its externs and relocations. */
export function followProgram(spec: Spec, program: ProgramSpec, facts: KernelFacts): Flow {
  const functions = program.functions.map(({ slot }) => slot);
  return followCode(program.code, { known: knownValues(spec, program, facts), functions });
}

/** A slot of a program, with the source line it comes from. */
export function placeOf(program: ProgramSpec, slot?: number): Place {
  if (slot === undefined) return { program: program.name };
  let low = 0;
  let high = program.lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (program.lines[middle]!.slot <= slot) low = middle + 1;
    else high = middle;
  }
  const line = program.lines[low - 1];
  return { program: program.name, slot, ...(line === undefined ? {} : { file: line.file, line: line.line }) };
}

// ── maps and types ──────────────────────────────────────────────────────────────────────────────────────────────────

function readMap(map: MapSpec, used: boolean, found: Collector): void {
  if (map.autocreate === false) return;
  const place: Place = { map: map.name };
  // Where a kernel has no variables, loaders make no map for them: what uses one is an instruction.
  const variables = map.section !== undefined && /^\.(data|rodata|bss|kconfig)/.test(map.section);
  if (variables && !used) return;
  found.add("map type", map.type, MAP_TYPE_SINCE[map.type], "always", place);
  for (const { bit, name, since } of MAP_FLAGS) {
    if ((map.flags & bit) === 0) continue;
    found.add("map flag", name, since, variables && name === "BPF_F_MMAPABLE" ? "optional" : "always", place);
  }
  if (map.structOps?.link === true) found.add("map flag", "BPF_F_LINK", "6.4", "always", place);
  if (map.inner !== undefined) readMap(map.inner, true, found);
}

/** Kinds of types that came late; loaders rewrite them into older ones where the kernel does not know them. */
const KIND_SINCE: readonly (readonly [BtfKind, KernelVersion])[] = [
  ["enum64", "6.0"],
  ["typeTag", "5.17"],
  ["declTag", "5.16"],
  ["float", "5.13"],
  ["section", "5.2"],
  ["variable", "5.2"],
  ["function", "5.0"],
];

function readTypes(spec: Spec, found: Collector): void {
  if (spec.types === null) return;
  const btf = openBtf(spec.types);
  if (btf.count === 1) return;
  found.add("types", "BTF", "4.18", "optional", {});
  for (const [kind, since] of KIND_SINCE) {
    if (btf.ids(kind).next().done !== true) found.add("types", `BTF ${kind}`, since, "optional", {});
  }
}
