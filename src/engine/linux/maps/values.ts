/** A per-CPU map's values: one after the other. */

import type { Codec } from "../../../btf/codec.ts";
import { ValueError } from "../../../btf/errors.ts";
import { perCpuStride } from "./raw-map.ts";

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
      // As long as it will be: one that grows takes room for 16 more.
      const values = new Array<unknown>(cpus);
      for (let cpu = 0; cpu < cpus; cpu++) values[cpu] = element.decode(bytes, offset + cpu * stride);
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
