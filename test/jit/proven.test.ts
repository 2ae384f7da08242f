/** Programs that the verifier takes, bare: they do what the interpreter does, and what their proof leaves to the engine is kept. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { virtualClock } from "../../src/engine/embedded/clock.ts";
import { type EmbeddedOptions, openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { AnyMap } from "../../src/engine/engine.ts";
import { VerifierError } from "../../src/engine/errors.ts";
import { kernelTypes } from "../../src/kernels/types.ts";
import type { ProgramSpec, Spec } from "../../src/object/spec.ts";
import { kernelTarget } from "../../src/verifier/targets/index.ts";
import { specOf } from "../contract/specs.ts";
import { Random } from "../support/random.ts";
import { programOf } from "../verifier/soundness/judge.ts";
import { specOf as specOfLines } from "../verifier/soundness/lines.ts";

const BARE: EmbeddedOptions = { execution: "jit" };
const INTERPRETED: EmbeddedOptions = { execution: "interpreter", unsafe: true };
const BPF_F_SLEEPABLE = 1 << 4;
const PROGRAMS = 120;
const RUNS = 3;

const bytes = (random: Random, length: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(length + 8));
  for (let at = 0; at < length; at += 8) view.setBigUint64(at, random.number(), true);
  return new Uint8Array(view.buffer, 0, length);
};

/** Verdicts, packets and maps of a few runs; null when the program is refused. */
async function observe(spec: Spec, seed: number, options: EmbeddedOptions): Promise<unknown> {
  await using engine = openEmbedded({ memory: 1 << 20, seed, clock: virtualClock(), ...options });
  try {
    await engine.load(spec);
  } catch (error) {
    if (error instanceof VerifierError) return null;
    throw error;
  }
  const { maps, programs } = await engine.load(spec);
  const random = new Random(seed);
  const seen: unknown[] = [];
  for (let run = 0; run < RUNS; run++) {
    for (const { name, type, maxEntries, valueSize } of spec.maps) {
      const map = maps[name] as AnyMap & { set(key: unknown, value: Uint8Array): void };
      for (let key = 0; key < maxEntries && type !== "ringbuf"; key++)
        map.set(type === "array" ? key : Uint8Array.of(key, 0, 0, 0), bytes(random, valueSize));
    }
    const { verdict, packet } = programs["main"]!.run({ packet: bytes(random, 14 + random.below(320)) });
    seen.push(verdict, packet);
    for (const { name, type } of spec.maps)
      if (type !== "ringbuf") seen.push([...(maps[name] as unknown as Iterable<unknown>)].sort());
  }
  return seen;
}

test(`${PROGRAMS} programs at random: the verifier takes most, and bare they do what the interpreter does`, async () => {
  const target = kernelTarget("6.18", null);
  let taken = 0;
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const spec = specOfLines(programOf(seed, target));
    const bare = await observe(spec, seed, BARE);
    if (bare === null) continue;
    taken++;
    assert.deepEqual(bare, await observe(spec, seed, INTERPRETED), `seed ${seed}`);
  }
  assert.ok(taken > PROGRAMS / 3, `${taken} of ${PROGRAMS}`);
});

describe("what a proof leaves to the engine", () => {
  const of = (text: string, more: Partial<ProgramSpec>, maps: Parameters<typeof specOf>[0] = {}): Spec => {
    const spec = specOf(maps, { main: text });
    return { ...spec, programs: spec.programs.map((program) => ({ ...program, functions: [], attachType: null, ...more })) };
  };

  test("stack that was not written is zeroes, whatever ran before", async () => {
    await using engine = openEmbedded({ memory: 1 << 20 });
    // Through an index that is not known, so that the stack stays in memory.
    const index = "r2 = *(u32 *)(r1 + 12)\nr2 &= 1\nr2 <<= 3\nr3 = r10\nr3 += -16\nr3 += r2";
    const dirty = await engine.load(
      of(`*(u64 *)(r10 - 16) = 7\n*(u64 *)(r10 - 8) = 7\n${index}\nr0 = *(u64 *)(r3 + 0)\nexit`, {}),
    );
    const reads = await engine.load(of(`${index}\nr0 = *(u64 *)(r3 + 0)\nexit`, {}));
    const packet = new Uint8Array(60);
    assert.equal(dirty.programs["main"]!.run({ packet }).verdict, 7);
    assert.equal(reads.programs["main"]!.run({ packet }).verdict, 0);
  });

  test("an arena is all that arena pointers reach: beyond it loads give zeroes, and stores are dropped", async () => {
    await using engine = openEmbedded({ memory: 1 << 20 });
    const arena = { memory: { type: "arena", maxEntries: 2, flags: 1 << 10, key: 0, value: 0 } } as const;
    const spec = of(
      `r6 = *(u64 *)(r1 + 0)
       r1 = map memory
       r6 = addr_space_cast(r6, 0, 1)
       r7 = *(u64 *)(r6 + 8)
       *(u64 *)(r6 + 8) = 5
       r1 = 3
       lock *(u64 *)(r6 + 8) += r1
       r0 = r7
       exit`,
      { section: "syscall", type: "syscall", flags: BPF_F_SLEEPABLE },
      arena,
    );
    const { maps, programs } = await engine.load({
      ...spec,
      maps: spec.maps.map((map) => ({ ...map, keyType: 0, valueType: 0 })),
    });
    const { view } = maps["memory"] as unknown as { view(): Uint8Array };
    const whole = view.call(maps["memory"]);
    const run = (address: bigint): number => {
      const context = new Uint8Array(8);
      new DataView(context.buffer).setBigUint64(0, address, true);
      return programs["main"]!.run({ context }).verdict;
    };
    const before = new Uint8Array(whole.buffer).slice();
    const start = BigInt(whole.byteOffset);
    for (const address of [0n, 8n, start - 16n, start + 8192n, start + 8184n, 0xffff_fff8n, 1n << 20n, 0x1234_5678n])
      assert.equal(run(address), 0, `0x${address.toString(16)}`);
    const changed = new Uint8Array(whole.buffer).findIndex((byte, at) => byte !== before[at] && at >= 65_536 + 90_000);
    assert.ok(changed < 0 || changed < whole.byteOffset + whole.length + 4096, "nothing but the place where lost stores go");
    assert.equal(
      whole.findIndex((byte) => byte !== 0),
      -1,
    );
    assert.deepEqual([run(start), run(start)], [0, 8]);
    assert.equal(run(start + 8176n), 0);
    assert.equal(run(start + 8176n), 8, "the last eight bytes");
  });

  test("loads through typed pointers give zeroes where nothing is", async () => {
    const types = kernelTypes("6.18").bytes;
    await using engine = openEmbedded({ memory: 8 << 20, room: { types } });
    const tp = {
      section: "tp_btf/sched_process_exit",
      type: "tracing",
      attachType: "trace_raw_tp",
      target: "sched_process_exit",
    } as const;
    const { programs } = await engine.load(of("r1 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 8)\nexit", tp));
    for (const address of [0n, 8n << 20n, (8n << 20n) - 15n, 0xffff_8880_0001_0000n, 0x1_0001_0000n, (1n << 64n) - 8n])
      assert.equal(programs["main"]!.run({ context: { args: [address] } }).verdict, 0, `0x${address.toString(16)}`);
    const task = engine.kernel.object("task_struct", { pid: 7 });
    new DataView(task.bytes.buffer, task.bytes.byteOffset).setUint32(8, 99, true);
    assert.equal(programs["main"]!.run({ context: { args: [task] } }).verdict, 99);
  });

  test("a context is as long as the program reads, or the program does not run", async () => {
    await using engine = openEmbedded({ memory: 1 << 20 });
    const { programs } = await engine.load(
      of("r0 = *(u32 *)(r1 + 20)\nexit", { section: "syscall", type: "syscall", flags: BPF_F_SLEEPABLE }),
    );
    const main = programs["main"]!;
    assert.throws(() => main.run({ context: new Uint8Array(20) }), /main: touches 24 bytes of its context, and is given 20/);
    assert.equal(main.run({ context: new Uint8Array(24).fill(1) }).verdict, 0x0101_0101);
  });

  test("a buffer that the context points at, too", async () => {
    await using engine = openEmbedded({ memory: 1 << 20 });
    const spec = of("r1 = *(u64 *)(r1 + 0)\n*(u32 *)(r1 + 4) = 9\nr0 = 0\nexit", {
      section: "raw_tp.w/tested",
      type: "raw_tracepoint_writable",
    });
    const main = (await engine.load(spec)).programs["main"]!;
    assert.throws(() => main.run({ context: { args: [70_000] } }), /touches 8 bytes of the buffer, and is given 0/);
    assert.throws(() => main.run({ context: { args: [new Uint8Array(4)] } }), /and is given 4/);
    assert.deepEqual(main.run({ context: { args: [new Uint8Array(8)] } }).context, Uint8Array.of(0, 0, 0, 0, 9, 0, 0, 0));
  });
});
