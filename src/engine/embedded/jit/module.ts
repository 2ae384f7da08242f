/** A whole program as one WebAssembly module: what its functions share, and the functions. */

import { HELPER } from "../../../uapi/helpers.ts";
import { FRAMES } from "../access.ts";
import { CALLS } from "../cpu.ts";
import type { Helper, HelperTable, Result } from "../helpers/helper.ts";
import { TAIL_CALL } from "../helpers/tail-calls.ts";
import { RESILIENT_LOCKS } from "../kfuncs/resilient-locks.ts";
import type { MapStore } from "../maps/store.ts";
import type { Memory } from "../memory.ts";
import { OPERATION } from "../operations.ts";
import type { PreparedProgram } from "../program.ts";
import { Code } from "./code.ts";
import { countLoops } from "./counted.ts";
import { writeEach } from "./each.ts";
import { KIND, KIND_OF } from "./effects.ts";
import { type Flow, flows, width } from "./flow.ts";
import { Liveness } from "./liveness.ts";
import { MapFunctions } from "./map-functions.ts";
import { peel } from "./peel.ts";
import { PIECE_PARAMETERS, type PieceGlobals, writeDriver } from "./pieces.ts";
import type { TailImports } from "./tail-calls.ts";
import { threadStates } from "./threads.ts";
import { FunctionTranslator } from "./translate.ts";
import { F64, I32, I64, LONGEST_BODY, ModuleWriter, OP } from "./wasm.ts";

/**
 * - `bare`: for programs that a verifier accepted. No checks; an access outside the engine's memory still traps.
 * - `checked`: for all others. Bases of accesses are held against null and 32 bits, loops and calls take fuel, helpers' arguments
 *   are checked as in the interpreter, stacks begin as zeroes. It keeps the host safe and the engine alive; unlike the interpreter's
 *   its checks are not exact to the byte: a wrong program may spoil the packets and maps of its own engine.
 */
export type JitMode = "bare" | "checked";

export interface CompileOptions {
  readonly mode: JitMode;
  readonly memory: Memory;
  readonly helpers: HelperTable;
  readonly maps: readonly MapStore[];
  /** Keeps the upper half of the result too, for `JitProgram.resultHigh`. */
  readonly wideResult?: boolean;
  /** Whether tail calls may reach the program, which then leaves more of its outcome than the lower half of r0. */
  readonly tailed?: boolean;
  /** No structured control flow: for tests, and for measuring what it is worth. */
  readonly dispatchAll?: boolean;
  /** For tests: every function in pieces of so many blocks, as very long ones are. */
  readonly pieceBlocks?: number;
}

export interface Signature {
  /** In the module. */
  readonly index: number;
  /** Registers that it takes and gives, ascending. */
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export interface HelperImport {
  readonly index: number;
  /** Takes slot, frame, five lower halves and five upper ones; else only as many lower halves as it has arguments. */
  readonly full: boolean;
  readonly args: number;
  readonly result: Result;
  /** It may call functions of the program. */
  readonly callsBack: boolean;
}

/** What the functions of a module share. Indexes are those of the module; -1: not there. */
export interface Shared {
  readonly program: PreparedProgram;
  readonly mode: JitMode;
  readonly dispatchAll: boolean;
  readonly pieceBlocks: number | undefined;
  readonly memorySize: number;
  readonly sharedMemory: boolean;
  readonly liveness: Liveness;
  readonly helpers: HelperTable;
  readonly maps: readonly MapStore[];
  /** Gets slot and kind, lower and upper half of a register; throws. */
  readonly faultIndex: number;
  /** Type of a block that gives slot and kind, and a register. */
  readonly faultType: number;
  readonly highIndex: number;
  readonly calleeIndex: number;
  readonly callIndex: number;
  readonly packetIndex: number;
  /** Says whether the last packet load was beyond the packet. */
  readonly beyondIndex: number;
  readonly fuelGlobal: number;
  readonly resultGlobal: number;
  /** Where the address of the lowest frame is kept, where calls may nest too deep. */
  readonly bottomGlobal: number;
  /** Type of every function, where they are called by register. */
  readonly functionType: number;
  /** Number of the CPU. */
  readonly cpuGlobal: number;
  /** Whether the program takes locks. */
  readonly locks: boolean;
  /** Null when the program neither makes tail calls nor is reached by any. */
  readonly tails: TailImports | null;
  signatureOf(slot: number): Signature;
  helperOf(id: number): HelperImport;
  /** The map with this handle, or null when the program has none. */
  mapOf(handle: number): MapStore | null;
  readonly mapFunctions: MapFunctions;
  /** For functions in pieces. */
  pieceType(): number;
  pieceGlobals(): PieceGlobals;
}

export interface CompiledProgram {
  readonly program: PreparedProgram;
  readonly options: CompileOptions;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By function of the module: where it begins in `bytes`, and its pairs of offset and slot. */
  readonly traps: ReadonlyMap<number, { readonly start: number; readonly pairs: Int32Array }>;
  /** Slots of the functions in the module's table. */
  readonly callees: readonly number[];
  /** Whether it makes tail calls, or is compiled for being reached by them. */
  readonly tails: boolean;
  /** Whether it calls what looks at its `AddressSpace`, or at its fuel. */
  readonly asks: boolean;
}

/** What a main function takes: r1, r2, frame, fuel. */
const MAIN = [I32, I32, I32, F64];

/** Slots of a function whose loops are looked at for checked mode: compiling a longer one takes long enough. */
const LONGEST_PEELED = 32_768;

const has = (mask: number, register: number): boolean => ((mask >>> register) & 1) === 1;
const registersOf = (mask: number): number[] =>
  Array.from({ length: 11 }, (_, register) => register).filter((register) => has(mask, register));

/**
 * Generates the module; `JitProgram` makes it run.
 */
export function compileModule(program: PreparedProgram, options: CompileOptions): CompiledProgram {
  const { mode, memory, helpers } = options;
  const checked = mode === "checked";
  const functions = flows(program).map((flow) => {
    const threaded = threadStates(program, flow, helpers);
    return checked && threaded.places <= LONGEST_PEELED ? countLoops(program, peel(program, threaded)) : threaded;
  });
  const args = (id: number): number => helpers[id]?.args.length ?? 0;
  const liveness = new Liveness(program, functions, (id) => ((1 << args(id)) - 1) << 1);

  const called = new Set<number>();
  const helperIds = new Set<number>();
  const asks = asksHost(program, false);
  let anyCallee = false;
  let anyPacket = false;
  for (let slot = 0; slot < program.operation.length; slot += width(program, slot)) {
    const kind = KIND_OF[program.operation[slot]!]!;
    if (kind === KIND.callLocal) called.add(program.offset[slot]!);
    else if (kind === KIND.callHelper) helperIds.add(program.extra[slot]!);
    else if (kind === KIND.callRegister) anyCallee = true;
    else if (kind === KIND.packet) anyPacket = true;
  }

  const module = new ModuleWriter();
  module.importMemory("memory", memory.size / 65_536, memory.shared);
  const makesTails = helperIds.has(TAIL_CALL) || options.tailed === true;
  if (makesTails) module.importTable("tails");
  const cpuGlobal = module.importGlobal("cpu");
  const callsGlobal = makesTails ? module.importGlobal("calls") : -1;
  const tooDeep = anyCallee || program.taken.size > 0 || nesting(program, functions) > FRAMES;
  const bottomGlobal = tooDeep ? module.importGlobal("bottom") : -1;
  const words = (count: number): number[] => new Array<number>(count).fill(I32);
  const faultIndex = module.importFunction("fault", words(3), []);
  const anyHigh = anyCallee || [...helperIds].some((id) => helpers[id]?.result === "u64");
  const highIndex = anyHigh ? module.importFunction("high", [], [I32]) : -1;
  const calleeIndex = anyCallee ? module.importFunction("callee", words(3), [I32]) : -1;
  const callIndex = anyCallee ? module.importFunction("call", words(13), [I32]) : -1;
  const packetIndex = anyPacket ? module.importFunction("packet", words(3), [I32]) : -1;
  const beyondIndex = anyPacket ? module.importFunction("beyond", [], [I32]) : -1;
  const leave = makesTails ? module.importFunction("leave", words(2), []) : -1;
  const back = makesTails ? module.importFunction("back", [], []) : -1;
  const enter = makesTails && (checked || asksHost(program, true)) ? module.importFunction("enter", words(1), []) : -1;
  const imports = new Map<number, HelperImport>();
  for (const id of helperIds) {
    const helper = helpers[id]!;
    const full = isFull(helper, checked);
    const index = module.importFunction(helperName(id), words(full ? 12 : args(id)), [I32]);
    imports.set(id, { index, full, args: args(id), result: helper.result, callsBack: helper.callsBack });
  }
  const mapFunctions = new MapFunctions(module, options.maps, helperIds, cpuGlobal);
  const fuelGlobal = checked ? module.global(I64) : -1;
  const resultGlobal = options.wideResult === true ? module.global(I32) : -1;

  const mainType = makesTails ? module.type(MAIN, [I32]) : -1;
  const tails = makesTails ? { calls: callsGlobal, mainType, leave, back } : null;
  const signatures = new Map<number, Signature>();
  const mainIsCalled = called.has(0) || program.taken.has(0) || anyCallee;
  let functionType = -1;
  for (const { start } of functions) {
    const params = registersOf(liveness.entry(start));
    const results = registersOf(liveness.exit(start));
    if (start === 0 && !mainIsCalled) {
      signatures.set(0, { index: module.function(MAIN, [I32]), params, results });
      continue;
    }
    const types = [...params.map(() => I64), I32];
    if (anyCallee)
      functionType = module.type(
        types,
        results.map(() => I64),
      );
    signatures.set(start, {
      index: module.function(
        types,
        results.map(() => I64),
      ),
      params,
      results,
    });
  }
  let globals: PieceGlobals | undefined;
  const shared: Shared = {
    program,
    mode,
    dispatchAll: options.dispatchAll ?? false,
    pieceBlocks: options.pieceBlocks,
    memorySize: memory.size,
    sharedMemory: memory.shared,
    liveness,
    helpers,
    maps: options.maps,
    faultIndex,
    faultType: module.type([], [I32, I64]),
    highIndex,
    calleeIndex,
    callIndex,
    packetIndex,
    beyondIndex,
    fuelGlobal,
    resultGlobal,
    bottomGlobal,
    functionType,
    signatureOf: (slot) => signatures.get(slot)!,
    helperOf: (id) => imports.get(id)!,
    mapOf: (handle) => options.maps.find((map) => map.handle === handle >>> 0) ?? null,
    mapFunctions,
    cpuGlobal,
    tails,
    locks: helperIds.has(HELPER.bpf_spin_lock) || RESILIENT_LOCKS.some(({ id }) => helperIds.has(id)),
    pieceType: () => module.type(PIECE_PARAMETERS, [I32]),
    pieceGlobals: () =>
      (globals ??= { registers: Array.from({ length: 11 }, () => module.global(I64)), loops: module.global(I32) }),
  };
  const callees = anyCallee ? functions.map(({ start }) => start) : [];
  const table = callees.map((start) => signatures.get(start)!.index);
  const pairs = new Map<number, Int32Array>();
  for (const flow of functions) {
    const isMain = flow.start === 0 && !mainIsCalled;
    const signature = signatures.get(flow.start)!;
    let translator = new FunctionTranslator(shared, flow, isMain);
    let functions = translator.translate();
    if (functions.some(({ code }) => code.length > LONGEST_BODY - 64)) {
      translator = new FunctionTranslator(shared, flow, isMain, true);
      functions = translator.translate();
    }
    const { pieces } = translator;
    const indexes = pieces === null ? [signature.index] : functions.map(() => module.function(PIECE_PARAMETERS, [I32]));
    functions.forEach(({ locals, code, traps }, at) => {
      module.body(indexes[at]!, locals, code);
      pairs.set(indexes[at]!, traps);
    });
    if (pieces === null) continue;
    const { locals, code } = writeDriver({ shared, signature, isMain, table: table.length, ...pieces });
    module.body(signature.index, locals, code);
    table.push(...indexes);
  }
  let main = signatures.get(0)!.index;
  if (mainIsCalled) main = writeEntry(module, signatures.get(0)!, fuelGlobal, resultGlobal, tails);
  module.exportFunction("run", main);
  if (makesTails) module.exportFunction("tail", enter === -1 ? main : writeTailEntry(module, main, enter));
  writeEach(module, main);
  if (fuelGlobal !== -1 && program.taken.size > 0) {
    const index = module.function([F64], []);
    module.body(index, [], Uint8Array.of(OP.localGet, 0, OP.bulk, 6, OP.globalSet, fuelGlobal, OP.end));
    module.exportFunction("fuel", index);
    const left = module.function([], [F64]);
    module.body(left, [], Uint8Array.of(OP.globalGet, fuelGlobal, OP.f64FromI64, OP.end));
    module.exportFunction("left", left);
  }
  for (const start of program.taken) module.exportFunction(callbackName(start), writeCallback(module, signatures.get(start)!));
  if (resultGlobal !== -1) {
    const index = module.function([], [I32]);
    module.body(index, [], Uint8Array.of(0x23, resultGlobal, 0x0b));
    module.exportFunction("high", index);
  }
  module.table(table);

  const { bytes, codeStart } = module.finish();
  const traps = new Map([...pairs].map(([index, pairs]) => [index, { start: codeStart[index]!, pairs }]));
  return { program, options, bytes, traps, callees, tails: makesTails, asks };
}

/** Name of the import that is a helper. */
export const helperName = (id: number): string => `helper ${id}`;

/** Whether a helper's import takes everything: slot, frame, and both halves of five registers. */
export const isFull = ({ args, callsBack }: Helper, checked: boolean): boolean => checked || callsBack || args.includes("wide");

/** Name of the export that is a function of the program, for helpers that call it back. */
export const callbackName = (slot: number) => `callback ${slot}` as const;

/** The export of a program whose main function is called by others, too. */
function writeEntry(
  module: ModuleWriter,
  main: Signature,
  fuelGlobal: number,
  resultGlobal: number,
  tails: TailImports | null,
): number {
  const index = module.function(MAIN, [I32]);
  const code: number[] = [];
  // Truncate the fuel into its global.
  if (fuelGlobal !== -1) code.push(0x20, 3, 0xfc, 6, 0x24, fuelGlobal);
  for (const register of main.params) {
    if (register === 1 || register === 2) code.push(0x20, register - 1, 0xad);
    else code.push(0x42, 0);
  }
  code.push(0x20, 2, 0x10, ...leb(main.index));
  // r0 is the lowest register and so the deepest on the stack.
  for (let extra = main.results.length; extra > 1; extra--) code.push(0x1a);
  code.push(0x22, 4, 0xa7);
  if (resultGlobal !== -1) code.push(0x20, 4, 0x42, 32, 0x88, 0xa7, 0x24, resultGlobal);
  if (tails !== null) {
    // What `writeOutcome` leaves.
    const calls = [OP.globalGet, ...leb(tails.calls)];
    code.push(...calls, 0x20, 4, 0x42, 32, 0x88, 0xa7, OP.i32Store, 0, CALLS.high);
    if (fuelGlobal !== -1) code.push(...calls, OP.globalGet, fuelGlobal, OP.f64FromI64, OP.f64Store, 0, CALLS.fuel);
  }
  code.push(0x0b);
  module.body(index, [[1, I64]], Uint8Array.from(code));
  return index;
}

/** What tail calls find in their table: the host makes the program's `AddressSpace` its own, then it begins. */
function writeTailEntry(module: ModuleWriter, main: number, enter: number): number {
  const index = module.function(MAIN, [I32]);
  const code = new Code(32).get(2).op(OP.call);
  code.unsigned(enter);
  code.get(0).get(1).get(2).get(3).op(OP.returnCall);
  code.unsigned(main);
  module.body(index, [], code.op(OP.end).finish());
  return index;
}

/** A function of the program as helpers call it: lower halves of r1 to r5, and its frame; the lower half of r0. */
function writeCallback(module: ModuleWriter, callee: Signature): number {
  const index = module.function([I32, I32, I32, I32, I32, I32], [I32]);
  const code: number[] = [];
  for (const register of callee.params) {
    if (register >= 1 && register <= 5) code.push(OP.localGet, register - 1, OP.extendU);
    else code.push(OP.i64Const, 0);
  }
  code.push(OP.localGet, 5, OP.call, ...leb(callee.index));
  for (let extra = callee.results.length; extra > 1; extra--) code.push(OP.drop);
  code.push(OP.wrap, OP.end);
  module.body(index, [], Uint8Array.from(code));
  return index;
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** Whether the program calls what looks at its `AddressSpace`, or at its fuel. Lookups do neither. @param tails whether tail calls do not count. */
function asksHost({ operation, extra }: PreparedProgram, tails: boolean): boolean {
  return operation.some((code, slot) => {
    const kind = KIND_OF[code]!;
    if (kind === KIND.callHelper) return extra[slot] !== HELPER.bpf_map_lookup_elem && !(tails && extra[slot] === TAIL_CALL);
    return kind === KIND.callRegister || kind === KIND.packet;
  });
}

/** How deep local calls nest, the main function counted; more than any limit where they are recursive. */
function nesting(program: PreparedProgram, functions: readonly Flow[]): number {
  const callees = new Map(
    functions.map(({ start, end }) => {
      const list: number[] = [];
      for (let slot = start; slot < end; slot += width(program, slot)) {
        if (program.operation[slot] === OPERATION.callLocal) list.push(program.offset[slot]!);
      }
      return [start, list] as const;
    }),
  );
  const deepest = (start: number, above: number): number => {
    if (above > FRAMES) return above;
    return Math.max(above, ...callees.get(start)!.map((callee) => deepest(callee, above + 1)));
  };
  return deepest(0, 1);
}
