import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type FakeCall, FakeKernel, fakeFacts, fakeMachine } from "../fixtures/fake-kernel.ts";
import { program } from "../fixtures/programs.ts";
import { ERRNO } from "../sys/system-error.ts";
import { LinuxProgram } from "./program.ts";

function stage(release = "6.18.0") {
  const kernel = new FakeKernel();
  const machine = fakeMachine(kernel, fakeFacts({}, release));
  const told = { 1: new Uint8Array(0), 2: new Uint8Array(0) } as Record<number, Uint8Array>;
  kernel.on("prog_stream_read_by_fd", (call: FakeCall) => {
    const stream = call.u32("stream_id");
    const all = told[stream] ?? new Uint8Array(0);
    const piece = all.subarray(0, call.u32("stream_buf_len"));
    call.memory("stream_buf")?.set(piece);
    told[stream] = all.subarray(piece.length);
    return piece.length;
  });
  const tell = (stream: 1 | 2, text: string | Uint8Array): void => {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    told[stream] = Uint8Array.of(...(told[stream] ?? []), ...bytes);
  };
  return { kernel, tell, program: new LinuxProgram(machine, program("says"), machine.ledger.adopt(50, "program says")) };
}

describe("what programs tell", () => {
  test("each stream for itself; reading takes out", () => {
    const { kernel, tell, program: says } = stage();
    tell(1, "one\ntwo\n");
    tell(2, "no");
    assert.deepEqual(
      [says.stream("stdout").read(), says.stream("stdout").read(), says.stream("stderr").read()],
      ["one\ntwo\n", "", "no"],
    );
    assert.deepEqual([kernel.calls[0]?.u32("prog_fd"), kernel.calls[0]?.u32("stream_id")], [50, 1]);
  });

  test("more than one read gives, and a character that is not all there yet", () => {
    const { tell, program: says } = stage();
    const text = "ä".repeat(5001);
    tell(1, `x${text}`);
    const stream = says.stream("stdout");
    assert.equal(stream.read(), `x${text}`);
    tell(1, Uint8Array.of(0xe2, 0x82));
    assert.equal(stream.read(), "");
    tell(1, Uint8Array.of(0xac));
    assert.equal(stream.read(), "€");
  });

  test("lines as they come; a signal ends it, with what has no end yet", async () => {
    const { tell, program: says } = stage();
    const stop = new AbortController();
    const lines: string[] = [];
    tell(1, "one\ntw");
    const done = (async () => {
      for await (const line of says.stream("stdout", { interval: 1, signal: stop.signal })) {
        lines.push(line);
        if (line === "one") tell(1, "o\nthree");
        if (line === "two") setTimeout(() => stop.abort(), 3);
      }
    })();
    await done;
    assert.deepEqual(lines, ["one", "two", "three"]);
  });

  test("ends with its collection; afterwards it says so", async () => {
    const { program: says } = stage();
    const stream = says.stream("stdout", { interval: 1 });
    const next = stream[Symbol.asyncIterator]().next();
    await says.close();
    assert.equal((await next).done, true);
    assert.throws(() => stream.read(), { name: "AttachError", message: /was closed/ });
    assert.throws(() => says.stream("stderr"), { name: "AttachError" });
  });

  test("before 6.17 a FeatureError names the version; other failures stay what they are", () => {
    const old = stage("6.12.9");
    old.kernel.failing("prog_stream_read_by_fd", "EINVAL", "EFAULT");
    assert.throws(() => old.program.stream("stdout").read(), {
      name: "FeatureError",
      since: "6.17",
      message: "says: streams of programs need Linux 6.17; this is 6.12.9",
    });
    assert.throws(() => old.program.stream("stdout").read(), { errno: ERRNO.EFAULT });
    const { kernel, program: says } = stage();
    kernel.failing("prog_stream_read_by_fd", "EINVAL");
    assert.throws(() => says.stream("stdout").read(), { name: "SystemError", errno: ERRNO.EINVAL });
  });
});
