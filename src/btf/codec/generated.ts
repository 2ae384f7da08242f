/**
 * Decoding structs by code that is made for them. A struct's codec is a list of closures, which costs 15 ns a field; as one function that
 * reads each field at its place, and makes its object in one piece, it costs 2. That is worth the making where the same type is read again and again: records by the
 * million, maps of many entries. Where code cannot be made from text (a page whose policy forbids it) the closures go on.
 *
 * The text holds numbers that we computed and names as JSON: nothing of a type's is code.
 */

import type { TypeCodec } from "./codec.ts";

type Part = (...args: never[]) => unknown;

/** Functions that generated code calls, by the names that it knows them by. */
export class Parts {
  readonly functions: Part[] = [];

  name(part: Part): string {
    const known = this.functions.indexOf(part);
    return `f${known >= 0 ? known : this.functions.push(part) - 1}`;
  }
}

/** An expression for the value at `offset` bytes from `o` of the bytes `b`, which the DataView `v` shows, too. */
export type Source = (offset: number, parts: Parts) => string;

type Decode = (bytes: Uint8Array, offset: number) => unknown;
type DecodeInto = (target: unknown, bytes: Uint8Array, offset: number) => unknown;

/** Characters of code that are worth it: a struct of some hundred fields. */
const LONGEST = 1 << 15;

/** The value of a codec at its place, in line when it can be. */
export function valueSource(codec: TypeCodec, offset: number, parts: Parts): string {
  return codec.source?.(offset, parts) ?? `${parts.name(codec.decode)}(b, o + ${offset})`;
}

/** Fields as an object literal. `__proto__` would not be a field of it, written plainly. */
export function objectSource(
  fields: readonly { readonly name: string; readonly offset: number; readonly codec: TypeCodec }[],
  offset: number,
  parts: Parts,
): string {
  return `{ ${fields.map((field) => `[${JSON.stringify(field.name)}]: ${valueSource(field.codec, offset + field.offset, parts)}`).join(", ")} }`;
}

/** `decode` of a struct without a flexible end; null where it is not worth it, or may not be. */
export function generateDecode(codec: TypeCodec): Decode | null {
  const parts = new Parts();
  const source = codec.fields === undefined ? null : codec.source?.(0, parts);
  return source == null ? null : (compile(`(b, o)`, `return ${source};`, parts) as Decode | null);
}

/** The same into an object that it made before. */
export function generateDecodeInto(codec: TypeCodec): DecodeInto | null {
  const parts = new Parts();
  if (codec.fields === undefined || codec.flexible) return null;
  const statements = codec.fields.map(({ name, offset, codec: field }) => {
    const place = `t[${JSON.stringify(name)}]`;
    if (field.simple === true) return `${place} = ${valueSource(field, offset, parts)};`;
    return `${place} = ${parts.name(field.decodeInto)}(${place}, b, o + ${offset});`;
  });
  if (codec.fields.some(({ name }) => name === "__proto__")) return null;
  return compile(`(t, b, o)`, `${statements.join(" ")} return t;`, parts) as DecodeInto | null;
}

function compile(parameters: string, body: string, parts: Parts): Part | null {
  if (body.length > LONGEST) return null;
  const view = "if (b !== last) { v = new DataView(b.buffer, b.byteOffset, b.length); last = b; }";
  try {
    const make = new Function(
      ...parts.functions.map((_, index) => `f${index}`),
      `"use strict"; let v = null; let last = null; return ${parameters} => { ${view} ${body} };`,
    );
    return make(...parts.functions) as Part;
  } catch {
    return null;
  }
}
