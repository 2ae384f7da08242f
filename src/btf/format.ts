/**
 * The wire format of BTF as data (kernel: include/uapi/linux/btf.h, Documentation/bpf/btf.rst).
 *
 * A header, a section of types, a section of NUL-terminated strings. A type is three u32 (name offset, info, size or
 * type id) and, for some kinds, a fixed tail or one record for each of `vlen` parts.
 */

/** `BTF_MAGIC`: these two bytes in this order are big-endian BTF, in the other order little-endian. */
export const MAGIC = 0xeb9f;
export const VERSION = 1;
/** Bytes of the header that every BTF has; `hdr_len` may announce more. */
export const HEADER_SIZE = 24;
/** Bytes of the part that all kinds share (`struct btf_type`). */
export const TYPE_SIZE = 12;

/** In order of their numbers (`BTF_KIND_*`), which start at 0 for void: the type id 0, never written. */
export const KINDS = [
  "void",
  "int",
  "pointer",
  "array",
  "struct",
  "union",
  "enum",
  "forward",
  "typedef",
  "volatile",
  "const",
  "restrict",
  "function",
  "prototype",
  "variable",
  "section",
  "float",
  "declTag",
  "typeTag",
  "enum64",
] as const;

export type BtfKind = (typeof KINDS)[number];

/** The same numbers by name, for code that reads records without decoding them. */
export const KIND = Object.fromEntries(KINDS.map((kind, number) => [kind, number])) as { readonly [Kind in BtfKind]: number };

/** Bytes that follow the common part: `TAIL_SIZE[kind] + vlen * PART_SIZE[kind]`. Indexed by kind number. */
export const TAIL_SIZE = Uint8Array.of(0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0);
export const PART_SIZE = Uint8Array.of(0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12);

// `info`: vlen in bits 0–15, kind in bits 24–28, kind flag in bit 31; the others must be zero.
export const VLEN_MASK = 0xffff;
export const INFO_RESERVED = 0x60ff0000;

// The tail of an int: bits in 0–7, bit offset in 16–23, encoding in 24–27.
export const INT_SIGNED = 1;
export const INT_CHAR = 2;
export const INT_BOOL = 4;

/** `BTF_FUNC_STATIC` 0, `BTF_FUNC_GLOBAL` 1, `BTF_FUNC_EXTERN` 2; the same for variables. */
export const LINKAGES = ["static", "global", "extern"] as const;
export type Linkage = (typeof LINKAGES)[number];

/** Longest chain of typedefs, qualifiers and array dimensions that is followed: `MAX_RESOLVE_DEPTH` of kernel/bpf/btf.c. */
export const RESOLVE_LIMIT = 32;

/** Bytes of a pointer: all eBPF targets are 64-bit machines. */
export const POINTER_SIZE = 8;
