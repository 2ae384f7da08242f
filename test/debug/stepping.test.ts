/**
 * Properties of the debugger's machine, on random programs: stepping to the end is running, and n steps back undo n steps
 * forward, registers and all of memory.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Machine, type MachineStatus } from "../../src/engine/embedded/debug/machine.ts";
import { Touched } from "../../src/engine/embedded/debug/touched.ts";
import { Interpreter } from "../../src/engine/embedded/interpreter.ts";
import { type MakeRawMachine, type RawResult, runRaw, runRawOn } from "../../src/engine/embedded/raw.ts";
import { FaultError } from "../../src/engine/errors.ts";
import { HELPERS, MEMORY_SIZE, randomProgram } from "../jit/random-program.ts";

const FUEL = 3000;
const LIMIT = 8 << 20;
const MEMORY = Uint8Array.from({ length: MEMORY_SIZE }, (_, at) => at * 37);
const PROGRAMS = 400;

/** All that a run can be told apart by: the machine's words and every byte of memory, as one text. */
function fingerprint({ registers, position, saved, memory, space, worked }: Interpreter): string {
  const fields = Object.values(space).filter((value) => typeof value === "number" || typeof value === "boolean");
  const words = [...registers.slice(0, 22), ...position, ...saved, worked, ...fields].join();
  let hash = 0;
  for (const { start, size } of memory.regions) {
    for (let word = start >>> 2; word < (start + size) >>> 2; word++) hash = (Math.imul(hash, 31) + memory.words[word]!) | 0;
  }
  return `${words} ${hash}`;
}

/** Runs a program by stepping; `use` gets the machine at its end. */
function stepThrough(seed: number, use: (machine: Machine) => void): RawResult {
  const make: MakeRawMachine = (program, cpu, helpers) => {
    const interpreter = new Interpreter(program, cpu, helpers);
    const { registers, space } = interpreter;
    return {
      space,
      run(r1, r2, fuel) {
        registers[2] = r1;
        registers[4] = r2;
        interpreter.begin();
        const machine = new Machine(interpreter, fuel, LIMIT, new Touched(space, space.packetStart, space.packetEnd));
        use(machine);
        while (machine.step());
        if (machine.fault !== null) throw machine.fault;
        return { low: registers[0]!, high: registers[1]!, instructions: machine.tape.time };
      },
    };
  };
  return runRawOn(make, randomProgram(seed), { memory: MEMORY, helpers: HELPERS, fuel: FUEL });
}

function outcome(run: () => RawResult): RawResult | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof FaultError) return error.message;
    throw error;
  }
}

test(`stepping to the end gives what running gives (${PROGRAMS} programs)`, () => {
  for (let seed = 1; seed <= PROGRAMS; seed++) {
    const expected = outcome(() => runRaw(randomProgram(seed), { memory: MEMORY, helpers: HELPERS, fuel: FUEL }));
    assert.deepEqual(
      outcome(() => stepThrough(seed, () => {})),
      expected,
      `seed ${seed}`,
    );
  }
});

test("steps back undo steps forward, to the word", () => {
  for (let seed = 1; seed <= 60; seed++) {
    outcome(() =>
      stepThrough(seed, (machine) => {
        const states: string[] = [];
        const statuses: MachineStatus[] = [];
        let random = seed;
        for (let turn = 0; turn < 12; turn++) {
          random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
          const steps = (random >>> 8) % 40;
          const forward = (random & 3) !== 0;
          for (let n = 0; n < steps; n++) {
            const { time } = machine.tape;
            const now = fingerprint(machine.interpreter);
            states[time] ??= now;
            assert.equal(now, states[time], `seed ${seed}, step ${time}`);
            if (machine.status !== "running") {
              statuses[time] ??= machine.status;
              assert.equal(machine.status, statuses[time]);
            }
            if (!(forward ? machine.step() : machine.back())) break;
          }
        }
        while (machine.back());
        assert.equal(machine.tape.time, 0);
        assert.equal(fingerprint(machine.interpreter), states[0]);
      }),
    );
  }
});
