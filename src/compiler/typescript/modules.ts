/**
 * A program of several files: finds what each imports, puts them in order, and checks them as one.
 *
 * Every file is read first. Then each, after those whose values it imports, declares its names; then, when all names are
 * known, each is checked. Files of which only types are imported lend their types and are otherwise no part of the program.
 */

import type * as Syntax from "@babel/types";
import { checkArenas } from "./arenas.ts";
import { libraryExports } from "./exports.ts";
import { checkHelpers } from "./helper-offers.ts";
import { isTypeOnly } from "./imports.ts";
import { kernelExports, VMLINUX } from "./kernel/exports.ts";
import { USDT_ARGUMENT, USDT_FILE, USDT_SOURCE } from "./library/usdt.ts";
import { ModuleFile, type Part } from "./module.ts";
import { checkPacketWrites } from "./packet-views.ts";
import { parseSource, type Source } from "./parse.ts";
import { type Reporter, type Span, spanOf } from "./report.ts";
import type { Exports, FunctionSymbol } from "./scopes.ts";
import { ModuleState, type Surroundings } from "./state.ts";
import type { Module } from "./tree.ts";

/**
 * The text that an import specifier stands for in the file `from`, or null when there is none. `file` names it in messages and
 * line information; one file has one name, however it is imported.
 */
export type Resolve = (specifier: string, from: string) => { readonly file: string; readonly text: string } | null;

type Importing = Syntax.ImportDeclaration | Syntax.ExportNamedDeclaration | Syntax.ExportAllDeclaration;

interface Node {
  readonly file: string;
  readonly checker: ModuleFile;
  readonly imports: { readonly to: Node; readonly typeOnly: boolean; readonly at: Span }[];
}

/** Everything wrong with the files is reported; null when nothing could be checked. */
export function checkModules(
  text: string,
  reporter: Reporter,
  resolve: Resolve | null,
  surroundings: Surroundings,
): Module | null {
  const graph = new Graph(reporter, resolve, surroundings);
  const main = graph.load(reporter.main, text);
  if (main === null || reporter.failed) return null;
  const order = graph.ordered(main);
  if (order === null) return null;
  for (const { checker } of order.all) checker.declare();
  for (const { checker } of order.all) checker.checkNames();
  const parts = order.program.flatMap(({ checker }) => {
    const part = checker.check();
    return [...graph.takeLibraries(), part];
  });
  const needsArena = order.program.map(({ checker }) => checker.needsArena()).find((at) => at !== null);
  const own = parts.at(-1);
  if (own === undefined) return null;
  const maps = parts.flatMap((part) => part.maps);
  const programs = parts.flatMap((part) => part.programs);
  // Names that the kernel knows are one file's only.
  const seen = new Map<string, string>();
  const globals = parts.flatMap((part) => part.globals);
  const structOps = parts.flatMap((part) => part.structOps);
  for (const { name, at } of [...maps, ...structOps, ...programs, ...globals.filter(({ exported }) => exported)]) {
    const other = seen.get(name);
    const file = at.file ?? reporter.main;
    if (other !== undefined && other !== file) reporter.report("SK2014", at, { name, other });
    else seen.set(name, file);
  }
  if (programs.length === 0 && !reporter.failed) reporter.report("SK3007", { line: 1, column: 1 });
  checkHelpers(reporter, programs, own.license);
  checkPacketWrites(reporter, programs);
  checkArenas(reporter, { maps, programs, needsArena: needsArena ?? null });
  const externs = parts.flatMap((part) => part.externs);
  const pointed = parts.flatMap((part) => part.pointed);
  return { license: own.license, maps, structOps, programs, globals, externs, pointed, kernel: surroundings.kernel };
}

class Graph {
  readonly #reporter: Reporter;
  readonly #resolve: Resolve | null;
  readonly #surroundings: Surroundings;
  readonly #nodes = new Map<string, Node | null>();
  readonly #calling: FunctionSymbol[] = [];
  /** Undefined: nobody asked for it. */
  #usdtArgument: FunctionSymbol | null | undefined;
  /** Files of the library that checking a file has added to the program. */
  #libraries: Part[] = [];

  constructor(reporter: Reporter, resolve: Resolve | null, surroundings: Surroundings) {
    this.#reporter = reporter;
    this.#resolve = resolve;
    this.#surroundings = surroundings;
  }

  /** A file and, behind it, all that it imports. Null, with a report, when it is no TypeScript. */
  load(file: string, text: string): Node | null {
    const known = this.#nodes.get(file);
    if (known !== undefined) return known;
    const source = parseSource(text, this.#reporter, file);
    const title = file === this.#reporter.main ? file : `"${file}"`;
    const node = source === null ? null : this.#node(file, title, source);
    this.#nodes.set(file, node);
    if (node === null || source === null) return null;
    for (const statement of source.program.body) {
      if (!isImporting(statement) || !statement.source) continue;
      const from = this.#imported(statement, statement.source, file);
      if (from === null) continue;
      if ("checker" in from) {
        node.checker.resolved.set(statement, from.checker.exports);
        node.imports.push({ to: from, typeOnly: isTypeOnly(statement), at: spanOf(statement.source) });
      } else {
        node.checker.resolved.set(statement, from);
      }
    }
    return node;
  }

  /** The function that finds arguments of USDT probes. Its file becomes part of the program when the first call of it is checked. */
  #findUsdtArgument(): FunctionSymbol | null {
    if (this.#usdtArgument !== undefined) return this.#usdtArgument;
    this.#usdtArgument = null;
    this.#reporter.add(USDT_FILE, USDT_SOURCE);
    const checker = this.load(USDT_FILE, USDT_SOURCE)?.checker;
    if (checker === undefined) return null;
    checker.declare();
    checker.checkNames();
    const found = checker.exports.value(USDT_ARGUMENT);
    if (found?.kind === "function") this.#usdtArgument = found.function;
    this.#libraries.push(checker.check());
    return this.#usdtArgument;
  }

  /** What of the library was added since the last time, in the order in which it was. */
  takeLibraries(): readonly Part[] {
    const added = this.#libraries;
    this.#libraries = [];
    return added;
  }

  #node(file: string, title: string, source: Source): Node {
    const shared = { ...this.#surroundings, usdtArgument: () => this.#findUsdtArgument() };
    const module = new ModuleState(this.#reporter, shared, this.#calling);
    return { file, checker: new ModuleFile(module, source, title), imports: [] };
  }

  /** The module that a statement imports from; null, with a report, when there is none. */
  #imported(statement: Importing, specifier: Syntax.StringLiteral, from: string): Node | Exports | null {
    const { value } = specifier;
    if (value === VMLINUX && this.#surroundings.kernel.types !== null)
      return kernelExports(this.#surroundings.kernel.types, this.#surroundings.kernel);
    const library = libraryExports(value, statement);
    if (library !== null) return library;
    const found = value.startsWith("node:") || this.#resolve === null ? null : this.#resolve(value, from);
    if (found === null) {
      this.#reporter.report("SK2005", spanOf(specifier), { module: value, instead: remedy(value, this.#resolve !== null) });
      return null;
    }
    // Some editors begin a file with a byte order mark, and it is no part of its first line.
    const text = found.text.startsWith("\ufeff") ? found.text.slice(1) : found.text;
    if (!this.#nodes.has(found.file)) this.#reporter.add(found.file, text);
    return this.load(found.file, text);
  }

  /** Each file after those whose values it imports; null, with a report, when that is a circle. */
  ordered(main: Node): { readonly all: readonly Node[]; readonly program: readonly Node[] } | null {
    const order: Node[] = [];
    const done = new Set<Node>();
    const path: Node[] = [];
    const visit = (node: Node): boolean => {
      if (done.has(node)) return true;
      path.push(node);
      for (const { to, typeOnly, at } of node.imports) {
        if (typeOnly) continue;
        if (path.includes(to)) {
          const circle = [...path.slice(path.indexOf(to)), to].map(({ file }) => file);
          this.#reporter.report("SK2013", at, { path: circle.join(" → ") });
          return false;
        }
        if (!visit(to)) return false;
      }
      path.pop();
      done.add(node);
      order.push(node);
      return true;
    };
    if (!visit(main)) return null;
    const program = [...order];
    for (const node of this.#nodes.values()) if (node !== null && !visit(node)) return null;
    return { all: order, program };
  }
}

function isImporting(node: Syntax.Node): node is Importing {
  return node.type === "ImportDeclaration" || node.type === "ExportNamedDeclaration" || node.type === "ExportAllDeclaration";
}

function remedy(specifier: string, canResolve: boolean): string {
  if (specifier.startsWith("node:")) return 'a program runs in the kernel: import from "skep/bpf", or a .bpf.ts file';
  if (specifier === VMLINUX) return "whoever compiles gives the kernel's types: compileSource(text, { file, kernel })";
  if (specifier.startsWith("skep/")) return 'import from "skep/bpf" or "skep/bpf/net"';
  if (!canResolve) return 'import from "skep/bpf" or "skep/bpf/net": this source was compiled without its other files';
  if (/^\.\.?\//.test(specifier)) return "there is no such file beside this one: write its path, as in ./parse.bpf.ts";
  return 'import from "skep/bpf" or "skep/bpf/net", from a file, as in ./parse.bpf.ts, or from a package that is installed';
}
