/** Types as C for `skep btf dump`: what printC prints, and functions and variables that were asked for by name. */

import type { Btf } from "../btf/btf.ts";
import { spellDeclaration } from "../btf/c/declarator.ts";
import { printC } from "../btf/c/print.ts";

/** @param types null: all, as a `vmlinux.h` */
export function printTypes(btf: Btf, types: readonly number[] | null): string {
  if (types === null) return printC(btf);
  const roots: number[] = [];
  const declarations: string[] = [];
  for (const id of types) {
    const type = btf.type(id);
    if (type.kind === "function" || type.kind === "variable") {
      declarations.push(`extern ${spellDeclaration(btf, type.type, type.name)};\n`);
      roots.push(type.type);
    } else roots.push(id);
  }
  return printC(btf, { types: roots, header: false }) + declarations.join("");
}
