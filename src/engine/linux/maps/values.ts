/** From JavaScript values to a map's bytes and back, as the Spec's types say. */

import type { Btf } from "../../../btf/btf.ts";
import { type Codec, makeCodec } from "../../../btf/codec.ts";
import { ValueError } from "../../../btf/errors.ts";
import { perCpuStride } from "./raw-map.ts";

/**
 * Through type `id`, or as plain bytes where the Spec does not say (0), or says something of another size.
 * @param name how messages call the value, e.g. `blocked.key`.
 */
export function codecOf(types: Btf | null, id: number, size: number, name: string): Codec {
  if (types === null || id === 0) return bytesCodec(size, name);
  const codec = makeCodec(types, id, { name });
  return codec.size === size ? codec : bytesCodec(size, name);
}

/** `Uint8Array`s of exactly `size` bytes. */
export function bytesCodec(size: number, name: string): Codec {
  return {
    size,
    decode: (bytes, offset) => bytes.slice(offset, offset + size),
    encode(value, bytes, offset) {
      if (!(value instanceof Uint8Array))
        throw new ValueError(name, `a Uint8Array of ${size} bytes (its type is not known)`, describe(value));
      if (value.length !== size) throw new ValueError(name, `${size} bytes`, `${value.length} bytes`);
      bytes.set(value, offset);
    },
  };
}

/** One element a CPU. Encoding takes an array of `cpus` elements, or one element for every CPU. */
export function perCpuCodec(element: Codec, cpus: number, name: string): Codec {
  const stride = perCpuStride(element.size);
  // When elements are arrays themselves, an array stands for all CPUs only if it holds arrays.
  const elementIsArray = Array.isArray(element.decode(new Uint8Array(element.size), 0));
  const isPerCpu = (value: unknown): value is readonly unknown[] =>
    Array.isArray(value) && (!elementIsArray || value.every((item) => Array.isArray(item)));
  return {
    size: stride * cpus,
    decode(bytes, offset) {
      const values: unknown[] = [];
      for (let cpu = 0; cpu < cpus; cpu++) values.push(element.decode(bytes, offset + cpu * stride));
      return values;
    },
    encode(value, bytes, offset) {
      const each = isPerCpu(value);
      if (each && value.length !== cpus)
        throw new ValueError(name, `${cpus} values, one a CPU, or one for all`, `${value.length} values`);
      for (let cpu = 0; cpu < cpus; cpu++) element.encode(each ? value[cpu] : value, bytes, offset + cpu * stride);
    },
  };
}

function describe(value: unknown): string {
  return value === null
    ? "null"
    : Array.isArray(value)
      ? "an array"
      : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
