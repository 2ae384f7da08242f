/** A hook's context as BTF. */

import { BtfBuilder } from "../../../btf/builder.ts";
import { C_INTEGERS } from "../../../btf/integer-names.ts";
import { layOut, sizeOf, TEXT } from "./layout.ts";
import type { Fields, FieldType, IntegerName } from "./types.ts";

export interface ContextTypes {
  readonly bytes: Uint8Array;
  /** Id of the context's struct. */
  readonly struct: number;
  /** Id of each field's type. */
  readonly fields: ReadonlyMap<string, number>;
}

export function contextTypes(name: string, fields: Fields): ContextTypes {
  const btf = new BtfBuilder();
  const integer = (type: IntegerName, size: number): number =>
    btf.typedef(type, btf.int(C_INTEGERS[type], size, { signed: type.startsWith("i") }));
  const byteArray = (length: number): number => btf.array(integer("u8", 1), length);
  const idOf = (type: FieldType, called: string): number => {
    switch (type.kind) {
      case "integer":
        return integer(type.name, type.size);
      case "bool":
        return btf.int("_Bool", 1, { bool: true });
      case "address":
        return btf.typedef(type.name, type.size === 4 ? btf.int("unsigned int", 4) : byteArray(type.size));
      case "bytes":
        return byteArray(type.length);
      case "array":
        return btf.array(idOf(type.element, called), type.length);
      case "struct":
        return struct(called, type.fields);
      case "text":
        return btf.struct(`text${type.length}`, sizeOf(type), [
          { name: "length", type: integer("u16", 2), bitOffset: TEXT.length * 8 },
          { name: "truncated", type: btf.int("_Bool", 1, { bool: true }), bitOffset: TEXT.truncated * 8 },
          { name: "bytes", type: byteArray(type.length), bitOffset: TEXT.bytes * 8 },
        ]);
    }
  };
  const ids = new Map<string, number>();
  const struct = (called: string, of: Fields): number => {
    const layout = layOut(of, called);
    const members = layout.fields.map(({ name: field, type, offset }) => {
      const id = idOf(type, `${called}_${field}`);
      if (called === name) ids.set(field, id);
      return { name: field, type: id, bitOffset: offset * 8 };
    });
    return btf.struct(called, layout.size, members);
  };
  const id = struct(name, fields);
  return { bytes: btf.encode(), struct: id, fields: ids };
}
