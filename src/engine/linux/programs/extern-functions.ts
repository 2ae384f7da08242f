/**
 * Functions of the kernel that a program calls stand in its types as `extern`. No kernel takes that linkage: whoever loads the types calls
 * them global, as libbpf does.
 */

const FUNC = 12;
const EXTERN = 2;
const GLOBAL = 1;

/** Bytes behind the twelve that every type has: fixed ones, and for each of its `vlen` members. By kind, from linux/btf.h. */
const FIXED: Readonly<Record<number, number>> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const EACH: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };

/** The same types, where there is nothing to change; else a copy. */
export function withoutExtern(btf: Uint8Array): Uint8Array {
  let made: DataView | null = null;
  const view = new DataView(btf.buffer, btf.byteOffset, btf.byteLength);
  const begin = view.getUint32(4, true) + view.getUint32(8, true);
  const end = begin + view.getUint32(12, true);
  for (let at = begin; at + 12 <= end; ) {
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x1f;
    const count = info & 0xffff;
    if (kind === FUNC && count === EXTERN) {
      made ??= new DataView(btf.slice().buffer);
      made.setUint32(at + 4, (info & ~0xffff) | GLOBAL, true);
    }
    at += 12 + (FIXED[kind] ?? 0) + (EACH[kind] ?? 0) * (kind === FUNC ? 0 : count);
  }
  return made === null ? btf : new Uint8Array(made.buffer);
}
