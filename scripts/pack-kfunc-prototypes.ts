/**
 * Writes the prototypes of the kernel functions that the embedded engine has, as Linux 6.18 declares them, to
 * src/engine/embedded/target/kfunc-prototypes.ts: `node scripts/pack-kfunc-prototypes.ts`. Run it when the engine has new ones.
 */

import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Btf } from "../src/btf/btf.ts";
import { KFUNC_BASE } from "../src/engine/embedded/helpers/helper.ts";
import { loadKind, PROGRAM_TYPES } from "../src/engine/embedded/programs/kinds.ts";
import { kernelTypes } from "../src/kernels/types.ts";

const names = new Set<string>();
for (const type of PROGRAM_TYPES) {
  const kind = await loadKind(type);
  for (const helper of kind?.helpers ?? []) if (helper !== undefined && helper.id >= KFUNC_BASE) names.add(helper.name);
}

const btf = kernelTypes("6.18");

/** As kfunc-types.ts reads it. */
function spell(types: Btf, id: number): string {
  const type = types.type(types.resolve(id));
  switch (type.kind) {
    case "void":
      return "void";
    case "int":
      return `${type.bool ? "b" : type.signed ? "i" : "u"}${type.size}`;
    case "enum":
    case "enum64":
      return `u${type.size}`;
    case "pointer":
      return `*${spell(types, type.type)}`;
    case "struct":
    case "union":
      return `${type.name}/${type.size}`;
    case "forward":
      return `${type.name}/0`;
    case "prototype":
      return "()";
    default:
      throw new Error(`${type.kind} in a prototype`);
  }
}

const lines: string[] = [];
for (const name of [...names].sort()) {
  const id = btf.find(name, "function");
  const func = id === undefined ? undefined : btf.type(id);
  const prototype = func?.kind === "function" ? btf.type(func.type) : undefined;
  if (prototype?.kind !== "prototype") {
    console.log(`Linux 6.18 has no ${name}`);
    continue;
  }
  const parameters = prototype.parameters.map((parameter) => ` ${parameter.name}:${spell(btf, parameter.type)}`);
  lines.push(`${name} ${spell(btf, prototype.result)}${parameters.join("")}`);
}

const text = `// Written by scripts/pack-kfunc-prototypes.ts from the types of Linux 6.18: do not edit.

/**
 * Prototypes of kernel functions: name, result, parameters. Integers are \`i4\`, \`u8\` … (bytes), \`*\` is a pointer, \`()\` a function,
 * \`name/size\` a struct with its size in bytes (0: unknown).
 */
export const KFUNC_PROTOTYPES = \`
${lines.join("\n")}
\`;
`;
writeFileSync(resolve(import.meta.dirname, "../src/engine/embedded/target/kfunc-prototypes.ts"), text);
console.log(`${lines.length} prototypes`);
