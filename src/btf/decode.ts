/** One type record, from bytes to data. */

import type { Btf } from "./btf.ts";
import { BtfError } from "./errors.ts";
import { INT_BOOL, INT_CHAR, INT_SIGNED, KINDS, LINKAGES, type Linkage, TYPE_SIZE, VLEN_MASK } from "./format.ts";
import type { BtfType, Member, Parameter, SectionVariable } from "./types.ts";

/**
 * Decodes the record that starts at `at` in the bytes of `owner`. Its shape was checked when the BTF was opened; its
 * references are checked here, against `all`: the BTF that was asked, whose base `owner` may be.
 */
export function decodeType(owner: Btf, all: Btf, id: number, at: number): BtfType {
  const { view, littleEndian } = owner;
  const u32 = (offset: number): number => view.getUint32(offset, littleEndian);
  const i32 = (offset: number): number => view.getInt32(offset, littleEndian);
  const fail = (offset: number, message: string): BtfError => new BtfError(message, { type: id, offset });

  const text = (offset: number): string => {
    const string = u32(offset);
    if (string >= owner.stringsLength) {
      throw fail(offset, `expected the offset of a string below ${owner.stringsLength}, found ${string}`);
    }
    return owner.string(string);
  };
  const reference = (offset: number): number => {
    const target = u32(offset);
    if (target >= all.count) throw fail(offset, `expected a type id below ${all.count}, found ${target}`);
    return target;
  };
  const linkage = (offset: number, value: number): Linkage => {
    const found = LINKAGES[value];
    if (found === undefined) throw fail(offset, `expected a linkage from 0 to ${LINKAGES.length - 1}, found ${value}`);
    return found;
  };

  const info = u32(at + 4);
  const length = info & VLEN_MASK;
  const flag = info >>> 31 === 1;
  const kind = KINDS[(info >>> 24) & 31]!;
  const name = text(at);
  const tail = at + TYPE_SIZE;

  switch (kind) {
    case "int": {
      const coding = u32(tail);
      const encoding = (coding >>> 24) & 15;
      const size = u32(at + 8);
      const bits = coding & 0xff;
      const bitOffset = (coding >>> 16) & 0xff;
      if (size < 1 || size > 16 || bits + bitOffset > size * 8) {
        throw fail(
          at + 8,
          `expected an integer of 1 to 16 bytes around its bits, found ${size} bytes, ${bits} bits from ${bitOffset}`,
        );
      }
      return {
        kind,
        id,
        name,
        size,
        bits,
        bitOffset,
        signed: (encoding & INT_SIGNED) !== 0,
        char: (encoding & INT_CHAR) !== 0,
        bool: (encoding & INT_BOOL) !== 0,
      };
    }
    case "array":
      return { kind, id, name, element: reference(tail), index: reference(tail + 4), length: u32(tail + 8) };
    case "struct":
    case "union": {
      const members: Member[] = [];
      for (let part = tail; part < tail + length * 12; part += 12) {
        const offset = u32(part + 8);
        members.push({
          name: text(part),
          type: reference(part + 4),
          bitOffset: flag ? offset & 0xffffff : offset,
          bitSize: flag ? offset >>> 24 : 0,
        });
      }
      return { kind, id, name, size: u32(at + 8), members };
    }
    case "enum": {
      const values: { name: string; value: number }[] = [];
      for (let part = tail; part < tail + length * 8; part += 8) {
        values.push({ name: text(part), value: flag ? i32(part + 4) : u32(part + 4) });
      }
      return { kind, id, name, size: enumSize(u32(at + 8), length), signed: flag, values };
    }
    case "enum64": {
      const values: { name: string; value: bigint }[] = [];
      for (let part = tail; part < tail + length * 12; part += 12) {
        const value = (BigInt(u32(part + 8)) << 32n) | BigInt(u32(part + 4));
        values.push({ name: text(part), value: flag ? BigInt.asIntN(64, value) : value });
      }
      return { kind, id, name, size: enumSize(u32(at + 8), length), signed: flag, values };
    }
    case "forward":
      return { kind, id, name, of: flag ? "union" : "struct" };
    case "prototype": {
      const parameters: Parameter[] = [];
      for (let part = tail; part < tail + length * 8; part += 8) {
        parameters.push({ name: text(part), type: reference(part + 4) });
      }
      // A last parameter without name and type stands for `...`.
      const last = parameters.at(-1);
      const variadic = last !== undefined && last.name === "" && last.type === 0;
      if (variadic) parameters.pop();
      return { kind, id, name, result: reference(at + 8), parameters, variadic };
    }
    case "function":
      return { kind, id, name, type: reference(at + 8), linkage: linkage(at + 4, length) };
    case "variable":
      return { kind, id, name, type: reference(at + 8), linkage: linkage(tail, u32(tail)) };
    case "section": {
      const variables: SectionVariable[] = [];
      for (let part = tail; part < tail + length * 12; part += 12) {
        variables.push({ type: reference(part), offset: u32(part + 4), size: u32(part + 8) });
      }
      return { kind, id, name, size: u32(at + 8), variables };
    }
    case "float":
      return { kind, id, name, size: u32(at + 8) };
    case "declTag":
      return { kind, id, name, type: reference(at + 8), component: i32(tail), attribute: flag };
    case "typeTag":
      return { kind, id, name, type: reference(at + 8), attribute: flag };
    case "pointer":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
      return { kind, id, name, type: reference(at + 8) };
    case "void":
      throw fail(at + 4, "expected a kind from 1, found 0");
  }

  function enumSize(size: number, length: number): number {
    // `enum name;`, which other kinds have a FWD for.
    if (size === 0 && length === 0) return 0;
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8) {
      throw fail(at + 8, `expected an enum of 1, 2, 4 or 8 bytes, found ${size}`);
    }
    return size;
  }
}
