import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isSpill, type Move, type Place, spillPlace } from "./machine.ts";
import { sequence } from "./moves.ts";

type Contents = Map<Place, string>;

function contents(steps: readonly Move[], parallel: boolean): Contents {
  const now: Contents = new Map();
  const read = (from: Contents, place: Place): string => from.get(place) ?? `initial ${place}`;
  const before = new Map(now);
  for (const { to, from } of steps) {
    const value =
      from.kind === "place" ? read(parallel ? before : now, from.place) : from.kind === "integer" ? `${from.value}` : from.kind;
    now.set(to, value);
  }
  return now;
}

/** Registers 0 … 9 and spills 0 … 3. */
const place = fc.oneof(fc.nat(9), fc.nat(3).map(spillPlace));
const source = fc.oneof(
  { weight: 5, arbitrary: place.map((of) => ({ kind: "place", place: of }) as const) },
  { weight: 1, arbitrary: fc.constantFrom(7n, 1n << 40n).map((value) => ({ kind: "integer", value }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "frame", slot: 0, offset: 0 } as const) },
);
const moves = fc.uniqueArray(fc.record({ to: place, from: source }), { maxLength: 14, selector: ({ to }) => to });

describe("sequence", () => {
  it("moves one after the other what was to be moved at once, and harms nothing else", () => {
    fc.assert(
      fc.property(moves, fc.uniqueArray(fc.nat(9)), (parallel, idle) => {
        const free = idle.filter((register) => !parallel.some(({ to }) => to === register));
        let spills = 4;
        const steps = sequence(parallel, { free, spill: () => spills++ }, (value) => value < 1n << 31n);
        const wanted = contents(parallel, true);
        const found = contents(steps, false);
        for (let register = 0; register < 10; register++) {
          if (free.includes(register)) continue;
          assert.equal(found.get(register) ?? `initial ${register}`, wanted.get(register) ?? `initial ${register}`);
        }
        for (let spill = 0; spill < 4; spill++) {
          const at = spillPlace(spill);
          assert.equal(found.get(at) ?? `initial ${at}`, wanted.get(at) ?? `initial ${at}`);
        }
        for (const { to, from } of steps) {
          if (!isSpill(to)) continue;
          const direct = from.kind === "place" ? !isSpill(from.place) : from.kind === "integer" && from.value < 1n << 31n;
          assert.ok(direct, "one instruction can do each step");
        }
      }),
      { numRuns: 500 },
    );
  });

  it("exchanges two registers through a third", () => {
    const from = (register: number): Move["from"] => ({ kind: "place", place: register });
    assert.deepEqual(
      sequence(
        [
          { to: 1, from: from(2) },
          { to: 2, from: from(1) },
        ],
        { free: [3], spill: () => 0 },
        () => true,
      ),
      [
        { to: 3, from: from(1) },
        { to: 1, from: from(2) },
        { to: 2, from: from(3) },
      ],
    );
  });
});
