/** The same random operations on maps of this kernel and of the embedded engine: what differs, in words. */

import { MAP_KINDS } from "../../src/engine/embedded/maps/create.ts";
import { Random } from "../../src/engine/embedded/random.ts";
import { MACHINE, possibleCpus } from "../../src/engine/linux/facts.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import type { Transport } from "../../src/engine/linux/sys/transport.ts";
import type { MapSpec } from "../../src/object/spec.ts";
import type { MapType } from "../../src/uapi/map-types.ts";
import { type Answer, copied, createHere, createInKernel, KernelMap, OurMap } from "./two-maps.ts";

const MOST_DIFFERENCES = 20;
const ENOMEM = -12;
const EPERM = -1;

interface Result {
  readonly compared: number;
  readonly differences: string[];
}

const base = { name: "m", keyType: 0, valueType: 0 } as const;

function innerMap(transport: Transport): number {
  return createInKernel(transport, { ...base, type: "array", keySize: 4, valueSize: 8, maxEntries: 2, flags: 0 }, 0);
}

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random.next() % items.length]!;

/** Shapes of every kind, most of them a little wrong. */
export async function sameShapes(): Promise<Result> {
  const transport = await openNative();
  const random = new Random(20);
  const inner = innerMap(transport);
  const differences: string[] = [];
  let compared = 0;
  for (let round = 0; round < 20_000 && differences.length < MOST_DIFFERENCES; round++) {
    const type = pick(random, MAP_KINDS);
    let flags = pick(random, [0, 0, 1, type === "arena" ? 0x400 : 1]);
    for (let left = random.next() % 3; left > 0; left--)
      flags |= 1 << pick(random, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 17, 18]);
    const large = random.next() % 16 === 0;
    const valueSize = large
      ? pick(random, [
          32_760,
          32_768,
          32_769,
          65_423,
          1016,
          1024,
          4_194_303 - 48,
          4_194_304 - 60,
          4_194_305,
          4_194_024,
          4_194_025,
        ])
      : pick(random, [0, 1, 4, 4, 8, 8, 9, 16, 24, 32]);
    const keySize = large ? pick(random, [0, 4, 4, 8, 260]) : pick(random, [0, 0, 1, 4, 4, 4, 5, 8, 12, 260, 261, 600]);
    const maxEntries = valueSize > 9000 ? 1 + (random.next() % 2) : pick(random, [0, 1, 2, 7, 64, 4096, 4097, 8192, 12_288]);
    const extra = random.next() % 8 === 0 ? BigInt(random.next() % 20) : 0n;
    const spec: MapSpec = { ...base, type, keySize, valueSize, maxEntries, flags, extra };
    // Build ids are not offered here; an arena's address in user space means nothing here.
    if (type === "stack_trace" && (flags & 32) !== 0) continue;
    if (type === "arena" && extra !== 0n) continue;
    // How many CPUs a kernel was built for at most is its own affair.
    if (type === "cpumap" && maxEntries > 64) continue;
    const result = createInKernel(transport, spec, inner);
    if (result >= 0) transport.close(result);
    if (result === ENOMEM) continue;
    if (result === EPERM) return { compared: 0, differences: [] };
    compared++;
    const ours = createHere(spec);
    if (Math.min(result, 0) !== ours) {
      const text = JSON.stringify({ ...spec, extra: String(extra), flags: `0x${flags.toString(16)}` });
      differences.push(`${text}: kernel ${Math.min(result, 0)}, here ${ours}`);
    }
  }
  transport.close(inner);
  return { compared, differences };
}

const KEYED = {
  hash: [1, 3, 4, 7, 8, 16, 30],
  percpu_hash: [4, 8],
  lru_hash: [4, 9],
  lru_percpu_hash: [4],
  array: [4],
  percpu_array: [4],
};
const SHAPES: readonly (readonly [
  type: MapType,
  keySizes: readonly number[],
  valueSizes: readonly number[],
  flags: readonly number[],
])[] = [
  ...Object.entries(KEYED).map(([type, keys]) => [type as MapType, keys, [1, 8, 13, 70], [0]] as const),
  ["hash", [4, 8], [8], [1]],
  ["lpm_trie", [5, 8, 12, 20], [1, 8, 13], [1]],
  ["queue", [0], [1, 8, 13], [0]],
  ["stack", [0], [1, 8, 13], [0]],
  ["bloom_filter", [0], [1, 4, 8, 13], [0]],
  ["stack_trace", [4], [8, 64], [0]],
  ["prog_array", [4], [4], [0]],
  ["perf_event_array", [4], [4], [0]],
];

/** Every command, with right and wrong arguments. */
export async function sameOperations(): Promise<Result> {
  const transport = await openNative();
  const cpus = possibleCpus(MACHINE);
  const random = new Random(4);
  const differences: string[] = [];
  let compared = 0;
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.next() & 0xff);

  for (const [type, keySizes, valueSizes, flagSets] of SHAPES) {
    for (const keySize of keySizes) {
      const valueSize = pick(random, valueSizes);
      // Which entries a full least recently used map forgets is nobody's promise.
      const maxEntries = type.startsWith("lru") ? 4096 : 5;
      const spec: MapSpec = { ...base, type, keySize, valueSize, maxEntries, flags: pick(random, flagSets) };
      const fd = createInKernel(transport, spec, 0);
      if (fd < 0) {
        differences.push(`${type} was not made: ${fd}`);
        continue;
      }
      const kernel = new KernelMap(transport, fd, spec, cpus);
      const ours = new OurMap(spec, cpus);
      const size = copied(spec, cpus);
      const added = new Set<string>();

      const key = (): Uint8Array | null => {
        if (keySize === 0) return random.next() % 20 === 0 ? new Uint8Array(4) : null;
        const made = new Uint8Array(keySize);
        if (type === "lpm_trie") {
          made[0] = random.next() % (Math.min(keySize - 4, 6) * 8 + 3);
          for (let at = 4; at < Math.min(keySize, 7); at++) made[at] = pick(random, [0, 0x80, 0xc0, 1]);
        } else {
          made[0] = random.next() % 9;
          made[keySize - 1]! |= type.includes("hash") ? random.next() & 2 : 0;
        }
        return made;
      };
      const flagsOf = (): number => pick(random, [0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 8, 2 ** 32]);
      const same = (what: string, one: Answer, other: Answer): void => {
        compared++;
        const equal =
          one.result === other.result && Buffer.compare(one.bytes ?? new Uint8Array(0), other.bytes ?? new Uint8Array(0)) === 0;
        if (!equal && differences.length < MOST_DIFFERENCES) {
          const show = ({ result, bytes: found }: Answer) =>
            `${result} ${found === undefined ? "" : Buffer.from(found).toString("hex")}`;
          differences.push(`${type}, key ${keySize}, value ${valueSize}: ${what}: kernel ${show(one)}, here ${show(other)}`);
        }
      };

      for (let round = 0; round < 700; round++) {
        const k = key();
        const name = k === null ? "-" : Buffer.from(k).toString("hex");
        const what = random.next() % 8;
        if (what < 3) {
          const value = bytes(size);
          // What lies between the values of CPUs is not a value's.
          if (type.includes("percpu"))
            for (let at = 0; at < size; at++) if (at % (Math.ceil(valueSize / 8) * 8) >= valueSize) value[at] = 0;
          // Descriptors are not numbers of ours.
          if (type === "prog_array" || type === "perf_event_array") continue;
          const flags = flagsOf();
          const result = kernel.update(k, value, flags);
          same(`update ${name} flags ${flags}`, { result }, { result: ours.update(k, value, flags) });
          if (result === 0) added.add(Buffer.from(value).toString("hex"));
        } else if (what < 5) {
          const flags = pick(random, [0, 0, 0, 1, 4, 2 ** 32]);
          const value = bytes(size);
          // A bloom filter may be wrong about what was not added, each in its own way.
          if (type === "bloom_filter") {
            const [known] = added;
            if (known === undefined) continue;
            value.set(Buffer.from(known, "hex"));
          }
          same(`lookup ${name} flags ${flags}`, kernel.lookup(k, value, flags), ours.lookup(k, value, flags));
        } else if (what === 5) {
          same(`delete ${name}`, { result: kernel.delete(k) }, { result: ours.delete(k) });
        } else if (what === 6) {
          const flags = pick(random, [0, 0, 0, 1, 4]);
          same(`take ${name} flags ${flags}`, kernel.take(k, flags), ours.take(k, flags));
        } else if (round % 5 === 0) {
          const [one, other] = [kernel.keys(), ours.keys()];
          compared++;
          if (JSON.stringify(one) !== JSON.stringify(other) && differences.length < MOST_DIFFERENCES)
            differences.push(`${type}, key ${keySize}: keys: kernel ${JSON.stringify(one)}, here ${JSON.stringify(other)}`);
        }
      }
      kernel.close();
    }
  }
  return { compared, differences };
}
