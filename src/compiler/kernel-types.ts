/**
 * Declarations of the kernel's types for editors and `tsc`: what `skep types` writes. Portable; of what sources use, the compiler
 * knows, so the sources are checked as far as they can be.
 */

import type { Btf } from "../btf/btf.ts";
import { CompileError } from "./typescript/diagnostics.ts";
import { printKernelTypes } from "./typescript/kernel/dts.ts";
import { KernelState } from "./typescript/kernel/state.ts";
import { checkModules, type Resolve } from "./typescript/modules.ts";
import { Reporter } from "./typescript/report.ts";

export interface KernelTypesOptions {
  readonly kernel: () => Btf;
  /** What the types are of, for the heading: `Linux 6.18`. */
  readonly title: string;
  readonly resolve?: (file: string) => Resolve;
}

export interface KernelDeclarations {
  /** A `.d.ts` file. */
  readonly text: string;
  /** Names that were asked for and that the kernel does not have. */
  readonly missing: readonly string[];
}

/**
 * Declares the types of `names`, and what `sources` import from "skep/vmlinux", read through pointers, and are attached to. Faults in
 * the sources are for the compiler to tell: with missing types, an editor shows others than there are.
 * @throws CompileError for a source that is no TypeScript.
 */
export function declareKernelTypes(
  names: readonly string[],
  sources: readonly { readonly file: string; readonly text: string }[],
  { kernel, title, resolve }: KernelTypesOptions,
): KernelDeclarations {
  const state = new KernelState(kernel);
  for (const { file, text } of sources) {
    const reporter = new Reporter(file, text);
    checkModules(text, reporter, resolve?.(file) ?? null, { machine: "x86_64", kernel: state });
    const syntax = reporter.diagnostics.filter(({ code }) => code === "SK1001");
    if (syntax.length > 0) throw new CompileError(syntax);
  }
  const { types } = state;
  if (types === null) throw new TypeError("expected a kernel's types");
  const { imported } = state;
  const wanted = [...new Set([...names, ...imported.types])].sort();
  const missing = names.filter((name) => types.named(name) === null);
  const heading = `/**
 * Types of ${title} for programs, as \`skep types\` writes them: those that are used, whole, and what their fields lead to.
 * Compiled programs adapt to the kernel that runs them; offsets here are of the kernel that the types are from.
 */
`;
  const text = printKernelTypes(
    types,
    {
      wanted: wanted.filter((name) => !missing.includes(name)),
      read: [...state.uses.structs],
      constants: imported.constants,
      variables: [...imported.variables.values()],
      functions: [...imported.functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      targets: state.targets,
    },
    heading,
  );
  return { text, missing };
}
