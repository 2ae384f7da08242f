/**
 * Types as C: `vmlinux.h`. Definitions come in an order in which C takes them, with forward declarations where pointers
 * go round, and compile to the same places and sizes (c/layout.ts).
 */

import type { Btf } from "../btf.ts";
import { BtfError } from "../errors.ts";
import type { BtfType, Enum64Type, EnumType, Member, StructType, UnionType } from "../types.ts";
import { declare, numberName } from "./declarator.ts";
import { CLayouts, type Gap } from "./layout.ts";
import { CNames, identifier } from "./names.ts";
import { joinText } from "./text.ts";

export interface PrintCOptions {
  /** Print these types and what they need; default all. */
  readonly types?: Iterable<number>;
  /**
   * Wrap them as bpftool does: an include guard `__VMLINUX_H__`, and `preserve_access_index`, by which clang records
   * CO-RE relocations; and, when all types are printed, the prototypes of kfuncs behind them, as far as the BTF marks
   * them, which depends on the pahole that wrote it. Default true.
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
  // Before the text is taken: they may mention types that nothing else does.
  const kfuncs = options.types === undefined ? printer.kfuncs() : [];
  const prototypes = kfuncs.length === 0 ? "" : `${KFUNCS}${kfuncs.join("")}#endif\n\n`;
  return `${HEADER}${printer.text()}${POP}${prototypes}${FOOTER}`;
}

const HEADER = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;

const POP = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

`;

/** Weak, so that a program loads where a function is missing as long as it does not call it. */
const KFUNCS = `#ifndef BPF_NO_KFUNC_PROTOTYPES
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
`;

const FOOTER = `#endif /* __VMLINUX_H__ */
`;

/** Compilers have it themselves, and its BTF is of the machine that the kernel was built for. */
const BUILT_IN = new Set(["__builtin_va_list"]);

const MOST_NESTED = 500;
/**
 * Anonymous types are written out wherever they are used: with a malicious file, twice as often at each level. A kernel's
 * types take 0.15 visits a byte.
 */
const VISITS_PER_BYTE = 2;
const FREE_VISITS = 10_000;

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
  /** Left. */
  #visits = FREE_VISITS;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#names = new CNames(btf);
    this.#layouts = new CLayouts(btf);
    for (let part: Btf | null = btf; part !== null; part = part.base) this.#visits += VISITS_PER_BYTE * part.bytes.length;
  }

  text(): string {
    return joinText(this.#out);
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
      if (type.values.length > 0) this.#out.push(`${this.#enumBody(type, "")};\n\n`);
    } else {
      this.#define(id);
    }
  }

  /** One declaration a kfunc, in order of their names. What they mention is printed with the types. */
  kfuncs(): string[] {
    const functions = new Map<string, number>();
    for (const id of this.#btf.ids("declTag")) {
      const tag = this.#btf.type(id);
      if (tag.kind !== "declTag" || tag.name !== "bpf_kfunc" || tag.component !== -1) continue;
      const target = this.#btf.type(tag.type);
      if (target.kind === "function" && /^\w+$/.test(target.name)) functions.set(target.name, target.type);
    }
    return [...functions.keys()].sort().map((name) => {
      const prototype = functions.get(name)!;
      this.#mention(prototype);
      return `extern ${this.#declaration(prototype, name, "")} __weak __ksym;\n`;
    });
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
    if (--this.#visits < 0) {
      throw new BtfError("expected types that take a moment to print, found anonymous ones that multiply", { type: id });
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
    const name = this.#names.tag(type.id);
    // Without values it stands for a forward declaration, which GNU C knows for enums, too.
    if (type.values.length === 0) return name === "" ? INTEGERS[type.size]! : `enum ${name}`;
    const suffix = type.kind === "enum64" ? (type.signed ? "LL" : "ULL") : "";
    const values = type.values.map(({ name: enumerator, value }) => {
      // The most negative number has no literal in C.
      const literal = value === -(1n << 63n) ? "-9223372036854775807LL - 1" : `${value}${suffix}`;
      return `${indent}\t${this.#names.ordinary(enumerator)} = ${literal},\n`;
    });
    const fits = type.values.every(({ value }) => value >= -0x80000000 && value <= 0xffffffff);
    // By itself C takes 4 bytes, or 8 when a value needs them.
    const mode = type.size === 4 || (type.size === 8 && !fits) ? "" : ` __attribute__((mode(${MODES[type.size]})))`;
    return `enum${name && ` ${name}`} {\n${values.join("")}${indent}}${mode}`;
  }

  #declaration(id: number, name: string, indent: string): string {
    let result = "";
    this.#nested(id, () => {
      result = declare(this.#btf, id, name, (type) => this.#base(type, indent));
    });
    return result;
  }

  #base(type: BtfType, indent: string): string {
    switch (type.kind) {
      case "struct":
      case "union":
        return type.name === "" ? this.#compositeBody(type, indent) : `${type.kind} ${this.#names.tag(type.id)}`;
      case "enum":
      case "enum64":
        return type.name === "" ? this.#enumBody(type, indent) : `enum ${this.#names.tag(type.id)}`;
      case "forward":
        return `${type.of} ${this.#names.tag(type.id)}`;
      case "typedef":
        return BUILT_IN.has(type.name) ? type.name : this.#names.typedef(type.id);
      case "void":
        return "void";
      default:
        return numberName(type.name);
    }
  }
}

/** GCC's machine modes: quarter, half and double the integer of four bytes. */
const MODES: Readonly<Record<number, string>> = { 1: "QI", 2: "HI", 8: "DI" };

const INTEGERS: Readonly<Record<number, string>> = {
  1: "unsigned char",
  2: "unsigned short",
  4: "unsigned int",
  8: "unsigned long",
};

/** From here on a gap is an array of bytes: the lines of a gap of gigabytes, which BTF can say, would fill the memory. */
const LONG_GAP = 64 * 8;

/** Unnamed bit-fields, none of which straddles 8 bytes. */
function pad(lines: string[], indent: string, gap: Gap | null | undefined): void {
  if (!gap) return;
  for (let at = gap.start; at < gap.end; ) {
    const bytes = Math.floor((gap.end - at) / 8);
    if (at % 64 === 0 && gap.end - at >= LONG_GAP) {
      lines.push(`${indent}unsigned char __padding_${at / 8}[${bytes}];\n`);
      at += bytes * 8;
    } else {
      const width = Math.min(gap.end - at, 64 - (at % 64));
      lines.push(`${indent}long: ${width};\n`);
      at += width;
    }
  }
}
