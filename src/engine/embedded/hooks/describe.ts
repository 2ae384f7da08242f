/** A hook's context and functions as source text, for programs in TypeScript and in C. */

import type { HookFunction } from "./functions.ts";
import type { Fields, FieldType } from "./types.ts";

/** What the texts are made of. */
export interface Described {
  /** `http.request` */
  readonly name: string;
  readonly fields: Fields;
  readonly functions: Readonly<Record<string, HookFunction>>;
}

/** `http.request` → `http_request`, the struct's name in C and in BTF. */
export const structName = (name: string): string => name.replaceAll(/[^a-z0-9]+/g, "_");

/** `http.request` → `HttpRequest` */
const interfaceName = (name: string): string =>
  name.replaceAll(/(?:^|[^a-z0-9]+)([a-z0-9])/g, (_match, first: string) => first.toUpperCase());

// ── TypeScript ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The interface of the context, those of its structs before it, and the functions: to stand in a `.bpf.ts` file. */
export function declarationOf({ name, fields, functions }: Described): string {
  const out = new Declarations();
  const struct = out.interface(interfaceName(name), fields, `What a program at the hook ${name} is given.`);
  const declared = Object.entries(functions).map(
    ([called, { args, returns }]) =>
      `declare function ${called}(${args.map((arg, index) => `${"abcde"[index]}: ${arg.name}`).join(", ")}): ${returns.name};`,
  );
  for (const { args, returns } of Object.values(functions)) for (const type of [...args, returns]) out.used.add(type.name);
  const net = ["Ipv4Address", "Ipv6Address", "MacAddress"].filter((type) => out.used.has(type));
  const bpf = [...out.used].filter((type) => !net.includes(type)).sort();
  const from = (types: readonly string[], module: string) =>
    `import { ${types.map((type) => `type ${type}`).join(", ")} } from "${module}";`;
  const imports = [from(bpf, "skep/bpf").replace("{ ", "{ hook, "), ...(net.length === 0 ? [] : [from(net, "skep/bpf/net")])];
  const example = `// export const decide = hook<${struct}>("${name}", (context) => 0);`;
  return `${[imports.join("\n"), ...out.texts, ...(declared.length === 0 ? [] : [declared.join("\n")]), example].join("\n\n")}\n`;
}

class Declarations {
  readonly texts: string[] = [];
  readonly used = new Set<string>();
  readonly #made = new Set<string>();

  /** @param writable it lies in a writable field, as a whole. */
  interface(name: string, fields: Fields, about: string | null, writable = false): string {
    const lines = Object.entries(fields).map(([field, type]) => {
      const free = writable || type.writable === true;
      const spelled = this.#type(type, `${name}${field[0]!.toUpperCase()}${field.slice(1)}`, free);
      return `  ${free ? "" : "readonly "}${field}: ${spelled};`;
    });
    if (this.#made.has(name)) return name;
    this.#made.add(name);
    this.texts.push(`${about === null ? "" : `/** ${about} */\n`}interface ${name} {\n${lines.join("\n")}\n}`);
    return name;
  }

  /** @param nested what a struct there is called. */
  #type(type: FieldType, nested: string, writable: boolean): string {
    switch (type.kind) {
      case "integer":
      case "address":
        return this.#use(type.name);
      case "bool":
        return this.#use("bool");
      case "bytes":
        return `${this.#use("FixedArray")}<${this.#use("u8")}, ${type.length}>`;
      case "array":
        return `${this.#use("FixedArray")}<${this.#type(type.element, nested, writable)}, ${type.length}>`;
      case "struct":
        return this.interface(nested, type.fields, null, writable);
      case "text": {
        const name = `${writable ? "Writable" : ""}Text${type.length}`;
        const prefix = writable ? "" : "readonly ";
        for (const used of ["u8", "u16", "bool", "FixedArray"]) this.#use(used);
        if (!this.#made.has(name)) {
          this.#made.add(name);
          const lines = ["length: u16", "truncated: bool", `bytes: FixedArray<u8, ${type.length}>`];
          this.texts.push(`interface ${name} {\n${lines.map((line) => `  ${prefix}${line};`).join("\n")}\n}`);
        }
        return name;
      }
    }
  }

  #use(name: string): string {
    this.used.add(name);
    return name;
  }
}

// ── C ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const C_INTEGERS = {
  u8: "__u8",
  u16: "__u16",
  u32: "__u32",
  u64: "__u64",
  i8: "__s8",
  i16: "__s16",
  i32: "__s32",
  i64: "__s64",
} as const;

/** A header for clang: `#include` it after `vmlinux.h`, or by itself, and write `SEC("hook/http.request")`. */
export function headerOf({ name, fields, functions }: Described): string {
  const texts: string[] = [];
  const made = new Set<string>();

  /** `type name[3];` */
  const declare = (type: FieldType, field: string, nested: string, writable: boolean): string => {
    switch (type.kind) {
      case "integer":
        return `${C_INTEGERS[type.name]} ${field}`;
      case "bool":
        return `_Bool ${field}`;
      case "address":
        return type.size === 4 ? `__be32 ${field}` : `unsigned char ${field}[${type.size}]`;
      case "bytes":
        return `unsigned char ${field}[${type.length}]`;
      case "array":
        return declare(type.element, `${field}[${type.length}]`, nested, writable);
      case "struct":
        return `${struct(nested, type.fields, writable)} ${field}`;
      case "text": {
        const text = `struct text${type.length}`;
        if (!made.has(text)) {
          made.add(text);
          texts.push(`${text} {\n\t__u16 length;\n\t_Bool truncated;\n\tunsigned char bytes[${type.length}];\n};`);
        }
        return `${text} ${field}`;
      }
    }
  };
  const struct = (called: string, of: Fields, writable = false): string => {
    const lines = Object.entries(of).map(([field, type]) => {
      const free = writable || type.writable === true;
      return `\t${free ? "" : "const "}${declare(type, field, `${called}_${field}`, free)};`;
    });
    texts.push(`struct ${called} {\n${lines.join("\n")}\n};`);
    return `struct ${called}`;
  };

  struct(structName(name), fields);
  const declared = Object.entries(functions).map(([called, { args, returns }]) => {
    const parameters = args.map((arg, index) => `${C_INTEGERS[arg.name]} ${"abcde"[index]}`).join(", ");
    return `extern ${C_INTEGERS[returns.name]} ${called}(${parameters === "" ? "void" : parameters}) __attribute__((section(".ksyms")));`;
  });
  return `/* The context of programs at the hook ${name}: SEC("hook/${name}"). */
#pragma once
#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

${[...texts, ...(declared.length === 0 ? [] : [declared.join("\n")])].join("\n\n")}
`;
}
