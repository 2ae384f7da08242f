/**
 * Types as TypeScript declarations, for one of two readers: a program (`.bpf.ts`), which sees machine integers and reads
 * kernel structs through pointers, or its user, who sees what the codecs decode (codec.ts has the table).
 */

import type { Btf } from "../btf.ts";
import { spellType } from "../c/declarator.ts";
import { joinText } from "../c/text.ts";
import { count } from "../codec/describe.ts";
import { isCharacter } from "../codec.ts";
import { BtfError } from "../errors.ts";
import type { BtfType, Enum64Type, EnumType, IntType, Member, StructType, UnionType } from "../types.ts";
import { DtsNames, isFreeName } from "./names.ts";

export interface PrintDtsOptions {
  /** Who reads it; default `program`. */
  readonly side?: "program" | "user";
  /** Print these types and what they need; default all. */
  readonly types?: Iterable<number>;
}

/**
 * Prints types as a self-contained module of declarations.
 * @throws BtfError when a type that must be read is malformed.
 */
export function printDts(btf: Btf, options: PrintDtsOptions = {}): string {
  const printer = new DtsPrinter(btf, options.side ?? "program");
  for (const id of options.types ?? btf.ids()) printer.root(id);
  return printer.text();
}

/** Declarations for a module that refers to types by `spell`; `text` has those that it referred to, and what they need. */
export interface TypeDeclarations {
  /** How a type is written, e.g. `Event`, `bigint`, `number[]`. */
  spell(id: number): string;
  text(): string;
}

/** @param taken names that the module declares besides */
export function declareTypes(btf: Btf, side: "program" | "user", taken: Iterable<string>): TypeDeclarations {
  return new DtsPrinter(btf, side, taken);
}

/** The same flavours as those of `skep/bpf` (bpf/integers.ts): values of either assign to the other. */
const PROGRAM_PREAMBLE = `type u8 = number & { readonly __int?: "u8" };
type u16 = number & { readonly __int?: "u8" | "u16" };
type u32 = number & { readonly __int?: "u8" | "u16" | "Ipv4Address" | "u32" };
type u64 = number & { readonly __int?: "u8" | "u16" | "Ipv4Address" | "u32" | "u64" };
type i8 = number & { readonly __int?: "i8" };
type i16 = number & { readonly __int?: "u8" | "i8" | "i16" };
type i32 = number & { readonly __int?: "u8" | "u16" | "i8" | "i16" | "i32" };
type i64 = number & { readonly __int?: "u8" | "u16" | "Ipv4Address" | "u32" | "i8" | "i16" | "i32" | "i64" };
type bool = boolean;
/** An array of exactly \`Length\` elements. */
type FixedArray<Element, Length extends number> = readonly Element[] & { readonly length: Length };
/** A pointer to a struct: reading a field reads the kernel's memory there. */
type Pointer<Target> = Target & { readonly "~pointer"?: Target };

`;

const PROGRAM_NAMES = "i8 i16 i32 i64 u8 u16 u32 u64 bool FixedArray Pointer".split(" ");

const MOST_NESTED = 128;
/** As in c/print.ts: anonymous types are written out, and a malicious file makes them multiply. */
const VISITS_PER_BYTE = 2;
const FREE_VISITS = 10_000;

class DtsPrinter implements TypeDeclarations {
  readonly #btf: Btf;
  readonly #program: boolean;
  readonly #names: DtsNames;
  readonly #out: string[];
  readonly #seen = new Set<number>();
  /** Names declared already: all forward declarations of a name are one. */
  readonly #declared = new Set<string>();
  /** Types that something refers to, and that are not printed yet. */
  readonly #waiting: number[] = [];
  readonly #enumerators = new Set<string>();
  /** Left. */
  #visits = FREE_VISITS;

  constructor(btf: Btf, side: "program" | "user", taken: Iterable<string> = []) {
    this.#btf = btf;
    this.#program = side === "program";
    this.#names = new DtsNames(btf, [...(this.#program ? PROGRAM_NAMES : []), ...taken]);
    this.#out = [this.#program ? PROGRAM_PREAMBLE : ""];
    for (let part: Btf | null = btf; part !== null; part = part.base) this.#visits += VISITS_PER_BYTE * part.bytes.length;
  }

  text(): string {
    return joinText(this.#out);
  }

  root(id: number): void {
    this.#waiting.push(id);
    this.#drain();
  }

  spell(id: number): string {
    const text = this.#type(id, "", 0);
    this.#drain();
    return text;
  }

  #drain(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      if (this.#seen.has(next)) continue;
      this.#seen.add(next);
      this.#declare(this.#btf.type(next));
    }
  }

  #declare(type: BtfType): void {
    if (type.kind === "enum" || type.kind === "enum64") {
      this.#declareEnum(type);
    } else if (type.name === "") {
      return;
    } else if (type.kind === "struct" || type.kind === "union") {
      this.#once(type.id, (name) => `export interface ${name} ${this.#body(type, "", 0)}\n\n`);
    } else if (type.kind === "forward") {
      // With a whole type of that name, the name is that type's.
      const whole = this.#btf.find(type.name, type.of);
      if (whole !== undefined) this.#waiting.push(whole);
      else this.#once(type.id, (name) => `/** Only declared: \`${type.of} ${type.name}\`. */\nexport interface ${name} {}\n\n`);
    } else if (type.kind === "typedef") {
      if (this.#builtIn(type) !== null) return;
      const target = this.#btf.resolve(type.id);
      const named = this.#btf.name(target) !== "" && this.#btf.kind(target) !== "int" && this.#btf.kind(target) !== "float";
      if (named && this.#names.of(type.id) === this.#names.of(target)) this.#waiting.push(target);
      else this.#once(type.id, (name) => `export type ${name} = ${this.#type(type.type, "", 0)};\n\n`);
    }
  }

  #once(id: number, text: (name: string) => string): void {
    const name = this.#names.of(id);
    if (this.#declared.has(name)) return;
    this.#declared.add(name);
    this.#out.push(text(name));
  }

  #declareEnum(type: EnumType | Enum64Type): void {
    if (type.name !== "") this.#once(type.id, (name) => `export type ${name} = ${this.#integer(type.size, type.signed)};\n`);
    for (const { name, value } of type.values) {
      // Constants are values, which have a name space of their own; the first of a name has it.
      if (this.#enumerators.has(name) || !isFreeName(name)) continue;
      this.#enumerators.add(name);
      const literal = typeof value === "bigint" && !(this.#program && isSafe(value)) ? `${value}n` : `${value}`;
      this.#out.push(`export declare const ${name}: ${literal};\n`);
    }
    this.#out.push("\n");
  }

  // ── structs ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #body(type: StructType | UnionType, indent: string, depth: number): string {
    const lines = this.#members(type, `${indent}  `, depth);
    return lines.length === 0 ? "{}" : `{\n${lines.join("")}${indent}}`;
  }

  /** Those of anonymous structs and unions included. */
  #members(type: StructType | UnionType, indent: string, depth: number): string[] {
    this.#visit(type, depth);
    return type.members.flatMap((member) => {
      if (member.name !== "") return [this.#member(member, indent, depth)];
      const target = this.#btf.type(this.#btf.resolve(member.type));
      return target.kind === "struct" || target.kind === "union" ? this.#members(target, indent, depth + 1) : [];
    });
  }

  #member(member: Member, indent: string, depth: number): string {
    const name = /^[A-Za-z_$][\w$]*$/.test(member.name) ? member.name : JSON.stringify(member.name);
    const notes: string[] = [];
    const target = this.#btf.type(this.#btf.resolve(member.type));
    if (target.kind === "pointer") notes.push(`\`${spellType(this.#btf, member.type).replace(/[`*]\//g, "* /")}\``);
    if (member.bitSize !== 0) notes.push(count(member.bitSize, "bit"));
    const comment = notes.length === 0 ? "" : `${indent}/** ${notes.join(", ")} */\n`;
    return `${comment}${indent}${name}: ${this.#type(member.type, indent, depth + 1)};\n`;
  }

  // ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #type(id: number, indent: string, depth: number): string {
    const type = this.#btf.type(id);
    this.#visit(type, depth);
    switch (type.kind) {
      case "typedef": {
        const builtIn = this.#builtIn(type);
        if (builtIn !== null) return builtIn;
        return this.#refer(id);
      }
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
        return this.#type(type.type, indent, depth + 1);
      case "struct":
      case "union":
        return type.name === "" ? this.#body(type, indent, depth + 1) : this.#refer(id);
      case "forward":
        return this.#refer(id);
      case "enum":
      case "enum64":
        if (type.name !== "") return this.#refer(id);
        this.#waiting.push(id);
        return this.#integer(type.size, type.signed);
      case "array":
        return this.#array(type.element, type.length, indent, depth);
      case "pointer":
        return this.#pointer(type.type, indent, depth);
      case "int":
        return type.bool ? (this.#program ? "bool" : "boolean") : this.#integer(type.size, type.signed);
      case "float":
        return "number";
      default:
        return "unknown";
    }
  }

  #refer(id: number): string {
    if (!this.#seen.has(id)) this.#waiting.push(id);
    return this.#names.of(id);
  }

  #array(element: number, length: number, indent: string, depth: number): string {
    const target = this.#btf.type(this.#btf.resolve(element));
    const byte = target.kind === "int" && target.size === 1 && !target.bool ? target : null;
    if (!this.#program) {
      if (byte !== null && isCharacter(byte)) return "string";
      if (byte !== null && !byte.signed) return "Uint8Array";
    }
    const inner = this.#type(element, indent, depth + 1);
    return this.#program ? `FixedArray<${inner}, ${length}>` : `${inner.includes(" ") ? `(${inner})` : inner}[]`;
  }

  /** Pointers to structs can be followed by name; all others are addresses. */
  #pointer(target: number, indent: string, depth: number): string {
    if (!this.#program) return "bigint";
    const behind = this.#btf.type(this.#btf.resolve(target));
    const followed = behind.kind === "struct" || behind.kind === "union" || behind.kind === "forward";
    return followed ? `Pointer<${this.#type(target, indent, depth + 1)}>` : "u64";
  }

  #integer(size: number, signed: boolean): string {
    if (!this.#program) return size > 4 ? "bigint" : "number";
    // No 128-bit integers in programs: they are bytes there.
    if (size > 8) return `FixedArray<u8, ${size}>`;
    return `${signed ? "i" : "u"}${size * 8}`;
  }

  /** Typedefs that the preamble has (`u32`), or that the codecs show as something else. */
  #builtIn(type: BtfType): string | null {
    const target = this.#btf.type(this.#btf.resolve(type.id));
    if (this.#program)
      return target.kind === "int" && PROGRAM_NAMES.includes(type.name) ? this.#nativeOf(type.name, target) : null;
    if (type.name === "Ipv4Address" || type.name === "Ipv6Address" || type.name === "MacAddress") return "string";
    return null;
  }

  #nativeOf(name: string, target: IntType): string | null {
    const native = target.bool ? "bool" : this.#integer(target.size, target.signed);
    return native === name ? name : null;
  }

  #visit(type: BtfType, depth: number): void {
    if (depth > MOST_NESTED || --this.#visits < 0) {
      const message = `expected types that nest at most ${MOST_NESTED} deep and do not multiply, found others`;
      throw new BtfError(message, { type: type.id, typeName: type.name });
    }
  }
}

function isSafe(value: bigint): boolean {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}
