/** Our layouts of `union bpf_attr`, held against this machine's linux/bpf.h by its C compiler. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { ATTRIBUTES, type AttributeLayout } from "../../src/engine/linux/attributes.ts";
import "./leaks.ts";

const compiler = ["clang-19", "clang", "gcc", "cc"].find((name) => spawnSync(name, ["--version"]).status === 0);
const skip =
  compiler === undefined
    ? "no C compiler"
    : existsSync("/usr/include/linux/bpf.h")
      ? false
      : "no linux/bpf.h (Debian: linux-libc-dev)";

/** Where the header keeps the fields of commands that share no names with others. */
const MEMBER: Readonly<Record<string, string>> = {
  map_lookup_batch: "batch.",
  map_lookup_and_delete_batch: "batch.",
  map_update_batch: "batch.",
  map_delete_batch: "batch.",
  prog_test_run: "test.",
  link_create: "link_create.",
  link_update: "link_update.",
  obj_get_info_by_fd: "info.",
  raw_tracepoint_open: "raw_tracepoint.",
  iter_create: "iter_create.",
  prog_bind_map: "prog_bind_map.",
  prog_query: "query.",
  task_fd_query: "task_fd_query.",
  enable_stats: "enable_stats.",
  token_create: "token_create.",
};

test("every field is where the header has it; fields newer than the header are left out", { skip }, () => {
  const fields = Object.entries(ATTRIBUTES).flatMap(([command, layout]: [string, AttributeLayout]) =>
    Object.entries({ ...layout.u32, ...layout.u64, ...layout.pointer, ...layout.text }).map(([field, offset]) => ({
      field: `${MEMBER[command] ?? ""}${field}`,
      offset,
    })),
  );
  const source = [
    "#include <linux/bpf.h>",
    "#include <stddef.h>",
    ...fields.map(({ field, offset }) => `_Static_assert(offsetof(union bpf_attr, ${field}) == ${offset}, "${field}");`),
  ].join("\n");
  const { stderr } = spawnSync(
    compiler ?? "cc",
    ["-x", "c", "-fsyntax-only", ...(compiler?.startsWith("clang") ? ["-ferror-limit=0"] : []), "-"],
    { input: source, encoding: "utf8" },
  );
  const errors = stderr.split("\n").filter((line) => line.includes(" error: "));
  const unknown = errors.filter((line) => /no member named|has no member/.test(line));
  assert.deepEqual(
    errors.filter((line) => !unknown.includes(line)),
    [],
  );
  assert.ok(unknown.length < fields.length / 2, "the header knows most of them");
});
