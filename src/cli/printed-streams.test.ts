import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import type { Program } from "../engine/engine.ts";
import { PrintedStreams } from "./printed-streams.ts";

/** A program that tells what a test says. */
function speaker(name: string) {
  const told = { stdout: "", stderr: "" };
  let asked = 0;
  let broken = false;
  const stream = (which: "stdout" | "stderr") => ({
    read(): string {
      asked++;
      if (broken) throw new RangeError("no streams");
      const text = told[which];
      told[which] = "";
      return text;
    },
  });
  const program = { name, stream } as unknown as Program;
  return {
    program,
    told,
    asked: () => asked,
    breaks: () => {
      broken = true;
    },
  };
}

function papers() {
  const [output, messages] = [new PassThrough(), new PassThrough()];
  return { output, messages, text: () => String(output.read() ?? ""), said: () => String(messages.read() ?? "") };
}

describe("what programs tell, as skep run prints it", () => {
  test("lines by program; what the kernel says of it is a message", () => {
    const [one, two] = [speaker("one"), speaker("two")];
    const { output, messages, text, said } = papers();
    const streams = new PrintedStreams([one.program, two.program], false, output, messages);
    one.told.stdout = "first\nsecond\nthi";
    two.told.stderr = "ERROR: Timeout detected for may_goto instruction\n";
    streams.end();
    assert.equal(text(), "one: first\none: second\none: thi\n");
    assert.equal(said(), "skep: two: ERROR: Timeout detected for may_goto instruction\n");
  });

  test("as JSON, as iterators' lines are", () => {
    const one = speaker("one");
    const { output, messages, text } = papers();
    const streams = new PrintedStreams([one.program], true, output, messages);
    one.told.stdout = 'say "x"\n';
    streams.end();
    assert.equal(text(), '{"program":"one","text":"say \\"x\\""}\n');
  });

  test("a kernel, or an engine, without streams is asked once", () => {
    const one = speaker("one");
    const { output, messages, text, said } = papers();
    one.breaks();
    const without = { name: "none" } as unknown as Program;
    const streams = new PrintedStreams([one.program, without], false, output, messages);
    streams.end();
    streams.end();
    assert.deepEqual([one.asked(), text(), said()], [2, "", ""]);
  });
});
