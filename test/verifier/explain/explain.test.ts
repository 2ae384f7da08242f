/** What people read of a refusal: from logs of kernels 6.1, 6.12 and 6.18, and from our own verifier, in the same words. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { kernelTypes, openKernelTarget } from "../../../src/kernels/types.ts";
import { readObject } from "../../../src/object/read.ts";
import type { ProgramSpec, Spec } from "../../../src/object/spec.ts";
import { explain } from "../../../src/verifier/explain/explain.ts";
import type { Explanation } from "../../../src/verifier/explain/explanation.ts";
import { readLog } from "../../../src/verifier/explain/log/read.ts";
import { ruleFor } from "../../../src/verifier/explain/rules/index.ts";
import { explainVerdict } from "../../../src/verifier/explain/verdict.ts";
import type { KernelName } from "../../../src/verifier/targets/index.ts";
import { verify } from "../../../src/verifier/verify.ts";
import { readLogs, readRecorded } from "../recorded.ts";
import { MANY_BRANCHES, PROGRAMS } from "./programs.ts";
import { assembled } from "./record.ts";
import { ROWS, type Row } from "./rows.ts";

const FOLDER = new URL("fixtures/", import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, FOLDER));

type Logs = Readonly<Record<string, { readonly errno: number; readonly log: readonly string[] }>>;
const logsOf = (name: string) => JSON.parse(fixture(`logs-${name}.json`).toString()) as Logs;

const OBJECT = readObject(fixture("refused.o"), { name: "refused.o" });
const TEXTS = assembled([...PROGRAMS, MANY_BRANCHES], kernelTypes("6.18"));

function find(name: string): { readonly spec: Spec; readonly program: ProgramSpec } {
  for (const spec of [OBJECT, TEXTS]) {
    const program = spec.programs.find((one) => one.name === name);
    if (program !== undefined) return { spec, program };
  }
  throw new Error(`there is no program ${name}`);
}

function check(row: Row, found: Explanation): void {
  const { code, category, problem } = found;
  assert.deepEqual({ code, category, problem }, { code: row.code, category: row.category, problem: row.problem });
  assert.match(found.reason, row.reason);
  assert.ok(
    found.suggestions.some(({ text }) => row.suggestion.test(text)),
    found.suggestions.map(({ text }) => text).join("\n"),
  );
  assert.notEqual(found.kernelText, "");
  if (row.path !== undefined) {
    const steps = found.path.map(({ kind, at, text }) => `${kind} ${at.line} ${text}`);
    assert.equal(steps.length, row.path.length, steps.join("\n"));
    for (const [at, pattern] of row.path.entries()) assert.match(steps[at]!, pattern);
  }
}

for (const kernel of ["6.1", "6.12", "6.18"] as const satisfies readonly KernelName[]) {
  const logs = logsOf(kernel);
  describe(`the log of kernel ${kernel}`, () => {
    for (const row of ROWS) {
      const logged = logs[row.program];
      if (row.not?.includes(kernel) || logged === undefined) continue;
      test(`${row.row === 0 ? "also" : `row ${row.row}`}: ${row.program}`, () => {
        check(row, explain(logged.log, find(row.program)));
      });
    }
  });
}

test("every row has a log of one of the kernels, or of a process without CAP_PERFMON (9), or no log at all (25)", () => {
  const rows = new Set(ROWS.map(({ row }) => row));
  for (let row = 1; row <= 24; row++) assert.ok(rows.has(row) || row === 9, `row ${row}`);
});

describe("logs of level 1, where finished paths are cut out", () => {
  const logs = logsOf("level1");
  for (const name of Object.keys(logs)) {
    test(name, () => {
      const program = name.replace(/@.*/, "");
      const row = ROWS.find((one) => one.program === program);
      assert.ok(row !== undefined);
      check(row, explain(logs[name]!.log, find(program)));
    });
  }
});

describe("our own verifier", () => {
  const target = openKernelTarget("6.18");
  for (const row of ROWS) {
    // Of a million instructions no log is kept: below.
    if (row.program === "too_large") continue;
    test(`${row.row === 0 ? "also" : `row ${row.row}`}: ${row.program}`, () => {
      const { spec, program } = find(row.program);
      const verdict = verify(spec, program, target);
      const found = explainVerdict(spec, program, target, verdict);
      assert.ok(found !== null, "it is accepted");
      check(row, found);
      assert.equal(
        found.suggestions.some(({ checked }) => checked === true),
        row.checked === true,
        JSON.stringify(found.suggestions),
      );
    });
  }

  test("row 4: too_large, by counts", () => {
    const { spec, program } = find("too_large");
    const verdict = verify(spec, program, target);
    const { text, slot } = verdict.refusal!;
    const row = ROWS.find((one) => one.row === 4)!;
    const found = explain([], { spec, program, text, slot, visits: verdict.visits });
    check(row, found);
    assert.match(found.reason, /mostly at line 266, line 267\.$/);
  });

  test("says the same as the kernel, down to the path", () => {
    const logs = logsOf("6.18");
    for (const { program: name } of ROWS.filter(({ program }) => program !== "too_large" && program !== "many_branches")) {
      const { spec, program } = find(name);
      const ours = explainVerdict(spec, program, target, verify(spec, program, target));
      const theirs = explain(logs[name]!.log, { spec, program });
      // Functions of the kernel have other numbers in another build.
      const steps = (found: Explanation | null) => JSON.stringify(found?.path).replace(/(?<=call bpf_\w+)#\d+/g, "");
      assert.equal(steps(ours), steps(theirs), name);
      assert.equal(ours?.reason, theirs.reason, name);
    }
  });

  test("has nothing to explain of a program that it accepts", () => {
    const { spec, program } = find("returns_pointer");
    assert.equal(explainVerdict(spec, program, target, verify(spec, program, target)), null);
  });
});

describe("bytes that were never written (row 9: kernels before 6.3, and later without CAP_PERFMON)", () => {
  const logs = logsOf("unprivileged");

  test("padding of a key has a name", () => {
    const found = explain(logs["padding@6.1"]!.log, find("padding"));
    assert.equal(
      found.problem,
      "the key for `flows` is not written whole: the padding after `protocol` (byte 5 of struct flow) is missing",
    );
    assert.equal(
      found.reason,
      "It has 16 bytes from fp-16 on, and fp-11 was not written on this path. What is left on the stack from before may not be read.",
    );
    assert.match(found.suggestions[0]!.text, /`= \{\}`/);
  });

  test("our verifier's log, and the text of a kernel that refuses it", () => {
    const { spec, program } = find("padding");
    const verdict = verify(spec, program, openKernelTarget("6.1"), { log: true });
    // For a process with all capabilities the kernel lets it pass; so does the verifier.
    assert.equal(verdict.accepted, true);
    const call = verdict.log!.findIndex((line) => /^15: \(85\) call bpf_map_update_elem/.test(line));
    const log = [...verdict.log!.slice(0, call + 1), "invalid indirect read from stack R2 off -16+5 size 16"];
    const found = explain(log, { spec, program });
    assert.match(found.problem, /^the key for `flows` is not written whole: the padding after `protocol`/);
    assert.equal(found.at.line, explain(logs["padding@6.1"]!.log, { spec, program }).at.line);
  });

  for (const name of ["key_partly@6.1", "stack_partly@6.1", "stack_partly@6.18", "stack_read@6.18"]) {
    test(name, () => {
      const found = explain(logs[name]!.log, find(name.replace(/@.*/, "")));
      assert.equal(found.code, /read@/.test(name) ? "stack-bounds" : "stack-unwritten");
      assert.match(found.problem, /was never written|is not written whole: byte 4 is missing/);
    });
  }
});

test("without the program, the log alone gives lines, files and registers (since 6.10)", () => {
  const found = explain(logsOf("6.18")["table_index"]!.log);
  assert.match(found.problem, /^`stats->payload\[index\]`: the index may be up to 255, a value of the map has 64 bytes$/);
  assert.deepEqual([found.at.file, found.at.line, found.at.text], ["refused.bpf.c", 148, "stats->payload[index] = 1;"]);
});

test("a helper of other types: which have it, and what to use instead", () => {
  const found = explain(["0: (85) call bpf_skb_load_bytes#26", "program of this type cannot use helper bpf_skb_load_bytes#26"]);
  assert.match(
    found.reason,
    /bpf_skb_load_bytes came with 4\.5.* On 6\.18 it is there for socket_filter, sched_cls, sched_act, .* more types\./,
  );
  assert.match(found.suggestions[0]!.text, /direct access through ctx->data/);
});

test("a log as one text, cut at its NUL", () => {
  const text = `${logsOf("6.18")["lookup"]!.log.join("\n")}\n\0rubbish`;
  assert.equal(explain(text).code, "dereference");
});

test("every text of the verifiers of 6.1 and 6.12 is known", () => {
  const strangers = fixture("texts.txt")
    .toString()
    .split("\n\n")
    .map((text) => text.trim())
    .filter((text) => text !== "" && ruleFor(readLog(text.split("\n")).verdict) === null);
  assert.deepEqual(strangers, []);
});

test("the refusals of the suite, by three kernels, are known", () => {
  const unknown: string[] = [];
  let refused = 0;
  for (const kernel of ["6.1", "6.12", "6.18"] as const) {
    const logs = readLogs(kernel);
    for (const [name, { accepted, text }] of readRecorded(kernel)) {
      if (accepted || text === "") continue;
      const { code, problem, reason, suggestions } = explain(logs.get(name) ?? text);
      refused++;
      if (code === "unknown") unknown.push(`${kernel} ${name}: ${text}`);
      const said = [problem, reason, ...suggestions.map((one) => one.text)].join("\n");
      assert.doesNotMatch(said, /\$\d|undefined|NaN/, `${kernel} ${name}`);
    }
  }
  // Programs come to the suite before their texts come here.
  assert.ok(unknown.length * 100 < refused, unknown.join("\n"));
});

test("a text that is new is quoted, with what the log tells", () => {
  const found = explain([
    "0: R1=ctx() R10=fp0",
    "0: (b7) r0 = 0          ; R0=0",
    "1: (95) exit",
    "R0 is too blue for this hook",
  ]);
  assert.equal(found.problem, "R0 is too blue for this hook");
  assert.equal(found.at.slot, 1);
});

test("an empty log is said to be one", () => {
  assert.match(explain([]).problem, /the log does not say why/);
});
