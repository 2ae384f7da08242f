/**
 * A child process of bench/clang.ts: how long programs on packets take in this machine's kernel (BPF_PROG_TEST_RUN), ours and clang's in turn, so that
 * both meet the same weather. Prints `{ example: { clang, ours } }` as JSON: nanoseconds for one packet, the median of the rounds.
 */

import { openLinux } from "../src/engine/linux/engine.ts";
import type { Spec } from "../src/object/spec.ts";
import { type ExampleName, type PlayedPacket, playOf } from "../test/examples/plays.ts";
import { fromC, fromTypeScript } from "../test/examples/sources.ts";
import { Stage, untyped } from "../test/examples/stage.ts";
import { median } from "./measure.ts";

const ROUNDS = 25;
/** Of each packet, in one go where the program leaves it as it is. */
const REPEAT = 1_000;
/** Where it does not, each run is a call of its own. */
const REPEAT_CHANGED = 100;
const PACKETS = 8;

await using engine = await openLinux();
const results: Record<string, { clang: number; ours: number }> = {};

for (const name of process.argv.slice(2) as ExampleName[]) {
  const play = playOf(name);
  const all = (await play.packets?.()) ?? [];
  // From all of the play, not only its beginning.
  const packets = Array.from({ length: PACKETS }, (_, at) => all[Math.floor((at * all.length) / PACKETS)]).filter(
    (each): each is PlayedPacket => each !== undefined,
  );
  const ours = await fromTypeScript(name);
  const load = async (spec: Spec) => {
    const stage = new Stage(await engine.load(untyped(spec), { variables: play.variables ?? {} }), ours);
    play.set?.(stage);
    return stage;
  };
  const stages = [await load(await fromC(name)), await load(ours)] as const;
  const changes = packets.some(({ program, packet }) => !same(stages[0].run(program, { packet }).packet, packet));
  const round = (stage: Stage): number =>
    packets.reduce(
      (sum, { program, packet }) => sum + stage.run(program, { packet, repeat: changes ? REPEAT_CHANGED : REPEAT }).duration,
      0,
    ) / packets.length;
  const times: [number[], number[]] = [[], []];
  for (let at = 0; at < ROUNDS + 3; at++) {
    for (const which of [0, 1] as const) {
      const time = round(stages[which]);
      if (at >= 3) times[which].push(time);
    }
  }
  results[name] = { clang: median(times[0]), ours: median(times[1]) };
}
process.stdout.write(JSON.stringify(results));

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
