/** A Spec of one XDP program that is written in the IR, with its sub-programs: types, lines and all that an object file needs. */

import { BtfBuilder } from "../../src/btf/builder.ts";
import { generateProgram } from "../../src/compiler/codegen/generate.ts";
import type { IrFunction, Type } from "../../src/compiler/ir/ir.ts";
import { optimize } from "../../src/compiler/ir/optimize.ts";
import { parseFunction } from "../../src/compiler/ir/parse.ts";
import type { CpuVersion } from "../../src/isa/opcodes.ts";
import type { ExternSpec, Spec } from "../../src/object/spec.ts";

export interface IrProgram {
  /** Functions as text, the program first. */
  readonly functions: readonly string[];
  /** Adds kernel types that `core` names by the ids 1 … */
  readonly types?: (btf: BtfBuilder) => void;
  /** Kernel functions, which take and give nothing, and kernel variables (`int`). */
  readonly kfuncs?: readonly string[];
  readonly ksyms?: readonly string[];
}

export function specOf(program: IrProgram, cpu: CpuVersion, optimized: boolean): Spec {
  const btf = new BtfBuilder();
  program.types?.(btf);
  const typeOf = (type: Type | null): number =>
    type === null
      ? 0
      : type === "ptr"
        ? btf.pointer(0)
        : type === "i64"
          ? btf.int("unsigned long long", 8)
          : btf.int("unsigned int", 4);
  const fns = program.functions.map((text) => (optimized ? optimize(parseFunction(text)) : parseFunction(text)));
  const [main, ...subprograms] = fns as [IrFunction, ...IrFunction[]];
  const { code, relocations, externs, core, functions, lines } = generateProgram(main, subprograms, { cpu });
  const byName = new Map(fns.map((fn) => [fn.name, fn]));
  const md = btf.struct("xdp_md", 4, [{ name: "data", type: btf.int("unsigned int", 4), bitOffset: 0 }]);
  const functionType = (name: string): number => {
    const fn = byName.get(name)!;
    const parameters = fn.parameters.map((value, index) => ({
      name: `a${index}`,
      type: fn === main ? btf.pointer(md) : typeOf(fn.values[value]!),
    }));
    return btf.function(name, btf.prototype(typeOf(fn.result), parameters), fn === main ? "global" : "static");
  };
  const externSpecs = [
    ...(program.kfuncs ?? []).map((name): ExternSpec => {
      const prototype = btf.prototype(0, []);
      btf.function(name, prototype, "extern");
      return { kind: "kfunc", name, weak: false, type: prototype };
    }),
    ...(program.ksyms ?? []).map((name): ExternSpec => {
      const type = btf.int("int", 4, { signed: true });
      btf.variable(name, type, "extern");
      return { kind: "ksym", name, weak: false, type };
    }),
  ];
  return {
    name: "test",
    license: "GPL",
    maps: [],
    programs: [
      {
        name: main.name,
        section: "xdp",
        type: "xdp",
        attachType: "xdp",
        code,
        relocations,
        ...(externs.length === 0 ? {} : { externs }),
        ...(core.length === 0 ? {} : { core }),
        functions: functions.map(({ slot, name }) => ({ slot, name, type: functionType(name) })),
        lines: lines.map(({ slot, line, column }) => ({ slot, file: "test.bpf.ts", line, column, text: `line ${line}` })),
      },
    ],
    ...(externSpecs.length === 0 ? {} : { externs: externSpecs }),
    types: btf.encode(),
  };
}
