/** How a map's keys and values become JavaScript values: by the Spec's types, or as well as can be without. Both engines use it. */

import type { Btf } from "../btf/btf.ts";
import { type Codec, makeCodec } from "../btf/codec.ts";
import { ValueError } from "../btf/errors.ts";
import type { MapSpec } from "../object/spec.ts";

/** Kinds whose keys are indexes, whatever their types say of them. */
const INDEXED = /array$|^(array_of_maps|struct_ops|devmap|cpumap|xskmap|sockmap)$/;

/** Of a map's keys. An index is a u32 where the Spec gives it no type: data sections have none. */
export function keyCodec(types: Btf | null, spec: MapSpec): Codec {
  const name = `${spec.name}.key`;
  if (spec.keyType === 0 && spec.keySize === 4 && INDEXED.test(spec.type)) return indexCodec(name);
  return codecOf(types, spec.keyType, spec.keySize, name);
}

/** Of a map's values; in a per-CPU map, of one CPU's. */
export function valueCodec(types: Btf | null, spec: MapSpec): Codec {
  return codecOf(types, spec.valueType, spec.valueSize, `${spec.name}.value`);
}

/** Through the type where there is one of the right size, else bytes. */
function codecOf(types: Btf | null, id: number, size: number, name: string): Codec {
  if (types === null || id === 0 || types.sizeOf(id) !== size) return bytesCodec(size, name);
  return makeCodec(types, id, { name });
}

/** `Uint8Array`s of exactly `size` bytes. `name` is for messages: `drops.key`. */
export function bytesCodec(size: number, name: string): Codec {
  return {
    size,
    decode: (bytes, offset) => bytes.slice(offset, offset + size),
    encode(value, bytes, offset) {
      if (!(value instanceof Uint8Array) || value.length !== size) {
        const found = value instanceof Uint8Array ? `${value.length} bytes` : typeof value;
        throw new ValueError(name, `a Uint8Array of ${size} bytes (its type is not known)`, found);
      }
      bytes.set(value, offset);
    },
  };
}

/** Little-endian, as both engines are. */
function indexCodec(name: string): Codec {
  const view = (bytes: Uint8Array, offset: number) => new DataView(bytes.buffer, bytes.byteOffset + offset, 4);
  return {
    size: 4,
    decode: (bytes, offset) => view(bytes, offset).getUint32(0, true),
    encode(value, bytes, offset) {
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
        throw new ValueError(name, "an index from 0 to 4294967295", typeof value === "number" ? String(value) : typeof value);
      }
      view(bytes, offset).setUint32(0, value, true);
    },
  };
}
