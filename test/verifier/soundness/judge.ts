/** One program: whether the verifier takes it, and if so, whether it does what the verifier says of it. */

import { LD_IMM64 } from "../../../src/isa/instruction.ts";
import type { Spec } from "../../../src/object/spec.ts";
import { Refused } from "../../../src/verifier/refusal.ts";
import type { Target } from "../../../src/verifier/target.ts";
import { kernelTarget } from "../../../src/verifier/targets/index.ts";
import { verify } from "../../../src/verifier/verify.ts";
import { Random } from "../../support/random.ts";
import { ENDLESS, execute } from "./execute.ts";
import { generate } from "./generate.ts";
import { outside } from "./inside.ts";
import { type Line, specOf } from "./lines.ts";
import { mutate } from "./mutate.ts";
import { everyPath, type StateThen, TooLong } from "./paths.ts";

export const TARGETS: readonly Target[] = (["6.1", "6.12", "6.18"] as const).map((name) => kernelTarget(name, null));

/** Instructions that may be walked of one program, over all its paths. */
const LONGEST_WALK = 20_000;

export type Judgement =
  | { readonly kind: "sound"; readonly steps: number }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "too long" }
  | { readonly kind: "unsound"; readonly what: string };

/** A seed stands for a program and a target. */
export function targetOf(seed: number): Target {
  return TARGETS[seed % TARGETS.length]!;
}

/** As generated, or with some things changed. */
export function programOf(seed: number, target = targetOf(seed)): Line[] {
  const random = new Random(seed);
  let lines = generate(random, target.era);
  for (let changes = random.below(3); changes > 0; changes--) lines = mutate(lines, random);
  return lines;
}

/** @param runs of each program that is taken. */
export async function judge(lines: readonly Line[], target: Target, seed: number, runs = 4): Promise<Judgement> {
  const spec = specOf(lines);
  // Where callbacks have no small number of rounds, walking all of them has no end.
  const states = everyState(spec, target, callsBack(lines) ? LONGEST_WALK / 8 : LONGEST_WALK);
  // Loops that only end because rounds are alike. Without end, they take a second: not all of them are asked.
  if (states === "too long" && seed % 4 !== 0 && !callsBack(lines)) return { kind: "too long" };
  const verdict = verify(spec, spec.programs[0]!, target);
  if (!verdict.accepted) return { kind: "refused", why: verdict.refusal?.text ?? "" };
  // As many as a verifier walks; but eight million rounds of a function are nothing that it minds.
  const most = callsBack(lines) ? 5_000 : 1_000_000;
  let steps = 0;
  const what = await execute(spec, runs, most, new Random(seed), (slot, standing) => {
    steps++;
    // Then only that nothing is at fault.
    if (typeof states === "string") return null;
    const known = states[slot]!;
    let first: string | null = null;
    for (const state of known) {
      const wrong = outside(state, standing);
      if (wrong === null) return null;
      first ??= wrong;
    }
    return `slot ${slot}: ${first ?? "nobody comes here"}; inside of none of ${known.length} states`;
  });
  if (what === null || (what === ENDLESS && callsBack(lines))) return { kind: "sound", steps };
  return { kind: "unsound", what };
}

/**
 * `refused`: on a path that is cut short where it was seen before, or on one that cannot happen. Of such a path the kernel may know
 * what contradicts itself, and then refuse, or find it within what it knew on another.
 */
function everyState(spec: Spec, target: Target, longest: number): readonly (readonly StateThen[])[] | "too long" | "refused" {
  try {
    return everyPath(spec, target, longest);
  } catch (error) {
    if (error instanceof TooLong) return "too long";
    if (error instanceof Refused) return "refused";
    throw error;
  }
}

function callsBack(lines: readonly Line[]): boolean {
  return lines.some(({ instruction, to }) => instruction.opcode === LD_IMM64 && to >= 0);
}
