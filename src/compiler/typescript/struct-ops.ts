/**
 * Checks `export const cubic2 = structOps<tcp_congestion_ops>({ ssthresh: (sk: tcp_sock) => …, name: "cubic2" })`: an interface of the
 * kernel, a struct of functions, each of which is a program with the parameters that the kernel's types say.
 */

import type * as Syntax from "@babel/types";
import { BPF_F_SLEEPABLE } from "../../object/sections.ts";
import { valueType } from "./annotations.ts";
import { nameFits } from "./declarations.ts";
import { typed } from "./expressions.ts";
import { readOf } from "./kernel/access.ts";
import { type KernelMember, type KernelStored, type KernelStruct, sizeOfKernel } from "./kernel/structs.ts";
import { type MemberSignature, memberSignature } from "./kernel/targets.ts";
import type { Hook } from "./library/hooks.ts";
import type { Verdicts } from "./library/verdicts.ts";
import type { ProgramSite } from "./program-sites.ts";
import { programOf } from "./programs.ts";
import { type Span, spanOf } from "./report.ts";
import { didYouMean } from "./scopes.ts";
import { FunctionState, type ModuleState } from "./state.ts";
import type { Expression, StructOpsDeclaration } from "./tree.ts";
import { fixedString, INTS, reference, typeName, type ValueType } from "./types.ts";

/** What the verifier knows parameters as that are declared to be less (`bpf_tcp_ca_is_valid_access` and its like). */
const PROMOTED: Readonly<Record<string, readonly [from: string, to: string]>> = {
  tcp_congestion_ops: ["sock", "tcp_sock"],
};

interface Options {
  readonly link: boolean;
  readonly sleepable: readonly string[];
}

interface Declared {
  readonly module: ModuleState;
  readonly name: string;
  readonly struct: KernelStruct;
  readonly options: Options;
  readonly at: Span;
}

export function structOpsDeclaration(
  module: ModuleState,
  name: string,
  node: Syntax.CallExpression,
  at: Span,
): StructOpsDeclaration | null {
  const refuse = (where: Syntax.Node, problem: string, instead: string) => {
    module.reporter.report("SK3005", spanOf(where), { problem, instead });
    return null;
  };
  const usage = `write export const ${name} = structOps<tcp_congestion_ops>({ … })`;
  const [typeNode, more] = (node.typeArguments?.params ?? []) as readonly Syntax.TSType[];
  const [members, settings, extra] = node.arguments;
  if (typeNode === undefined || more !== undefined) {
    return refuse(node.typeArguments ?? node.callee, "structOps takes the struct of the kernel that is implemented", usage);
  }
  if (members?.type !== "ObjectExpression" || extra !== undefined) {
    return refuse(members ?? node, "structOps takes an object of programs and values", usage);
  }
  const type = valueType(module, typeNode);
  if (type === null) return null;
  if (type.kind !== "kernel" || type.to.kind !== "kernel-struct" || type.to.own) {
    return refuse(
      typeNode,
      `${typeName(type)} is no struct of the kernel`,
      'import one: import type { tcp_congestion_ops } from "skep/vmlinux"',
    );
  }
  const struct = type.to;
  if (module.kernel.types?.struct(`bpf_struct_ops_${struct.name}`) === null) {
    return refuse(typeNode, `the kernel lets no program implement ${struct.name}`, `it does ${implementable(module).join(", ")}`);
  }
  const options = settings === undefined ? { link: true, sleepable: [] } : optionsOf(module, settings);
  if (options === null || !nameFits(module, name, at)) return null;
  return membersOf({ module, name, struct, options, at }, members);
}

function implementable({ kernel: { types } }: ModuleState): string[] {
  if (types === null) return [];
  return [...types.btf.ids("struct")]
    .map((id) => /^bpf_struct_ops_(\w+)$/.exec(types.btf.name(id))?.[1])
    .filter((name) => name !== undefined && types.struct(name) !== null && !name.startsWith("common"))
    .map(String)
    .sort();
}

/** `{ link: false, sleepable: ["init"] }`. */
function optionsOf(module: ModuleState, node: Syntax.Node): Options | null {
  const refuse = (where: Syntax.Node, problem: string) => {
    module.reporter.report("SK3005", spanOf(where), { problem, instead: 'options are { link: false, sleepable: ["init"] }' });
    return null;
  };
  if (node.type !== "ObjectExpression") return refuse(node, "options are an object");
  let link = true;
  const sleepable: string[] = [];
  for (const property of node.properties) {
    if (property.type !== "ObjectProperty" || property.key.type !== "Identifier")
      return refuse(property, "an option is name: value");
    const { value } = property;
    if (property.key.name === "link" && value.type === "BooleanLiteral") link = value.value;
    else if (property.key.name === "sleepable" && value.type === "ArrayExpression") {
      for (const element of value.elements) {
        if (element?.type !== "StringLiteral") return refuse(element ?? value, "sleepable lists names of members");
        sleepable.push(element.value);
      }
    } else return refuse(property, `structOps has no such option: ${property.key.name}`);
  }
  return { link, sleepable };
}

function membersOf(declared: Declared, node: Syntax.ObjectExpression): StructOpsDeclaration | null {
  const { module, name, struct, options, at } = declared;
  const functions: StructOpsDeclaration["functions"][number][] = [];
  const values: StructOpsDeclaration["values"][number][] = [];
  const seen = new Set<string>();
  let good = true;
  const report = (where: Syntax.Node, details: { readonly problem: string; readonly instead: string }) => {
    module.reporter.report("SK3005", spanOf(where), details);
    good = false;
  };
  for (const property of node.properties) {
    const key = property.type === "SpreadElement" ? null : nameOf(property);
    if (property.type === "SpreadElement" || key === null) {
      report(property, { problem: "a member is name: value", instead: "write each by its name" });
      continue;
    }
    const index = struct.members.findIndex((member) => member.name === key);
    const member = struct.members[index];
    if (member === undefined) {
      const known = struct.members.map((each) => each.name).filter((each) => each !== "");
      report(property, {
        problem: `${struct.name} has no member ${key}`,
        instead: didYouMean(key, known, `it has ${known.join(", ")}`),
      });
      continue;
    }
    if (seen.has(key)) {
      report(property, { problem: `${key} is given twice`, instead: "leave one out" });
      continue;
    }
    seen.add(key);
    const signature = module.kernel.types === null ? null : memberSignature(module.kernel.types, struct, member);
    const given = property.type === "ObjectMethod" ? property : property.value;
    if (signature === null) {
      const bytes = property.type === "ObjectMethod" ? null : memberBytes(declared, member, given);
      if (bytes === null) {
        if (property.type === "ObjectMethod")
          report(property, { problem: `${key} of ${struct.name} is no function`, instead: `write ${key}: value` });
        good = false;
      } else values.push({ index, bytes });
      continue;
    }
    const program = memberProgram(declared, key, signature, given);
    if (program === null) good = false;
    else functions.push({ index, signature, program });
  }
  for (const each of options.sleepable) {
    if (functions.some(({ index }) => struct.members[index]?.name === each)) continue;
    report(node, { problem: `${each} shall sleep, and is no program here`, instead: "name members that are" });
  }
  if (good && functions.length === 0) report(node, { problem: `${name} has no program`, instead: "give a member a function" });
  const byOffset = ({ index: a }: { readonly index: number }, { index: b }: { readonly index: number }) =>
    (struct.members[a]?.bitOffset ?? 0) - (struct.members[b]?.bitOffset ?? 0);
  return good
    ? { name, struct, functions: functions.sort(byOffset), values: values.sort(byOffset), link: options.link, at }
    : null;
}

function nameOf({ key, computed }: Syntax.ObjectProperty | Syntax.ObjectMethod): string | null {
  if (computed === true) return null;
  return key.type === "Identifier" ? key.name : key.type === "StringLiteral" ? key.value : null;
}

function memberProgram(
  { module, name, struct, options, at }: Declared,
  member: string,
  signature: MemberSignature,
  node: Syntax.Node,
) {
  const refuse = (problem: string, instead: string) => {
    module.reporter.report("SK3005", spanOf(node), { problem, instead });
    return null;
  };
  const verdicts = verdictsOf(signature);
  if (verdicts === null)
    return refuse(`${member} returns a pointer`, "programs that return pointers are not in the language yet: write them in C");
  if (node.type === "NullLiteral" || node.type === "StringLiteral" || node.type === "NumericLiteral") {
    return refuse(`${member} is a function`, `write ${member}: (…) => …, or leave it out`);
  }
  const sleepable = options.sleepable.includes(member);
  const hook: Hook = {
    name: "structOps",
    section: sleepable ? "struct_ops.s" : "struct_ops",
    type: "struct_ops",
    attachType: null,
    flags: sleepable ? BPF_F_SLEEPABLE : 0,
    target: null,
    parameters: { kind: "positional" },
    implements: struct.name,
    verdicts,
  };
  const promoted = PROMOTED[struct.name]?.map((each) => module.kernel.types?.struct(each) ?? null) ?? [];
  const [from = null, to = null] = promoted;
  const site: ProgramSite = {
    hook,
    target: member,
    context: { kind: "words" },
    parameter: null,
    signature,
    ...(from === null || to === null ? {} : { promotes: { from, to } }),
  };
  return programOf(
    module,
    site,
    `${name}_${member}`,
    node,
    node.type === "Identifier" ? at : spanOf(node),
    `write ${member}: (…) => …`,
  );
}

/** What a program in place of a function returns; null when that is no number. */
function verdictsOf({ result, declared }: MemberSignature): Verdicts | null {
  if (declared.result === null) {
    return { type: INTS.i32, ranges: null, described: "nothing", answer: false, silent: true };
  }
  if (result?.kind === "bool") {
    return { type: INTS.u32, ranges: [[0, 1]], described: "true or false", answer: true, silent: false };
  }
  // A number, and not the address of something.
  if (result?.kind !== "int" || declared.result.kind === "kernel-pointer") return null;
  return { type: result, ranges: null, described: `a number of the type ${result.name}`, answer: false, silent: false };
}

/** The bytes of a member that is no function; null, with a report, when it cannot be given. */
function memberBytes({ module, struct }: Declared, member: KernelMember, node: Syntax.Node): Uint8Array | null {
  const type = member.bitSize > 0 ? null : settable(member.type);
  if (type === null) {
    const problem = `${member.name} of ${struct.name} is the kernel's, and no number or text`;
    module.reporter.report("SK3005", spanOf(node), { problem, instead: "leave it out" });
    return null;
  }
  const fn = new FunctionState(module, member.name, null, null);
  const value = typed(fn, node, type);
  const bytes = constantBytes(value, sizeOfKernel(member.type), member.type);
  if (bytes === null && value.type.kind !== "error") module.reporter.report("SK2206", spanOf(node), { what: member.name });
  return bytes;
}

function settable(stored: KernelStored): ValueType | null {
  const type = readOf(stored, { read: "direct" });
  if (type?.kind === "int" || type?.kind === "bool") return stored.kind === "kernel-pointer" ? null : type;
  return stored.kind === "kernel-array" && stored.text && stored.length > 0
    ? reference(fixedString(stored.length), "stack", false)
    : null;
}

function constantBytes(value: Expression, size: number, stored: KernelStored): Uint8Array | null {
  if (value.kind === "bytes") return value.bytes;
  if (value.kind !== "constant") return null;
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = Number((value.value >> BigInt(index * 8)) & 0xffn);
  return stored.kind === "network" ? bytes.reverse() : bytes;
}
