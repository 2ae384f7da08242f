/**
 * The compiler's front door: the text of a `.bpf.ts` file in, a Spec out. Portable: no file, no process, no kernel.
 *
 * Importing it imports the parser, which takes as long as everything else together: import it only when something is to be
 * compiled (`await import("./compile.ts")`).
 */

import type { Btf } from "../btf/btf.ts";
import type { CpuVersion } from "../isa/opcodes.ts";
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG } from "../object/data-maps.ts";
import type { ExternSpec, FunctionInfo, LineInfo, MapSpec, ProgramSpec, Spec } from "../object/spec.ts";
import type { Architecture } from "../uapi/registers.ts";
import { CodegenError, describeUse, FrameError } from "./codegen/errors.ts";
import { type Generated, generateProgram } from "./codegen/generate.ts";
import type { IrFunction } from "./ir/ir.ts";
import { optimize } from "./ir/optimize.ts";
import { TypeWriter } from "./typescript/btf-types.ts";
import { DataSections } from "./typescript/data.ts";
import { CompileError } from "./typescript/diagnostics.ts";
import { shortened } from "./typescript/excerpt.ts";
import { KernelState } from "./typescript/kernel/state.ts";
import { KFUNCS } from "./typescript/kfuncs.ts";
import { NotWritable } from "./typescript/lower/kernel-writes.ts";
import { type LoweredProgram, lowerProgram } from "./typescript/lower/program.ts";
import { TooLarge } from "./typescript/lower/session.ts";
import { mapSpec, structOpsSpec } from "./typescript/map-specs.ts";
import { checkModules, type Resolve } from "./typescript/modules.ts";
import { Reporter } from "./typescript/report.ts";
import type { MapDeclaration, Module, ProgramDeclaration } from "./typescript/tree.ts";

export {
  CompileError,
  DIAGNOSTICS,
  type Diagnostic,
  type DiagnosticCode,
  renderDiagnostic,
} from "./typescript/diagnostics.ts";
export type { Resolve } from "./typescript/modules.ts";

export interface CompileOptions {
  /** The source's name, for messages and line information; its last part without extension names the Spec. */
  readonly file: string;
  /** The instruction set, as `-mcpu` of clang: 3 (the default) needs Linux 5.12, 4 needs 6.6. */
  readonly cpu?: CpuVersion;
  /** The oldest Linux that is to run it, as `6.1`: loops over `range()` are what that has. Default: none before 6.4. */
  readonly since?: string;
  /** Finds the files that it imports. Without it, it can only import from the library. */
  readonly resolve?: Resolve;
  /** Gives a kernel's types, for names imported from "skep/vmlinux"; called when the first is needed. Default: there are none. */
  readonly kernel?: () => Btf;
  /** Whose registers kprobes and uprobes read, and samples have. Default: `x86_64`. */
  readonly machine?: Architecture;
}

/**
 * Compiles a program written in the restricted TypeScript of docs/language.md.
 * @throws CompileError with every fault found, each with its place and what to write instead.
 */
export function compileSource(text: string, options: CompileOptions): Spec {
  const source = withoutMark(text);
  const reporter = new Reporter(options.file, source);
  return guarded(reporter, () => {
    const module = check(source, options, reporter);
    return toSpec(module, options, reporter);
  });
}

/** The IR of each program and of each function that is not inlined, by name and not optimized: for tests, and for people who want to see it. */
export function compileToIr(text: string, options: CompileOptions): ReadonlyMap<string, IrFunction> {
  const source = withoutMark(text);
  const reporter = new Reporter(options.file, source);
  return guarded(reporter, () => {
    const { programs, kernel, maps } = check(source, options, reporter);
    const types = new TypeWriter(kernel.uses);
    const data = new DataSections(nameOf(options.file), arenaOf(maps)?.name);
    return new Map(
      programs.flatMap((program) => {
        const { main, functions } = lower(program, types, data, options, reporter);
        return [main, ...functions.map(({ fn }) => fn)].map((fn) => [fn.name, fn]);
      }),
    );
  });
}

/** Some editors begin a file with a byte order mark, and it is no part of its first line. */
function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** However the source is nested, the answer is a diagnostic. */
function guarded<T>(reporter: Reporter, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof RangeError && /call stack/i.test(error.message))) throw error;
    reporter.report("SK1002", { line: 1, column: 1 });
    throw new CompileError(reporter.diagnostics);
  }
}

function check(source: string, options: CompileOptions, reporter: Reporter): Module {
  const { kernel = null, resolve = null, machine = "x86_64" } = options;
  const module = checkModules(source, reporter, resolve, { machine, kernel: new KernelState(kernel) });
  if (module === null || reporter.failed) throw new CompileError(reporter.diagnostics);
  return module;
}

function lower(
  program: ProgramDeclaration,
  types: TypeWriter,
  data: DataSections,
  { since = "6.4" }: CompileOptions,
  reporter: Reporter,
): LoweredProgram {
  try {
    return lowerProgram(program, types, data, { iterators: !isBefore(since, 6, 4) });
  } catch (error) {
    if (error instanceof NotWritable) {
      const instead = `in ${program.name} this pointer is only an address: assign through one that the program was given, if its hook lets it`;
      reporter.report("SK2114", error.at, { what: "this field of the kernel's", instead });
      throw new CompileError(reporter.diagnostics);
    }
    if (!(error instanceof TooLarge)) throw error;
    reporter.report("SK4001", program.at, { name: program.name });
    throw new CompileError(reporter.diagnostics);
  }
}

/** @throws TypeError for what is no version of Linux. */
function isBefore(version: string, major: number, minor: number): boolean {
  const [, first, second] = /^(\d+)\.(\d+)(\.|-|$)/.exec(version) ?? [];
  if (first === undefined || second === undefined)
    throw new TypeError(`since: ${JSON.stringify(version)} is no version of Linux`);
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}

function toSpec(module: Module, options: CompileOptions, reporter: Reporter): Spec {
  const types = new TypeWriter(module.kernel.uses);
  const declared = module.maps.map((map) => mapSpec(map, types));
  const arena = arenaOf(module.maps);
  const data = new DataSections(nameOf(options.file), arena?.name);
  // Known by name outside, they are there whether a program uses them or not, and in the order of the source.
  for (const global of module.globals) if (global.exported) data.place(global);
  const programs = module.programs
    .map((program) => programSpec(program, types, data, { ...options, arena: arena?.name ?? null }, reporter))
    .map((program) => withUntypedAddresses(program, module));
  const variables = data.describe(types);
  // So that user space can read what lies in the arena.
  for (const type of module.pointed) types.idOf(type);
  const contents = data.arenaBytes();
  if (arena !== null && contents !== null && contents.length > arena.maxEntries * PAGE) {
    const problem = `variables of ${contents.length} bytes do not fit into the ${arena.maxEntries} pages of ${arena.name}`;
    reporter.report("SK3111", arena.at, {
      problem,
      instead: `give it ${Math.ceil(contents.length / PAGE)} and those that programs allocate`,
    });
    throw new CompileError(reporter.diagnostics);
  }
  const filled = declared.map(
    (map): MapSpec =>
      map.type === "arena" && contents !== null ? { ...map, contents: { kind: "bytes", bytes: contents } } : map,
  );
  const maps = [...filled, ...variables.maps, ...module.structOps.map((each) => structOpsSpec(each, types))];
  // Those that nobody calls are not asked for.
  const called = new Set(programs.flatMap(({ externs = [] }) => externs.map(({ name }) => name)));
  const externs = [
    ...module.externs.filter(({ name }) => called.has(name)).map((extern) => ({ name: extern.name, type: types.extern(extern) })),
    ...Object.entries(KFUNCS)
      .filter(([name]) => called.has(name))
      .map(([name, describe]) => ({ name, type: types.kfunc(name, describe) })),
    ...[...module.kernel.functions.values()]
      .filter(({ name }) => called.has(name) && !Object.hasOwn(KFUNCS, name))
      .map((callee) => ({ name: callee.name, type: types.kernelFunction(callee) })),
  ].map((extern): ExternSpec => ({ kind: "kfunc", weak: module.kernel.weak.has(extern.name), ...extern }));
  const kernelVariables = [...module.kernel.variables.values()]
    .filter(({ name }) => called.has(name))
    .map(
      ({ name, typed, stored }): ExternSpec => ({ kind: "ksym", name, weak: false, type: typed ? types.kernel.type(stored) : 0 }),
    );
  const config = configuration(module, types, data.configMap);
  const all = [...config.externs, ...externs, ...kernelVariables];
  return {
    name: nameOf(options.file),
    license: module.license,
    types: types.encode(),
    maps: [...maps, ...config.maps],
    programs,
    ...(variables.globals.length === 0 ? {} : { globals: variables.globals }),
    ...(all.length === 0 ? {} : { externs: all }),
  };
}

/** A program has one at most. */
function arenaOf(maps: readonly MapDeclaration[]): MapDeclaration | null {
  return maps.find(({ kind }) => kind.type === "arena") ?? null;
}

/** Of an arena, in bytes. */
const PAGE = 4096;

/** Addresses of variables whose types the kernel does not know are numbers: `src_reg` 0 where it is otherwise 3. */
function withUntypedAddresses(program: ProgramSpec, module: Module): ProgramSpec {
  const untyped = (program.externs ?? []).filter(({ name }) => module.kernel.variables.get(name)?.typed === false);
  if (untyped.length === 0) return program;
  const code = new Uint8Array(program.code);
  for (const { slot } of untyped) code[slot * 8 + 1] = (code[slot * 8 + 1] ?? 0) & 0x0f;
  return { ...program, code };
}

/** What is asked of the kernel's configuration, and the map that it is in; as in objects that clang makes. */
function configuration(
  module: Module,
  types: TypeWriter,
  map: string,
): Pick<Spec, "maps"> & { readonly externs: readonly ExternSpec[] } {
  const placed = module.kernel.configs.placed();
  const last = placed.at(-1);
  if (last === undefined) return { maps: [], externs: [] };
  const valueSize = last.offset + last.size;
  const described = placed.map(({ name, type, offset, size }) => ({
    name,
    type: types.idOf(type),
    offset,
    size,
    linkage: "global" as const,
  }));
  const externs = placed.map(({ name, type, offset, size }, index): ExternSpec => {
    const isBool = type.kind === "bool";
    // An option that is not set is not there.
    const value = isBool ? "bool" : "int";
    return {
      kind: "kconfig",
      name,
      weak: isBool,
      type: described[index]?.type ?? 0,
      value,
      signed: !isBool && type.signed,
      map,
      offset,
      size,
    };
  });
  const valueType = types.section(".kconfig", valueSize, described);
  const flags = BPF_F_RDONLY_PROG | BPF_F_MMAPABLE;
  const section = ".kconfig";
  return {
    maps: [
      { name: map, type: "array", keySize: 4, valueSize, maxEntries: 1, flags, keyType: 0, valueType, section, frozen: true },
    ],
    externs,
  };
}

/** `examples/firewall.bpf.ts` → `firewall` */
function nameOf(file: string): string {
  const last = file.split(/[\\/]/).at(-1) ?? file;
  return last.replace(/\.ts$/, "").replace(/\.bpf$/, "");
}

function programSpec(
  program: ProgramDeclaration,
  types: TypeWriter,
  data: DataSections,
  options: CompileOptions & { readonly arena: string | null },
  reporter: Reporter,
): ProgramSpec {
  const { name, hook, target } = program;
  const lowered = lower(program, types, data, options, reporter);
  const generated = generate(program, lowered, options, reporter);
  const typeOf = new Map(lowered.functions.map(({ fn, type }) => [fn.name, type]));
  const functions = generated.functions.map(
    (fn, index): FunctionInfo => ({
      slot: fn.slot,
      name: fn.name,
      type: index === 0 ? types.program(program) : (typeOf.get(fn.name) ?? 0),
    }),
  );
  const lines = generated.lines.map(
    ({ slot, line, column, file = options.file }): LineInfo => ({
      slot,
      file,
      line,
      column,
      text: shortened(reporter.line(line, file).trimStart()),
    }),
  );
  return {
    name,
    section: target === null ? hook.section : `${hook.section}/${target}`,
    type: hook.type,
    attachType: hook.attachType,
    ...(target === null ? {} : { target }),
    ...(hook.flags === 0 ? {} : { flags: hook.flags }),
    code: generated.code,
    relocations: generated.relocations,
    ...(generated.externs.length === 0 ? {} : { externs: generated.externs }),
    ...(generated.core.length === 0 ? {} : { core: generated.core }),
    functions,
    lines,
  };
}

function generate(
  program: ProgramDeclaration,
  { main, functions }: LoweredProgram,
  { cpu = 3, arena }: CompileOptions & { readonly arena: string | null },
  reporter: Reporter,
): Generated {
  try {
    return generateProgram(
      optimize(main, { isProgram: true }),
      functions.map(({ fn }) => optimize(fn)),
      { cpu, trusted: true, arena },
    );
  } catch (error) {
    if (error instanceof FrameError) {
      const largest = error.uses.slice(0, 3).map(describeUse);
      const who = error.chain.length > 1 ? error.chain.join(" → ") : error.function;
      const problem = `${who} ${error.chain.length > 1 ? "need" : "needs"} ${error.size} bytes of stack: ${largest.join(", ")}`;
      reporter.report("SK4002", program.at, { problem });
    } else if (error instanceof CodegenError) {
      reporter.report("SK4003", program.at, { problem: error.message, instead: "split it into smaller programs" });
    } else {
      throw error;
    }
    throw new CompileError(reporter.diagnostics);
  }
}
