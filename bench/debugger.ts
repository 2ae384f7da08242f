/**
 * What the debugger's record costs: nanoseconds a step forward for the first time, back, and forward again; bytes a step; and a call of
 * a helper, after which all memory is compared, with small and large maps. Run: `node bench/debugger.ts`.
 */

import { type DebugSession, debug } from "../src/engine/embedded/debug/session.ts";
import { openEmbedded } from "../src/engine/embedded/engine.ts";
import { assemble } from "../src/isa/assemble.ts";
import { encode } from "../src/isa/encode.ts";
import type { MapSpec, Spec } from "../src/object/spec.ts";

const STEPS = 400_000;
const CALLS = 2_000;

function spec(code: string, maps: readonly MapSpec[] = []): Spec {
  const program = { name: "main", section: "xdp", type: "xdp", attachType: "xdp" } as const;
  return {
    name: "bench",
    license: "GPL",
    types: null,
    maps,
    programs: [{ ...program, code: encode(assemble(code)), relocations: [], functions: [], lines: [] }],
  };
}

function array(bytes: number): MapSpec {
  return {
    name: "data",
    type: "array",
    keySize: 4,
    valueSize: 1024,
    maxEntries: bytes / 1024,
    flags: 0,
    keyType: 0,
    valueType: 0,
  };
}

/** Nanoseconds of `work`, for each of `count`. */
function timed(count: number, work: () => unknown): number {
  const start = performance.now();
  work();
  return ((performance.now() - start) * 1e6) / count;
}

async function session(what: Spec) {
  const engine = openEmbedded({ unsafe: true, execution: "interpreter" });
  const { programs } = await engine.load(what);
  return debug(programs["main"]!, null);
}

/** The run is recorded when it begins; then the session goes back to its first instruction. */
const begin = (run: DebugSession) => run.begin((program) => program.run({ packet: new Uint8Array(60) }));

const loop = `r1 = 0\ntop:\nr2 = r1\nr2 *= 3\n*(u64 *)(r10 - 8) = r2\nr1 += 1\nif r1 < ${STEPS / 5} goto top\nr0 = 0\nexit`;
console.log("debugger                                      ns");
for (let round = 0; round < 2; round++) {
  using run = await session(spec(loop));
  const first = timed(STEPS, () => begin(run));
  const { bytes, newest } = run.history;
  const again = timed(STEPS, () => run.continue());
  const back = timed(STEPS, () => run.reverseContinue());
  if (round === 0) continue;
  console.log(`  a step, recorded                    ${(first - back).toFixed(0).padStart(10)}`);
  console.log(`  a step back                         ${back.toFixed(0).padStart(10)}`);
  console.log(`  a step forward again                ${again.toFixed(0).padStart(10)}`);
  console.log(`  bytes a step                        ${(bytes / newest).toFixed(0).padStart(10)}`);
}

const calls = `r6 = 0\ntop:\ncall 7\nr6 += 1\nif r6 < ${CALLS} goto top\nr0 = 0\nexit`;
for (const [name, bytes] of [
  ["no maps", 0],
  ["maps of 1 MiB", 1 << 20],
  ["maps of 16 MiB", 1 << 24],
] as const) {
  using run = await session(spec(calls, bytes === 0 ? [] : [array(bytes)]));
  const each = timed(CALLS, () => begin(run));
  console.log(`  ${`a call of a helper, ${name}`.padEnd(36)}${each.toFixed(0).padStart(10)}`);
}
