/**
 * Prints kernel types as `declare module "skep/vmlinux"`: what an editor and `tsc` know of them, with the very types that the
 * compiler gives their fields.
 *
 * A kernel's types lead from anywhere to everywhere. Those that are wanted are printed whole, and so is what their fields lead to,
 * so that `task.mm.` completes. What those lead to is only named: `skep types` with its name, or a program that uses it, prints it.
 */

import { spellType } from "../../../btf/c/declarator.ts";
import { isFreeName } from "../../../btf/dts/names.ts";
import { typeName, type ValueType } from "../types.ts";
import type { KernelFunction } from "./functions.ts";
import { findMember } from "./paths.ts";
import type { KernelState } from "./state.ts";
import { type KernelMember, type KernelStored, type KernelStruct, type KernelTypes, mayBeMissing } from "./structs.ts";
import type { KernelVariable } from "./symbols.ts";
import type { KernelParameter } from "./targets.ts";

export interface Declarations {
  /** Structs that are printed whole, with what their fields lead to. */
  readonly wanted: readonly string[];
  /** Structs that are printed whole, because programs read them. */
  readonly read: readonly KernelStruct[];
  /** Constants of enumerations. */
  readonly constants: ReadonlyMap<string, bigint>;
  readonly functions: readonly KernelFunction[];
  readonly variables: readonly KernelVariable[];
  /** What programs are attached to, and what they are given there: `tp_btf/sched_switch`. */
  readonly targets: KernelState["targets"];
}

/** Imported from "skep/bpf", as far as they are used. */
const LIBRARY_TYPES = [
  "u8",
  "u16",
  "u32",
  "u64",
  "i8",
  "i16",
  "i32",
  "i64",
  "bool",
  "be16",
  "be32",
  "be64",
  "FixedArray",
  "FixedString",
] as const;

/** Tuples of more elements are more than `tsc` likes. */
const LONGEST_TUPLE = 999;

export function printKernelTypes(types: KernelTypes, declarations: Declarations, heading: string): string {
  return new Printer(types).print(declarations, heading);
}

class Printer {
  readonly #types: KernelTypes;
  readonly #used = new Set<string>();
  /** Structs by name, and how much of each is wanted: 2 whole and what it leads to, 1 whole, 0 its name. */
  readonly #structs = new Map<string, { readonly struct: KernelStruct; level: 0 | 1 | 2 }>();
  readonly #printed = new Map<string, { readonly level: number; readonly text: string }>();

  constructor(types: KernelTypes) {
    this.#types = types;
  }

  print({ wanted, read, constants, functions, variables, targets }: Declarations, heading: string): string {
    const aliases: string[] = [];
    for (const name of wanted) {
      const stored = this.#types.named(name);
      if (stored?.kind === "kernel-struct") this.#want(stored, 2);
      else if (stored !== null) aliases.push(`  export type ${name} = ${this.#stored(stored, 1)};\n`);
    }
    for (const struct of read) if (!struct.own) this.#want(struct, 1);
    const signatures = [...targets]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([target, values]) => `  ${JSON.stringify(target)}: ${this.#signature(values)};\n`);
    const held = variables.map(({ name, stored }) => `  export const ${name}: ${this.#stored(stored, 1)};\n`);
    const callable = functions.map((callee) => this.#function(callee));
    this.#settle();
    const bodies = [...this.#printed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { text }]) => text);
    const values = [...constants].map(([name, value]) => `  export const ${name}: ${literal(value)};\n`);
    const library = LIBRARY_TYPES.filter((name) => this.#used.has(name));
    const addresses = ["Ipv4Address", "Ipv6Address"].filter((name) => this.#used.has(name));
    const net = addresses.length === 0 ? "" : `  import type { ${addresses.join(", ")} } from "skep/bpf/net";\n`;
    const whole = [...this.#structs].filter(([, { level }]) => level > 0).map(([name]) => name);
    const structs = whole.sort().map((name) => `  ${name}: ${outside("skep/vmlinux", name)};\n`);
    const named = `\n/** For what gives pointers to structs. */\ninterface SkepKernelStructs {\n${structs.join("")}}\n`;
    const globals =
      signatures.length === 0
        ? ""
        : `\n/** What programs are given where they are attached, by section. */\ninterface SkepKernelTargets {\n${signatures.join("")}}\n`;
    return [
      heading,
      '\ndeclare module "skep/vmlinux" {\n',
      library.length === 0 ? "" : `  import type { ${library.join(", ")} } from "skep/bpf";\n`,
      net,
      "\n",
      ...values,
      ...held,
      ...callable,
      ...aliases,
      ...bodies,
      "}\n",
      structs.length === 0 ? "" : named,
      globals,
    ].join("");
  }

  #want(struct: KernelStruct, level: 0 | 1 | 2): void {
    const { name } = struct;
    if (!isFreeName(name)) return;
    const known = this.#structs.get(name);
    if (known === undefined) this.#structs.set(name, { struct, level });
    else if (known.level < level) known.level = level;
  }

  /** Prints what is wanted until nothing new is; a struct that turns out to be wanted more is printed again. */
  #settle(): void {
    for (let again = true; again; ) {
      again = false;
      for (const [name, { struct, level }] of this.#structs) {
        const before = this.#printed.get(name);
        if (before !== undefined && before.level >= level) continue;
        again = true;
        this.#printed.set(name, { level, text: this.#struct(struct, level) });
      }
    }
  }

  #struct(struct: KernelStruct, level: number): string {
    const { name, form, size, members } = struct;
    const brand = `    readonly "~kernel"?: ${JSON.stringify(`${form} ${name}`)};\n`;
    if (level === 0) {
      const more = members.length === 0 ? "Only declared in the kernel's types." : `\`skep types ${name}\` prints its fields.`;
      return `  /** \`${cName(struct)}\`. ${more} */\n  export interface ${name} {\n${brand}  }\n`;
    }
    const fields = this.#fields(struct, struct, 0, level - 1, "    ");
    return `  /** \`${cName(struct)}\`, ${size} bytes. */\n  export interface ${name} {\n${brand}${fields}  }\n`;
  }

  /** Members, those of anonymous structs and unions included. A name that is there twice is the first one's, as for the compiler. */
  #fields(whole: KernelStruct, part: KernelStruct, bits: number, level: number, indent: string): string {
    return part.members
      .map((member) => {
        const { name, type, bitOffset } = member;
        if (name === "") return type.kind === "kernel-struct" ? this.#fields(whole, type, bits + bitOffset, level, indent) : "";
        const found = findMember(whole, name)?.at(-1);
        if (found?.kind !== "member" || found.of !== part) return "";
        return this.#field(whole, member, bits, level, indent);
      })
      .join("");
  }

  #field(whole: KernelStruct, member: KernelMember, bits: number, level: number, indent: string): string {
    const { name, type, bitOffset, bitSize, declared } = member;
    const spelled = declared === null ? "" : `\`${spellType(this.#types.btf, declared).replace(/[`*]\//g, "* /")}\`, `;
    const at = bits + bitOffset;
    const place = bitSize > 0 ? `${bitSize} ${bitSize === 1 ? "bit" : "bits"} at bit ${at}` : `at ${at / 8}`;
    const shown = this.#stored(type, level);
    const nothing = mayBeMissing(whole, name) ? " | null" : "";
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${indent}/** ${spelled}${place} */\n${indent}${key}: ${shown}${nothing};\n`;
  }

  /** @param level how much of the structs is wanted that it leads to */
  #stored(type: KernelStored, level: number): string {
    switch (type.kind) {
      case "int":
        return this.#use(type.name);
      case "bool":
        return this.#use("bool");
      case "network":
        return this.#use(type.name);
      case "kernel-enum":
        return this.#use(type.int.name);
      case "kernel-pointer":
        return type.to === null ? this.#use("u64") : this.#reach(type.to, level);
      case "kernel-struct":
        // Its bytes are an address where one is wanted.
        if (type.name === "in6_addr") return `${this.#reach(type, level)} & ${this.#use("Ipv6Address")}`;
        return this.#reach(type, level);
      case "kernel-array": {
        if (type.text && type.length >= 1 && type.length <= LONGEST_TUPLE)
          return `${this.#use("FixedArray")}<${this.#use("u8")}, ${type.length}> & ${this.#use("FixedString")}<${type.length}>`;
        const inner = type.text ? this.#use("u8") : this.#stored(type.element, level);
        if (type.length >= 1 && type.length <= LONGEST_TUPLE) return `${this.#use("FixedArray")}<${inner}, ${type.length}>`;
        return `readonly ${/^[\w.]+$/.test(inner) ? inner : `(${inner})`}[]`;
      }
      case "kernel-opaque":
        return "unknown";
    }
  }

  #reach(struct: KernelStruct, level: number): string {
    if (isFreeName(struct.name)) {
      this.#want(struct, level > 0 ? 1 : 0);
      return struct.name;
    }
    const fields = this.#fields(struct, struct, 0, 0, "      ");
    return fields === "" ? "object" : `{\n${fields}    }`;
  }

  #use(name: string): string {
    this.#used.add(name);
    return name;
  }

  #function(callee: KernelFunction): string {
    const parameters = callee.parameters.flatMap(({ name, stored, nullable, size }) => {
      if (size) return [];
      // What is no struct of the kernel's is memory of the program.
      const pointer = stored.kind === "kernel-pointer" && stored.to === null;
      return [
        `${isFreeName(name) ? name : `${name}_`}: ${pointer ? "object | bigint | number" : this.#stored(stored, 1)}${nullable ? " | null" : ""}`,
      ];
    });
    const { yields } = callee;
    if (yields !== undefined) {
      const element = this.#stored(yields, 1);
      return `  export function ${callee.name}(${parameters.join(", ")}): Iterable<${element}>;\n`;
    }
    const result = callee.result === null ? "void" : this.#stored(callee.result, 1);
    const nothing = callee.returnsNull && callee.result?.kind === "kernel-pointer" ? " | null" : "";
    return `  export function ${callee.name}(${parameters.join(", ")}): ${result}${nothing};\n`;
  }

  /** A tuple with the names of the parameters. */
  #signature(values: readonly Pick<KernelParameter, "name" | "type">[]): string {
    const shown = values.map(({ name, type }) => {
      const label = isFreeName(name) ? name : `${name}_`;
      return `${label}: ${this.#value(type)}`;
    });
    return `[${shown.join(", ")}]`;
  }

  #value(type: ValueType): string {
    if (type.kind !== "kernel" || type.to.kind !== "kernel-struct") return outside("skep/bpf", typeName(type));
    if (!isFreeName(type.to.name)) return "object";
    this.#want(type.to, 1);
    return outside("skep/vmlinux", type.to.name);
  }
}

/** A type of a module, written where nothing is imported. */
function outside(module: string, name: string): string {
  return `import(${JSON.stringify(module)}).${name}`;
}

function cName({ form, name, typedef }: KernelStruct): string {
  return typedef ? name : `${form} ${name}`;
}

function literal(value: bigint): string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER) ? `${value}` : `${value}n`;
}
