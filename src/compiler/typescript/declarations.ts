/** Checks names that the kernel knows things by, and `declare function name(a: u32): u32`. */

import type * as Syntax from "@babel/types";
import { valueType } from "./annotations.ts";
import { type Span, spanOf } from "./report.ts";
import type { ExternFunction } from "./scopes.ts";
import type { ModuleState } from "./state.ts";
import { type IntType, typeName } from "./types.ts";

/** Names are written to BTF whole; the kernel's short names are their first 15 bytes. */
const LONGEST_NAME = 127;

/** Whether the kernel can know something by this name; a report when not. */
export function nameFits(module: ModuleState, name: string, at: Span): boolean {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= LONGEST_NAME) return true;
  if (name.length > LONGEST_NAME) module.reporter.report("SK3008", at, { name: `${name.slice(0, 20)}…`, max: LONGEST_NAME });
  else {
    const instead = "use letters, digits and _ only: the kernel knows it by this name";
    module.reporter.report("SK3005", at, { problem: `${name} is no name in C`, instead });
  }
  return false;
}

/** `declare function name(a: u32): u32`: integers of up to 32 bits in and out. Null, with a report, when it is anything else. */
export function externFunction(module: ModuleState, name: string, node: Syntax.TSDeclareFunction): ExternFunction | null {
  const refuse = (at: Syntax.Node, problem: string) => {
    const instead = `write declare function ${name}(a: u32): u32; integers of up to 32 bits go in and come out`;
    module.reporter.report("SK3011", spanOf(at), { problem, instead });
    return null;
  };
  const integer = (at: Syntax.Node, annotation: Syntax.Node | null | undefined): IntType | null => {
    if (annotation?.type !== "TSTypeAnnotation") return refuse(at, `${name} needs types`);
    const type = valueType(module, annotation.typeAnnotation);
    if (type === null) return null;
    return type.kind === "int" && type.bits <= 32
      ? type
      : refuse(annotation, `the application cannot take or give ${typeName(type)}`);
  };
  if (node.params.length > 5) return refuse(node.params[5]!, `${name} has more than five parameters`);
  if (node.async === true || node.generator === true || node.typeParameters) return refuse(node, `${name} is no plain function`);
  const parameters: { name: string; type: IntType }[] = [];
  for (const parameter of node.params) {
    if (parameter.type !== "Identifier" || parameter.optional === true)
      return refuse(parameter, `${name} takes plain parameters`);
    const type = integer(parameter, parameter.typeAnnotation);
    if (type === null) return null;
    parameters.push({ name: parameter.name, type });
  }
  const result = integer(node, node.returnType);
  const at = node.id ? spanOf(node.id) : spanOf(node);
  return result === null || !nameFits(module, name, at) ? null : { name, parameters, result, at };
}
