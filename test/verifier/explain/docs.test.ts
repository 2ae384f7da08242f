/** docs/verifier.md shows what the commands print: they run in a folder with its files. */

import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { explainErrno } from "../../../src/verifier/explain/errno.ts";
import { type Ended, Folder, ROOT, skep as run } from "../../cli/skep.ts";
import { ROWS } from "./rows.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
const PAGE = readFileSync(join(ROOT, "docs/verifier.md"), "utf8");

const folder = new Folder();
after(() => folder[Symbol.dispose]());
copyFileSync(join(FIXTURES, "refused.o"), join(folder.path, "prog.o"));
copyFileSync(join(ROOT, "test/verifier/large/text.o"), join(folder.path, "shaper.o"));
copyFileSync(join(FIXTURES, "refused.bpf.c"), join(folder.path, "refused.bpf.c"));
const logs = JSON.parse(readFileSync(join(FIXTURES, "logs-6.18.json"), "utf8")) as Record<string, { log: string[] }>;
folder.file(
  "verifier.log",
  [
    "libbpf: prog 'leak': BPF program load failed: Invalid argument",
    "libbpf: prog 'leak': -- BEGIN PROG LOAD LOG --",
    ...logs["leak"]!.log,
    "-- END PROG LOAD LOG --",
    "libbpf: prog 'leak': failed to load: -22",
  ].join("\n"),
);

const skep = (args: readonly string[]): Promise<Ended> => run(args, { cwd: folder.path, env: { GITHUB_ACTIONS: "" } });

/** How many steps and states there are is not what this page is about. */
function countless(text: string): string {
  return text.replace(/^.*(?:walked|%|\bshare\b).*$/gm, (line) => line.replace(/\d+/g, "N").replace(/ +/g, " ")).trimEnd();
}

describe("docs/verifier.md", { concurrency: 2 }, () => {
  for (const [, command = "", shown = ""] of PAGE.matchAll(/^```console\n\$ npx skep (.*)\n([\s\S]*?)^```$/gm)) {
    test(command, async () => {
      const { status, stdout, stderr } = await skep(command.split(" "));
      assert.equal(countless(stdout), countless(shown), stderr);
      assert.equal(status, command.startsWith("explain") ? 0 : 5);
    });
  }

  test("why paths are walked again", async () => {
    const [, command = "", excerpt = ""] = /^```text\n\$ npx skep (verify .* --profile .*)\n…\n([\s\S]*?)^```$/m.exec(PAGE) ?? [];
    const { status, stdout } = await skep(command.split(" "));
    assert.ok(excerpt.includes("and then") && stdout.includes(excerpt), stdout);
    assert.equal(status, 0);
    const data = await skep([...command.split(" "), "--json"]);
    const { profile, differences, processed } = JSON.parse(data.stdout).results[0];
    assert.deepEqual([differences[0].register, differences[0].before, differences[0].now], [9, "P8", "4"]);
    const steps = profile.reduce((sum: number, line: { steps: number }) => sum + line.steps, 0);
    assert.ok(steps > 0 && steps <= processed, `${steps} of ${processed}`);
  });

  test("the 25 texts, and what is said of each", () => {
    for (let row = 1; row <= 25; row++) {
      const line = PAGE.split("\n").find((one) => one.startsWith(`| ${row} |`)) ?? "";
      const known = ROWS.find((one) => one.row === row);
      if (known !== undefined) assert.ok(line.includes(`| ${known.problem} | \`${known.code}\` |`), line);
      else assert.match(line, row === 9 ? /the padding after `protocol`/ : new RegExp(explainErrno("EPERM").problem));
    }
  });

  test("machine-readable: everything, or what an editor takes", async () => {
    const [all, editor] = await Promise.all([
      skep(["verify", "prog.o", "--program", "table_index", "--kernel", "6.18", "--json"]),
      skep(["verify", "prog.o", "--program", "table_index", "--editor"]),
    ]);
    const { results } = JSON.parse(all.stdout);
    assert.deepEqual([results[0].accepted, results[0].errno, results[0].explanation.code], [false, "EACCES", "value-bounds"]);
    const [diagnostic, ...others] = JSON.parse(editor.stdout);
    assert.equal(others.length, 0, "three kernels say the same: once");
    assert.deepEqual(diagnostic.range.start, { line: 147, character: 23 });
    assert.equal(diagnostic.relatedInformation.length, 2);
  });
});
