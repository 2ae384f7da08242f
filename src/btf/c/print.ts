/**
 * Types as C: `vmlinux.h`. Definitions come in an order in which C takes them, with forward declarations where pointers
 * go round, and compile to the same places and sizes (c/layout.ts).
 */

import type { Btf } from "../btf.ts";
import { BtfError } from "../errors.ts";
import type { BtfType, Enum64Type, EnumType, Member, PrototypeType, StructType, UnionType } from "../types.ts";
import { CLayouts, type Gap } from "./layout.ts";
import { CNames, identifier } from "./names.ts";

export interface PrintCOptions {
  /** Print these types and what they need; default all. */
  readonly types?: Iterable<number>;
  /**
   * Wrap them as bpftool does: an include guard `__VMLINUX_H__`, and `preserve_access_index`, by which clang records
   * CO-RE relocations. Default true.
   */
  readonly header?: boolean;
}

/**
 * Prints types as C declarations for eBPF (64-bit, clang or gcc).
 * @throws BtfError when a type cannot be in C: one that contains itself, or members that overlap.
 */
export function printC(btf: Btf, options: PrintCOptions = {}): string {
  const printer = new CPrinter(btf);
  if (options.types === undefined) printer.all();
  else for (const id of options.types) printer.root(id);
  if (options.header === false) return printer.text();
  return `${HEADER}${printer.text()}${FOOTER}`;
}

const HEADER = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;

const FOOTER = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/** Compilers have it themselves, and its BTF is of the machine that the kernel was built for. */
const BUILT_IN = new Set(["__builtin_va_list"]);

const MOST_NESTED = 500;

class CPrinter {
  readonly #btf: Btf;
  readonly #names: CNames;
  readonly #layouts: CLayouts;
  readonly #out: string[] = [];
  /** Types whose definition is printed, or being printed. */
  readonly #defined = new Map<number, "done" | "open">();
  /** Tags that are declared, e.g. `struct task_struct`; a definition declares its own, once it is complete. */
  readonly #declared = new Set<string>();
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#names = new CNames(btf);
    this.#layouts = new CLayouts(btf);
  }

  text(): string {
    return this.#out.join("");
  }

  all(): void {
    const inlined = this.#inlinedEnums();
    for (const id of this.#btf.ids()) {
      switch (this.#btf.kind(id)) {
        case "struct":
        case "union":
          if (this.#btf.name(id) !== "") this.root(id);
          break;
        case "typedef":
          this.root(id);
          break;
        case "enum":
        case "enum64":
          // An anonymous enum is a list of constants, unless a struct or typedef holds it.
          if (this.#btf.name(id) !== "" || !inlined.has(id)) this.root(id);
          break;
      }
    }
  }

  root(id: number): void {
    const type = this.#btf.type(id);
    if ((type.kind === "enum" || type.kind === "enum64") && type.name === "") {
      this.#out.push(`${this.#enumBody(type, "")};\n\n`);
    } else {
      this.#define(id);
    }
  }

  #inlinedEnums(): ReadonlySet<number> {
    const btf = this.#btf;
    const inlined = new Set<number>();
    const anonymous = new Set<number>();
    for (const id of btf.ids()) {
      const kind = btf.kind(id);
      if ((kind === "enum" || kind === "enum64") && btf.name(id) === "") anonymous.add(id);
    }
    if (anonymous.size === 0) return inlined;
    const note = (id: number): void => {
      if (anonymous.has(id)) inlined.add(id);
    };
    for (const id of btf.ids()) {
      const type = btf.type(id);
      if (type.kind === "struct" || type.kind === "union") for (const member of type.members) note(member.type);
      else if (type.kind === "array") note(type.element);
      else if ("type" in type && type.kind !== "variable" && type.kind !== "declTag") note(type.type);
    }
    return inlined;
  }

  // ── order ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes sure that values of the type can be declared: all of it is printed. */
  #define(id: number): void {
    this.#nested(id, () => {
      const type = this.#btf.type(id);
      switch (type.kind) {
        case "struct":
        case "union":
          this.#defineComposite(type);
          break;
        case "enum":
        case "enum64":
          this.#defineEnum(type);
          break;
        case "typedef":
          this.#defineTypedef(id);
          if (!BUILT_IN.has(type.name)) this.#define(type.type);
          break;
        case "array":
          this.#define(type.element);
          break;
        case "const":
        case "volatile":
        case "restrict":
        case "typeTag":
          this.#define(type.type);
          break;
        default:
          this.#mention(id);
      }
    });
  }

  /** Makes sure that the type can be named, as the target of a pointer is. */
  #mention(id: number): void {
    this.#nested(id, () => {
      const type = this.#btf.type(id);
      switch (type.kind) {
        case "struct":
        case "union":
          if (type.name === "") for (const member of type.members) this.#define(member.type);
          else this.#declareTag(type.kind, id);
          break;
        case "forward":
          this.#declareTag(type.of, id);
          break;
        case "enum":
        case "enum64":
          this.#defineEnum(type);
          break;
        case "typedef":
          this.#defineTypedef(id);
          break;
        case "array":
          // C wants to know the size of an element even behind a pointer.
          this.#define(type.element);
          break;
        case "prototype":
          this.#mention(type.result);
          for (const parameter of type.parameters) this.#mention(parameter.type);
          break;
        case "pointer":
        case "const":
        case "volatile":
        case "restrict":
        case "typeTag":
          this.#mention(type.type);
          break;
        default:
          break;
      }
    });
  }

  #nested(id: number, visit: () => void): void {
    if (++this.#depth > MOST_NESTED) {
      throw new BtfError(`expected at most ${MOST_NESTED} types within each other, found more`, { type: id });
    }
    visit();
    this.#depth--;
  }

  /** True when the type is to be printed now; false when it is already. */
  #open(type: BtfType): boolean {
    const state = this.#defined.get(type.id);
    if (state === "open") {
      throw new BtfError("expected a type of finite size, found one that contains itself", {
        type: type.id,
        typeName: type.name,
      });
    }
    if (state === undefined) this.#defined.set(type.id, "open");
    return state === undefined;
  }

  #declareTag(keyword: "struct" | "union", id: number): void {
    const tag = `${keyword} ${this.#names.tag(id)}`;
    if (this.#declared.has(tag)) return;
    this.#declared.add(tag);
    this.#out.push(`${tag};\n\n`);
  }

  // ── definitions ───────────────────────────────────────────────────────────────────────────────────────────────────

  #defineComposite(type: StructType | UnionType): void {
    if (type.name === "") {
      for (const member of type.members) this.#define(member.type);
      return;
    }
    if (!this.#open(type)) return;
    for (const member of type.members) this.#define(member.type);
    this.#out.push(`${this.#compositeBody(type, "")};\n\n`);
    this.#declared.add(`${type.kind} ${this.#names.tag(type.id)}`);
    this.#defined.set(type.id, "done");
  }

  #defineEnum(type: EnumType | Enum64Type): void {
    // Anonymous ones are printed where they are used.
    if (type.name === "" || !this.#open(type)) return;
    this.#out.push(`${this.#enumBody(type, "")};\n\n`);
    this.#defined.set(type.id, "done");
  }

  #defineTypedef(id: number): void {
    const type = this.#btf.type(id);
    if (type.kind !== "typedef" || BUILT_IN.has(type.name) || !this.#open(type)) return;
    this.#mention(type.type);
    this.#out.push(`typedef ${this.#declaration(type.type, this.#names.typedef(id), "")};\n\n`);
    this.#defined.set(id, "done");
  }

  #compositeBody(type: StructType | UnionType, indent: string): string {
    const layout = this.#layouts.layout(type);
    const inner = `${indent}\t`;
    const lines: string[] = [];
    type.members.forEach((member, index) => {
      pad(lines, inner, layout.gaps[index]);
      lines.push(`${inner}${this.#memberDeclaration(member, inner)};\n`);
    });
    pad(lines, inner, layout.gaps[type.members.length]);
    if (layout.filler !== 0) lines.push(`${inner}unsigned char __size[${layout.filler}];\n`);
    const tag = this.#names.tag(type.id);
    const packed = layout.packed ? " __attribute__((packed))" : "";
    return `${type.kind}${tag && ` ${tag}`} {${lines.length === 0 ? "" : "\n"}${lines.join("")}${lines.length === 0 ? "" : indent}}${packed}`;
  }

  #memberDeclaration(member: Member, indent: string): string {
    const name = member.name === "" ? "" : identifier(member.name);
    const bits = this.#layouts.bitSize(member, this.#btf.type(this.#btf.resolve(member.type)));
    const declaration = this.#declaration(member.type, name, indent);
    return bits === 0 ? declaration : `${declaration}${name === "" ? " " : ""}: ${bits}`;
  }

  #enumBody(type: EnumType | Enum64Type, indent: string): string {
    const suffix = type.kind === "enum64" ? (type.signed ? "LL" : "ULL") : "";
    const values = type.values.map(({ name, value }) => {
      // The most negative number has no literal in C.
      const literal = value === -(1n << 63n) ? "-9223372036854775807LL - 1" : `${value}${suffix}`;
      return `${indent}\t${this.#names.ordinary(name)} = ${literal},\n`;
    });
    const fits = type.values.every(({ value }) => value >= -0x80000000 && value <= 0xffffffff);
    // By itself C takes 4 bytes, or 8 when a value needs them.
    const mode = type.size === 4 || (type.size === 8 && !fits) ? "" : ` __attribute__((mode(${MODES[type.size]})))`;
    const tag = this.#names.tag(type.id);
    return `enum${tag && ` ${tag}`} {\n${values.join("")}${indent}}${mode}`;
  }

  // ── declarators ───────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * C's way round: `inner` is what is declared so far, from the name outwards, and `qualifiers` wait for the next type
   * that can bear them.
   */
  #declaration(id: number, inner: string, indent: string, qualifiers = ""): string {
    let result = "";
    this.#nested(id, () => {
      result = this.#declarator(this.#btf.type(id), inner, indent, qualifiers);
    });
    return result;
  }

  #declarator(type: BtfType, inner: string, indent: string, qualifiers: string): string {
    const base = (text: string): string => `${qualifiers}${text}${inner === "" ? "" : " "}${inner}`;
    switch (type.kind) {
      case "pointer":
        return this.#declaration(type.type, `*${qualifiers}${inner}`, indent);
      case "const":
      case "volatile":
        return this.#declaration(type.type, inner, indent, addQualifier(qualifiers, type.kind));
      case "restrict":
        return this.#declaration(type.type, inner, indent, addQualifier(qualifiers, "restrict"));
      case "typeTag":
        return this.#declaration(type.type, inner, indent, qualifiers);
      case "array":
        return this.#declaration(type.element, `${grouped(inner)}[${type.length}]`, indent, qualifiers);
      case "prototype":
        return this.#declaration(type.result, `${grouped(inner)}(${this.#parameters(type, indent)})`, indent);
      case "struct":
      case "union":
        return base(type.name === "" ? this.#compositeBody(type, indent) : `${type.kind} ${this.#names.tag(type.id)}`);
      case "enum":
      case "enum64":
        return base(type.name === "" ? this.#enumBody(type, indent) : `enum ${this.#names.tag(type.id)}`);
      case "forward":
        return base(`${type.of} ${this.#names.tag(type.id)}`);
      case "typedef":
        return base(BUILT_IN.has(type.name) ? type.name : this.#names.typedef(type.id));
      case "int":
      case "float":
        return base(numberName(type.name));
      case "void":
        return base("void");
      default:
        throw new BtfError(`expected a type of data, found ${type.kind}`, { type: type.id, typeName: type.name });
    }
  }

  #parameters(type: PrototypeType, indent: string): string {
    const list = type.parameters.map((parameter) =>
      this.#declaration(parameter.type, parameter.name && identifier(parameter.name), indent),
    );
    if (type.variadic) list.push("...");
    return list.length === 0 ? "void" : list.join(", ");
  }
}

/** GCC's machine modes: quarter, half and double the integer of four bytes. */
const MODES: Readonly<Record<number, string>> = { 1: "QI", 2: "HI", 8: "DI" };

function grouped(inner: string): string {
  return inner.startsWith("*") ? `(${inner})` : inner;
}

function addQualifier(qualifiers: string, one: string): string {
  return qualifiers.includes(one) ? qualifiers : `${one} ${qualifiers}`;
}

/** Names of integers are several words: `long unsigned int`. */
function numberName(name: string): string {
  return /^[A-Za-z_]\w*( [A-Za-z_]\w*)*$/.test(name) ? name : identifier(name);
}

/** Unnamed bit-fields, none of which straddles 8 bytes. */
function pad(lines: string[], indent: string, gap: Gap | null | undefined): void {
  if (!gap) return;
  for (let at = gap.start; at < gap.end; ) {
    const width = Math.min(gap.end - at, 64 - (at % 64));
    lines.push(`${indent}long: ${width};\n`);
    at += width;
  }
}
