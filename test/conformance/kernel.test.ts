/**
 * Helpers and map operations of the embedded engine against the kernel's own: the same small program in both, the same
 * verdict and the same packet. Where the kernel cannot be used, it is skipped; `helpers` in `src/engine/embedded` hold
 * what came out of it on Linux 6.18.
 */

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import { openLinux, probeLinux } from "../../src/engine/linux/engine.ts";
import { HELPER, type HelperName } from "../../src/uapi/helpers.ts";
import { type MapShape, specOf } from "../contract/specs.ts";
import "../kernel/leaks.ts";

const packet = Uint8Array.from({ length: 60 }, (_, at) => at);
const { available, reason } = probeLinux();

describe("as in the kernel", { skip: available ? false : `the Linux engine: ${reason}` }, async () => {
  const engines = available ? [await openLinux(), openEmbedded({ execution: "interpreter", memory: 16 << 20 })] : [];
  after(async () => {
    for (const engine of engines) await engine[Symbol.asyncDispose]();
  });

  /** Runs the text in both engines. `fill` puts into map `m` what it holds before. */
  function same(what: string, text: string, map?: MapShape, fill?: readonly [unknown, unknown]): void {
    const source = text.replace(/call (bpf_\w+)/g, (_, name: HelperName) => `call ${HELPER[name]}`);
    test(what, async () => {
      const [kernel, embedded] = await Promise.all(
        engines.map(async (engine) => {
          await using collection = await engine.load(specOf(map === undefined ? {} : { m: map }, { main: source }));
          if (fill !== undefined) collection.maps["m"]?.set(...fill);
          const result = collection.programs["main"]?.run({ packet });
          return { verdict: (result?.verdict ?? 0) | 0, packet: result?.packet };
        }),
      );
      assert.deepEqual(embedded, kernel);
    });
  }

  for (const delta of [-256, -217, -216, 14, 46, 47])
    same(`xdp_adjust_head ${delta}`, `r2 = ${delta}\ncall bpf_xdp_adjust_head\nexit`);
  for (const delta of [-47, -46, 4, 3460, 3461])
    same(`xdp_adjust_tail ${delta}`, `r2 = ${delta}\ncall bpf_xdp_adjust_tail\nexit`);
  for (const delta of [-256, -220, -216, -36, -6, -4, 4])
    same(`xdp_adjust_meta ${delta}`, `r2 = ${delta}\ncall bpf_xdp_adjust_meta\nexit`);
  same(
    "metadata moves with the head, and takes from its room",
    `r6 = r1
     r2 = -8
     call bpf_xdp_adjust_meta
     r1 = r6
     r2 = -208
     call bpf_xdp_adjust_head
     r7 = r0
     r1 = r6
     r2 = -1
     call bpf_xdp_adjust_head
     r0 += r7
     exit`,
  );

  for (const helper of ["bpf_xdp_load_bytes", "bpf_xdp_store_bytes"]) {
    for (const [offset, size] of [
      ["0", 8],
      ["52", 8],
      ["53", 8],
      ["60", 1],
      ["0xffff", 1],
      ["0x10000", 1],
      ["-1", 1],
    ] as const) {
      same(
        `${helper} ${offset}, ${size} bytes`,
        `r6 = 0
         *(u64 *)(r10 - 8) = r6
         r2 = ${offset}
         r3 = r10
         r3 += -8
         r4 = ${size}
         call ${helper}
         r7 = *(u64 *)(r10 - 8)
         r7 >>= 56
         r7 <<= 8
         r0 += r7
         exit`,
      );
    }
  }

  const words = (values: readonly number[], base: number): string =>
    values.map((value, index) => `r3 = ${value | 0}\n*(u32 *)(r10 - ${base - 4 * index}) = r3`).join("\n");
  const buffer = (values: readonly number[], base: number, register: number): string =>
    values.length === 0
      ? `r${register} = 0\nr${register + 1} = 0`
      : `r${register} = r10\nr${register} += -${base}\nr${register + 1} = ${values.length * 4}`;
  for (const [from, to, seed] of [
    [[], [0x0a0b_0c0d], 0],
    [[0x0a0b_0c0d], [], 0],
    [[1, 2, 3], [0xffff_ffff, 7], 0x1234],
    [[], [], 0x1234_5678],
    [[0xffff_ffff], [0xffff_ffff], 0],
    [[0xffff_ffff, 0xffff_ffff], [], 0xffff_ffff],
    [[0x8000_8000], [0x7fff_7fff], 0xabcd],
  ] as const) {
    same(
      `csum_diff from [${from}] to [${to}] with ${seed}`,
      [words(from, 64), words(to, 32), buffer(from, 64, 1), buffer(to, 32, 3), `r5 = ${seed | 0}`, "call bpf_csum_diff", "exit"]
        .filter((line) => line !== "")
        .join("\n"),
    );
  }

  /** Format, then the same three arguments: 5, -6, 7. The result is the length, or that it is refused. */
  for (const format of [
    "hi",
    "%d",
    "%d %i %u",
    "%lld %llx",
    "%5d|",
    "%-5d|",
    "%05d|",
    "% d",
    "%+d",
    "%x%X",
    "100%%",
    "%c",
    "%px",
    "%#x",
    "%hd",
    "%o",
    "%.3d",
    "%y",
    "%d %d %d %d",
    "%1023d|",
    "%1500d|%d",
    "%1500d%y",
    "%-1500d|",
    "tab\there\n",
    "bell\u0007",
    "first\0second",
    "first\0%y",
    "",
  ]) {
    const bytes = new Uint8Array(Math.ceil((format.length + 1) / 8) * 8);
    bytes.set(new TextEncoder().encode(format));
    const stores = [...new BigUint64Array(bytes.buffer)].map(
      (word, index) => `r1 = 0x${word.toString(16)} ll\n*(u64 *)(r10 - ${32 - index * 8}) = r1`,
    );
    same(
      `trace_printk ${format}`,
      `${stores.join("\n")}\nr1 = r10\nr1 += -32\nr2 = ${format.length + 1}\nr3 = 5\nr4 = -6\nr5 = 7\ncall bpf_trace_printk\nexit`,
    );
  }

  /** `helper(m, key, 5, flags)`. */
  const onMap = (helper: string, low: number, high: number, flags: string): string => `
    r1 = ${low}
    *(u32 *)(r10 - 16) = r1
    r1 = ${high}
    *(u32 *)(r10 - 12) = r1
    r1 = 5
    *(u64 *)(r10 - 24) = r1
    r1 = map m
    r2 = r10
    r2 += -16
    r3 = r10
    r3 += -24
    r4 = ${flags} ll
    call ${helper}
    exit`;
  const FLAGS = ["0", "1", "2", "3", "4", "5", "8", "0x100000000", "0x100000001"];
  for (const type of ["hash", "array", "lru_hash", "percpu_hash", "percpu_array", "lru_percpu_hash"] as const) {
    const shape: MapShape = { type, maxEntries: type.startsWith("lru") ? 1024 : 4, key: "u32", value: "u64" };
    for (const flags of FLAGS) same(`update of a ${type}, flags ${flags}`, onMap("bpf_map_update_elem", 1, 0, flags), shape);
    same(`delete from a ${type}`, onMap("bpf_map_delete_elem", 1, 0, "0"), shape);
  }
  const array: MapShape = { type: "array", maxEntries: 4, key: "u32", value: "u64" };
  for (const flags of ["0", "1", "4"])
    same(`update beyond an array, flags ${flags}`, onMap("bpf_map_update_elem", 9, 0, flags), array);

  const trie: MapShape = {
    type: "lpm_trie",
    maxEntries: 1,
    flags: 1,
    key: { prefixLength: "u32", address: "u32" },
    value: "u64",
  };
  const ten = [{ prefixLength: 8, address: "10.0.0.0" }, 1n] as const;
  for (const length of [0, 8, 9, 33]) {
    for (const flags of ["0", "1", "2", "3", "4"]) {
      same(`update of an empty trie, ${length} bits, flags ${flags}`, onMap("bpf_map_update_elem", length, 10, flags), trie);
      same(`update of a full trie, ${length} bits, flags ${flags}`, onMap("bpf_map_update_elem", length, 10, flags), trie, ten);
    }
    same(`delete from a trie, ${length} bits`, onMap("bpf_map_delete_elem", length, 10, "0"), trie, ten);
  }
});
