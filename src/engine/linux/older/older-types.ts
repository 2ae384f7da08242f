/**
 * Types for kernels that do not know all kinds of them: each unknown kind becomes an older one that takes the same room, so that the numbers of
 * types stay (`bpf_object__sanitize_btf` of libbpf). Which kinds a kernel knows it is asked, with a few types that have nothing else.
 */

import { HEADER_SIZE, KIND, MAGIC, TYPE_SIZE, VERSION, VLEN_MASK } from "../../../btf/format.ts";
import { locateTypes, readHeader } from "../../../btf/header.ts";
import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";
import type { OlderTypes } from "./older-kernel.ts";

const info = (kind: number, vlen = 0): number => kind * 0x100_0000 + vlen;

/** `int`, four bytes, signed: type 1 of what kernels are asked with. The texts: "", "x" at 1, "?.d" at 3. */
const INT = [1, info(KIND.int), 4, 0x0100_0020];
const TEXTS = "\0x\0?.d\0";
const X = 1;
const QUESTION = 3;

/** Types that a kernel takes when it knows a kind. First Linux: Documentation/bpf/btf.rst and the log of kernel/bpf/btf.c. */
const PROBES = {
  /** 5.0 */
  functions: [...INT, 0, info(KIND.prototype, 1), 0, X, 1, X, info(KIND.function), 2],
  /** 5.6 */
  globalFunctions: [...INT, 0, info(KIND.prototype, 1), 0, X, 1, X, info(KIND.function, 1), 2],
  /** 5.2 */
  sections: [...INT, X, info(KIND.variable), 1, 0, X, info(KIND.section, 1), 4, 2, 0, 4],
  /** 5.13 */
  floats: [X, info(KIND.float), 4],
  /** 5.16 */
  declTags: [...INT, X, info(KIND.variable), 1, 0, X, info(KIND.declTag), 2, 0xffff_ffff],
  /** 5.17 */
  typeTags: [...INT, X, info(KIND.typeTag), 1, 0, info(KIND.pointer), 2],
  /** 6.0 */
  enum64: [0, info(KIND.enum64), 8],
  /** 6.10: sections whose names begin with `?` */
  questionMarks: [...INT, X, info(KIND.variable), 1, 0, QUESTION, info(KIND.section, 1), 4, 2, 0, 4],
} as const satisfies Readonly<Record<string, readonly number[]>>;

export type TypeKind = keyof typeof PROBES;
export const TYPE_KINDS = Object.keys(PROBES) as readonly TypeKind[];

/** Null when the kernel knows all kinds: then something else is wrong with them, and nothing here helps. */
export function olderTypes(kernel: Kernel, btf: Uint8Array): OlderTypes | null {
  const known = new Set(TYPE_KINDS.filter((kind) => knows(kernel, kind)));
  if (known.size === TYPE_KINDS.length) return null;
  return { btf: inOlderForm(btf, known), functions: known.has("functions") };
}

/** Whether the kernel takes types of that kind. */
export function knows({ transport }: Kernel, kind: TypeKind): boolean {
  const btf = probeTypes(kind);
  const fd = new Request(transport, "btf_load").pointer("btf", btf).u32("btf_size", btf.length).send();
  if (fd < 0) return false;
  transport.close(fd);
  return true;
}

function probeTypes(kind: TypeKind): Uint8Array {
  const words: readonly number[] = PROBES[kind];
  const texts = new TextEncoder().encode(TEXTS);
  const bytes = new Uint8Array(HEADER_SIZE + words.length * 4 + texts.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, VERSION);
  view.setUint32(4, HEADER_SIZE, true);
  view.setUint32(12, words.length * 4, true);
  view.setUint32(16, words.length * 4, true);
  view.setUint32(20, texts.length, true);
  for (const [index, word] of words.entries()) view.setUint32(HEADER_SIZE + index * 4, word, true);
  bytes.set(texts, HEADER_SIZE + words.length * 4);
  return bytes;
}

const STRUCT_FLAG = 0x8000_0000;

/** A copy of `btf`, in which kinds that are not `known` have become others. */
export function inOlderForm(btf: Uint8Array, known: ReadonlySet<TypeKind>): Uint8Array {
  const layout = readHeader(btf);
  const { typesStart, typesEnd, stringsStart } = layout;
  const bytes = btf.slice();
  const view = new DataView(bytes.buffer);
  const records = locateTypes(view, layout, 1);
  const u32 = (at: number): number => view.getUint32(at, true);
  const put = (at: number, value: number): void => view.setUint32(at, value, true);
  /** The number that a new type behind all others will have. */
  const placeholder = records.length + 1;
  let usesPlaceholder = false;
  const rename = (at: number, from: RegExp): void => {
    for (let byte = stringsStart + u32(at); bytes[byte] !== 0 && byte < bytes.length; byte++)
      if (from.test(String.fromCharCode(bytes[byte] ?? 0))) bytes[byte] = 0x5f;
  };
  for (const at of records) {
    const word = u32(at + 4);
    const vlen = word & VLEN_MASK;
    const tail = at + TYPE_SIZE;
    switch ((word >>> 24) & 0x1f) {
      case KIND.variable:
      case KIND.declTag: {
        if (known.has(((word >>> 24) & 0x1f) === KIND.variable ? "sections" : "declTags")) break;
        // Of one byte: a larger one would not fit where a smaller variable was.
        put(at + 4, info(KIND.int));
        put(at + 8, 1);
        put(tail, 8);
        break;
      }
      case KIND.section:
        if (known.has("sections")) {
          if (!known.has("questionMarks")) rename(at, /\?/);
          break;
        }
        rename(at, /[.?]/);
        put(at + 4, info(KIND.struct, vlen));
        for (let part = tail; part < tail + vlen * 12; part += 12) {
          // Was: variable, offset in bytes, size. Becomes: name, type, offset in bits.
          const variable = u32(part);
          const offset = u32(part + 4);
          put(part, u32(records[variable - 1] ?? at));
          put(part + 4, variable);
          put(part + 8, offset * 8);
        }
        break;
      case KIND.prototype:
        if (known.has("functions")) break;
        put(at + 4, info(KIND.enum, vlen));
        put(at + 8, 4);
        break;
      case KIND.function:
        if (!known.has("functions")) put(at + 4, info(KIND.typedef));
        else if (!known.has("globalFunctions")) put(at + 4, info(KIND.function));
        break;
      case KIND.float:
        if (known.has("floats")) break;
        // No C compiler takes a struct of the name `float`.
        put(at, 0);
        put(at + 4, info(KIND.struct));
        break;
      case KIND.typeTag:
        if (known.has("typeTags")) break;
        put(at, 0);
        put(at + 4, info(KIND.const));
        break;
      case KIND.enum:
        // The sign came together with 64 bits.
        if (!known.has("enum64")) put(at + 4, (word & ~STRUCT_FLAG) >>> 0);
        break;
      case KIND.enum64:
        if (known.has("enum64")) break;
        usesPlaceholder = true;
        put(at + 4, info(KIND.union, vlen));
        for (let part = tail; part < tail + vlen * 12; part += 12) {
          put(part + 4, placeholder);
          put(part + 8, 0);
        }
        break;
      default:
    }
  }
  return usesPlaceholder ? withByte(bytes, typesEnd, typesEnd - typesStart) : bytes;
}

/** With an anonymous integer of one byte behind the other types. */
function withByte(bytes: Uint8Array, typesEnd: number, typesSize: number): Uint8Array {
  const record = new Uint8Array(new Uint32Array([0, info(KIND.int), 1, 8]).buffer);
  const result = new Uint8Array(bytes.length + record.length);
  result.set(bytes.subarray(0, typesEnd));
  result.set(record, typesEnd);
  result.set(bytes.subarray(typesEnd), typesEnd + record.length);
  const view = new DataView(result.buffer);
  view.setUint32(12, typesSize + record.length, true);
  view.setUint32(16, view.getUint32(16, true) + record.length, true);
  return result;
}
